/**
 * Detects whether SOURCE is an archive of tiles, by its first bytes and not by its name.
 *
 * @module
 */
import { DataError, EXIT, GdnError, openPlainFile, UsageError } from "../../../../core/mod.ts";
import type { TileArchive } from "./contract.ts";
import type { TileScheme } from "./grid.ts";
import { openSqlite, SQLITE_MAGIC } from "./mbtiles.ts";
import { openPmtiles, PMTILES_MAGIC } from "./pmtiles.ts";
import { openQuadkeyFolder } from "./quadkey_folder.ts";
import { openTileFolder, tileFolderZooms } from "./tile_folder.ts";

/**
 * Opens an MBTiles, GeoPackage or PMTiles file or a `{z}/{x}/{y}` folder; null when the source is none of them.
 *
 * @throws DataError | UsageError (no such zoom); GdnError when there is no such file
 */
export async function openArchive(
  path: string,
  zoom: number | null,
  /** Overrides what the archive says of its rows; null: what it says. */
  scheme: TileScheme | null = null,
): Promise<TileArchive | null> {
  const info = await stat(path);
  if (info.isDirectory) {
    if ((await tileFolderZooms(path)).length > 0) return await openTileFolder(path, zoom, scheme);
    return await openQuadkeyFolder(path, zoom);
  }
  const begin = await firstBytes(path, SQLITE_MAGIC.length);
  if (begin === SQLITE_MAGIC) return openSqlite(path, zoom, scheme);
  if (begin.startsWith(PMTILES_MAGIC)) {
    if (scheme !== null) throw new UsageError("--scheme is not for PMTiles: their grid is fixed");
    return await openPmtiles(path, zoom);
  }
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
