/**
 * Reads PMTiles version 3: one file with directories of (tile, offset, length). Uses npm:pmtiles
 * behind limits of our own, because it trusts every number in the file.
 *
 * Source: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
 *
 * @module
 */
import { basename } from "node:path";
import {
  bytesToHeader,
  Compression,
  type Entry,
  type Header,
  tileIdToZxy,
  TileType,
} from "pmtiles";
import {
  DataError,
  messageOf,
  parseBoundedJson,
  UsageError,
  ZOOM_MAX,
} from "../../../../core/mod.ts";
import type { RefusedTile } from "../contract.ts";
import type { ArchiveTile, TileArchive } from "./contract.ts";
import { ArchiveFile, decompressBounded, PmtilesDirectories } from "./pmtiles_directories.ts";
import { capturedAtOf, type Sidecar, sidecarOf, unreadableSidecar } from "./sidecar.ts";
import { TILE_BYTES_MAX, tooLarge } from "./tile_bytes.ts";

export const PMTILES_MAGIC = "PMTiles";
const HEADER_BYTES = 127;
const METADATA_BYTES_MAX = 16_000_000;
/** A larger number of tiles can only come from artificial runs of one picture. */
const TILES_MAX = 50_000_000;
const PICTURES = [TileType.Unknown, TileType.Jpeg, TileType.Png, TileType.Webp];

