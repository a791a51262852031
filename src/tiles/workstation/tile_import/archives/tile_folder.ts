/**
 * Reads a `{z}/{x}/{y}.{jpg,jpeg,png,webp}` folder, column by column. y counts from the north, unless
 * the folder says otherwise (tilemapresource.xml, metadata.json).
 *
 * @module
 */
import {
  DataError,
  EXIT,
  GdnError,
  messageOf,
  NotPlainFileError,
  readPlainFile,
  UsageError,
  ZOOM_MAX,
} from "../../../../core/mod.ts";
import type { RefusedTile } from "../contract.ts";
import type { ArchiveTile, TileArchive } from "./contract.ts";
import { boxFrom, rowFromNorth, schemeFrom, schemeOf, type TileScheme } from "./grid.ts";
import { capturedAtOf, readSidecar } from "./sidecar.ts";
import type { StoredExtent } from "./sqlite_tiles.ts";
import { readTileMapResource } from "./tile_map_resource.ts";
import { TILE_BYTES_MAX } from "./tile_bytes.ts";

const TILE_FILE = /^(\d{1,7})\.(jpe?g|png|webp)$/i;

/** Zoom folders of `path`; empty when it is not a tile folder. */
export async function tileFolderZooms(path: string): Promise<readonly number[]> {
  const zooms: number[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (/^(0|[1-9]\d?)$/.test(entry.name) && !entry.isFile && Number(entry.name) <= ZOOM_MAX) {
      zooms.push(Number(entry.name));
    }
  }
  return zooms.sort((a, b) => a - b);
}

/** Opens the folder's tiles, of one zoom or of all (null). */
export async function openTileFolder(
  path: string,
  zoom: number | null,
  given: TileScheme | null,
): Promise<TileArchive> {
  const zooms = await tileFolderZooms(path);
  if (zoom !== null && !zooms.includes(zoom)) {
    throw new UsageError(`${path} has no zoom ${zoom}; it has ${zooms.join(", ")}`);
  }
  const root = await Deno.realPath(path);
  const chosen = zoom === null ? zooms : [zoom];
  let total = 0;
  let extent: StoredExtent | null = null;
  for await (const { zoom: at, x, y } of walk(path, chosen)) {
    total++;
    extent = extent !== null && extent.zoom === at ? grown(extent, x, y) : lone(at, x, y);
  }
  if (total === 0) throw new DataError(path, "the folder holds no tiles");
  const sidecar = await readSidecar(path);
  const resource = await readTileMapResource(path);
  const word = schemeFrom(sidecar.scheme);
  const scheme = schemeOf(path, {
    given,
    declared: resource !== null
      ? { scheme: "tms", by: "its tilemapresource.xml" }
      : word && { scheme: word, by: "its metadata.json" },
    usual: "xyz",
    bounds: resource?.bounds ?? boxFrom(sidecar.bounds),
    extent,
  });
  return {
    kind: "tile_folder",
    total,
    attribution: sidecar.attribution ?? "",
    capturedAt: capturedAtOf(sidecar),
    registrationErrorM: sidecar.registration_error_m ?? 0,
    async *tiles() {
      for await (const file of walk(path, chosen)) yield await read(root, file, scheme);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

interface TileFile {
  readonly path: string;
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

function lone(zoom: number, x: number, y: number): StoredExtent {
  return { zoom, west: x, east: x, low: y, high: y };
}

function grown({ zoom, west, east, low, high }: StoredExtent, x: number, y: number): StoredExtent {
  return {
    zoom,
    west: Math.min(west, x),
    east: Math.max(east, x),
    low: Math.min(low, y),
    high: Math.max(high, y),
  };
}

async function* walk(path: string, zooms: readonly number[]): AsyncGenerator<TileFile> {
  for (const zoom of zooms) {
    for await (const column of Deno.readDir(`${path}/${zoom}`)) {
      if (!/^\d{1,7}$/.test(column.name) || column.isFile) continue;
      const folder = `${path}/${zoom}/${column.name}`;
      for await (const entry of Deno.readDir(folder)) {
        const match = TILE_FILE.exec(entry.name);
        if (match === null) continue;
        const place = { zoom, x: Number(column.name), y: Number(match[1]) };
        yield { path: `${folder}/${entry.name}`, ...place };
      }
    }
  }
}

async function read(
  root: string,
  file: TileFile,
  scheme: TileScheme,
): Promise<ArchiveTile | RefusedTile> {
  const { path, zoom, x } = file;
  const y = rowFromNorth(zoom, file.y, scheme);
  const refuse = (reason: string): RefusedTile => ({ name: path, reason });
  if (x >= 2 ** zoom || file.y >= 2 ** zoom) return refuse(`there is no such tile at zoom ${zoom}`);
  try {
    const bytes = await readPlainFile(path, { within: root, bytesMax: TILE_BYTES_MAX });
    return { name: path, tile: { zoom, x, y }, bytes };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      return refuse("a link that leads out of the folder; copy the tile itself there");
    }
    if (error instanceof Deno.errors.NotFound) return refuse("a dangling link");
    if (error instanceof NotPlainFileError) return refuse(error.reason);
    throw new GdnError("TILE_READ", `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
      exitCode: EXIT.io,
    });
  }
}
