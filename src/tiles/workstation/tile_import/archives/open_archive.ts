/**
 * Detects whether SOURCE is an archive of tiles, by its first bytes and not by its name.
 *
 * @module
 */
import { DataError, EXIT, GdnError, openPlainFile } from "../../../../core/mod.ts";
import type { TileArchive } from "./contract.ts";
import { openMbtiles, SQLITE_MAGIC } from "./mbtiles.ts";
import { openPmtiles, PMTILES_MAGIC } from "./pmtiles.ts";
import { openTileFolder, tileFolderZooms } from "./tile_folder.ts";

/**
 * Opens an MBTiles or PMTiles file or a `{z}/{x}/{y}` folder; null when the source is none of them.
 *
 * @throws DataError | UsageError (no such zoom); GdnError when there is no such file
 */
export async function openArchive(path: string, zoom: number | null): Promise<TileArchive | null> {
  const info = await stat(path);
  if (info.isDirectory) {
    return (await tileFolderZooms(path)).length > 0 ? await openTileFolder(path, zoom) : null;
  }
  const begin = await firstBytes(path, SQLITE_MAGIC.length);
  if (begin === SQLITE_MAGIC) return openMbtiles(path, zoom);
  if (begin.startsWith(PMTILES_MAGIC)) return await openPmtiles(path, zoom);
  if (/\.mbtiles$/i.test(path)) {
    throw new DataError(path, "it is not an SQLite file, so not an MBTiles file either");
  }
  if (/\.pmtiles$/i.test(path)) {
    throw new DataError(path, "it does not begin with PMTiles: it is not a PMTiles file");
  }
  return null;
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GdnError("NO_INPUT", `${path}: there is no such file or folder`, {
      cause: error,
      exitCode: EXIT.noInput,
    });
  }
}

async function firstBytes(path: string, count: number): Promise<string> {
  using file = await openPlainFile(path);
  const bytes = new Uint8Array(count);
  const length = await file.read(bytes) ?? 0;
  return new TextDecoder("latin1").decode(bytes.subarray(0, length));
}