/** Opens a PMTiles file, one zoom of it or all (null). */
export async function openPmtiles(path: string, zoom: number | null): Promise<TileArchive> {
  const file = await ArchiveFile.open(path);
  try {
    const header = await readHeader(path, file);
    const directories = new PmtilesDirectories(path, file, header);
    const sidecar = await readMetadata(file, header, path);
    const total = await countTiles(path, directories, zoom);
    return {
      kind: "pmtiles",
      total,
      attribution: sidecar.attribution ?? "",
      registrationErrorM: sidecar.registration_error_m ?? 0,
      capturedAt: capturedAtOf(sidecar),
      tiles: () => readTiles(path, file, header, directories, zoom),
      [Symbol.asyncDispose]() {
        file[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

async function readHeader(path: string, file: ArchiveFile): Promise<Header> {
  const refuse = (reason: string, cause?: unknown) => new DataError(path, reason, { cause });
  if (file.size < HEADER_BYTES) {
    throw refuse(`it has ${file.size} bytes, a PMTiles header alone has ${HEADER_BYTES}`);
  }
  const bytes = await file.read(0, HEADER_BYTES);
  const magic = new TextDecoder("latin1").decode(bytes.subarray(0, 7));
  if (magic !== PMTILES_MAGIC) {
    throw refuse("it does not begin with PMTiles: it is not a PMTiles file");
  }
  if (bytes[7] !== 3) {
    throw refuse(
      `it is PMTiles version ${
        bytes[7]
      }, only version 3 is supported; \`pmtiles convert\` converts it`,
    );
  }
  let header: Header;
  try {
    header = bytesToHeader(bytes.buffer);
  } catch (error) {
    throw refuse(`its header cannot be read (${messageOf(error)})`, error);
  }
  if (!PICTURES.includes(header.tileType)) {
    throw refuse("it holds no pictures (vector tiles?); give one of jpg, png or webp tiles");
  }
  for (const compression of [header.internalCompression, header.tileCompression]) {
    if (Compression[compression] !== undefined) continue;
    throw refuse(
      `its header says compression ${compression}, which PMTiles version 3 does not know`,
    );
  }
  for (
    const [name, offset, length] of [
      ["root directory", header.rootDirectoryOffset, header.rootDirectoryLength],
      ["metadata", header.jsonMetadataOffset, header.jsonMetadataLength],
      ["leaf directories", header.leafDirectoryOffset, header.leafDirectoryLength ?? 0],
      ["tiles", header.tileDataOffset, header.tileDataLength ?? 0],
    ] as const
  ) {
    if (offset + length <= file.size) continue;
    throw refuse(
      `its header puts the ${name} at byte ${offset} to ${offset + length}, but the file ends at ` +
        `${file.size}: it was cut, or is not a PMTiles file`,
    );
  }
  return header;
}

async function readMetadata(
  file: ArchiveFile,
  header: Header,
  path: string,
): Promise<Sidecar> {
  const { jsonMetadataOffset: offset, jsonMetadataLength: length } = header;
  if (length === 0) return {};
  const unreadable = (reason: string, cause?: unknown) =>
    unreadableSidecar(path, `its metadata cannot be read (${reason})`, cause);
  if (length > METADATA_BYTES_MAX) throw unreadable(`${length} bytes`);
  let document: unknown;
  try {
    const bytes = await file.read(offset, length);
    const text = decompressBounded(bytes, header.internalCompression, METADATA_BYTES_MAX);
    document = parseBoundedJson(new TextDecoder().decode(text));
  } catch (error) {
    throw unreadable(messageOf(error), error);
  }
  return sidecarOf(document, path);
}

async function countTiles(
  path: string,
  directories: PmtilesDirectories,
  zoom: number | null,
): Promise<number> {
  let total = 0;
  const zooms = new Set<number>();
  for await (const entry of directories.entries()) {
    for (const part of partsOf(entry)) {
      zooms.add(part.zoom);
      if (zoom === null || part.zoom === zoom) total += part.count;
    }
    if (total > TILES_MAX) {
      throw new DataError(
        path,
        `its directories count more than ${TILES_MAX} tiles; import one zoom of it (--zoom Z)`,
      );
    }
  }
  if (total > 0) return total;
  const names = [...zooms].sort((a, b) => a - b).join(", ") || "no tiles";
  throw new UsageError(`${path} has no zoom ${zoom}; it has ${names}`);
}

/** A run of one picture may extend from one zoom to the next. */
function* partsOf(entry: Entry): Generator<{ zoom: number; from: number; count: number }> {
  const end = entry.tileId + entry.runLength;
  for (let from = entry.tileId; from < end;) {
    const [zoom] = tileIdToZxy(from);
    const count = Math.min(end, firstIdOf(zoom + 1)) - from;
    yield { zoom, from, count };
    from += count;
  }
}

/** Number of tiles of all lower zooms. */
function firstIdOf(zoom: number): number {
  return (4 ** zoom - 1) / 3;
}

async function* readTiles(
  path: string,
  file: ArchiveFile,
  header: Header,
  directories: PmtilesDirectories,
  zoom: number | null,
): AsyncGenerator<ArchiveTile | RefusedTile> {
  const name = basename(path);
  for await (const entry of directories.entries()) {
    for (const part of partsOf(entry)) {
      if (zoom !== null && part.zoom !== zoom) continue;
      for (let id = part.from; id < part.from + part.count; id++) {
        yield await readTile(name, file, header, entry, id);
      }
    }
  }
}

async function readTile(
  file: string,
  archive: ArchiveFile,
  header: Header,
  entry: Entry,
  id: number,
): Promise<ArchiveTile | RefusedTile> {
  const [zoom, x, y] = tileIdToZxy(id);
  const name = `${file}, tile ${zoom}/${x}/${y}`;
  if (zoom > ZOOM_MAX) return { name, reason: `zoom ${zoom}; ${ZOOM_MAX} is the deepest` };
  if (entry.length > TILE_BYTES_MAX) return { name, reason: tooLarge(entry.length) };
  if (entry.offset < 0 || entry.offset + entry.length > (header.tileDataLength ?? 0)) {
    const reason = `its directory puts it at byte ${entry.offset} to ` +
      `${entry.offset + entry.length} of ${header.tileDataLength ?? 0}`;
    return { name, reason };
  }
  const stored = await archive.read(header.tileDataOffset + entry.offset, entry.length);
  try {
    const bytes = decompressBounded(stored, header.tileCompression, TILE_BYTES_MAX);
    return { name, tile: { zoom, x, y }, bytes };
  } catch (error) {
    return { name, reason: `it cannot be decompressed (${messageOf(error)})` };
  }
}
