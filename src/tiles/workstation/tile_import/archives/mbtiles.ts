/**
 * Reads MBTiles 1.3: an SQLite file with a table (or view) `tiles`, whose rows count from the south
 * (TMS).
 *
 * The file is untrusted: the size of a blob is checked before it is read, and a view that could run
 * without end is refused.
 *
 * Source: https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md
 *
 * @module
 */
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DataError, messageOf, UsageError, ZOOM_MAX } from "../../../../core/mod.ts";
import type { RefusedTile } from "../contract.ts";
import type { ArchiveTile, TileArchive } from "./contract.ts";
import { capturedAtOf, type Sidecar, sidecarOf } from "./sidecar.ts";
import { endlessWork, type SchemaObject } from "./mbtiles_views.ts";
import { TILE_BYTES_MAX, tooLarge } from "./tile_bytes.ts";

export const SQLITE_MAGIC = "SQLite format 3\0";
/** Largest number of rows of the metadata table that are read. */
const METADATA_ROWS_MAX = 1000;
const METADATA = "SELECT name, substr(value, 1, 10000) AS value FROM metadata " +
  `WHERE typeof(name) = 'text' LIMIT ${METADATA_ROWS_MAX}`;

/** SQL for an integer in range, also one that was stored as 5.0; else NULL. */
function numberColumn(column: string, maximum: number, name: string): string {
  return `CASE WHEN typeof(${column}) IN ('integer', 'real') AND ${column} BETWEEN 0 AND ${maximum} ` +
    `AND ${column} = CAST(${column} AS INTEGER) THEN CAST(${column} AS INTEGER) END AS ${name}`;
}

/** A blob that is too large is never read out of SQLite. */
const TILES = `
SELECT
  ${numberColumn("zoom_level", ZOOM_MAX, "zoom")},
  ${numberColumn("tile_column", 2 ** ZOOM_MAX - 1, "x")},
  ${numberColumn("tile_row", 2 ** ZOOM_MAX - 1, "row")},
  coalesce(octet_length(tile_data), 0) AS bytes,
  CASE WHEN typeof(tile_data) = 'blob' AND octet_length(tile_data) <= ${TILE_BYTES_MAX}
    THEN tile_data END AS data
FROM tiles`;

const COUNT = "SELECT count(*) AS count FROM tiles";
const ZOOMS = "SELECT DISTINCT zoom_level AS zoom FROM tiles LIMIT 30";

interface TileRow {
  readonly zoom: number | null;
  readonly x: number | null;
  readonly row: number | null;
  readonly bytes: number;
  readonly data: Uint8Array<ArrayBuffer> | null;
}

/** Opens an MBTiles file, one zoom of it or all (null). */
export function openMbtiles(path: string, zoom: number | null): TileArchive {
  const database = open(path);
  try {
    checkSchema(path, database, zoom);
    const sidecar = readMetadata(database);
    if (sidecar.format === "pbf") {
      throw new DataError(
        path,
        "it holds vector tiles (pbf); give one of pictures (jpg, png, webp)",
      );
    }
    const total = countTiles(path, database, zoom);
    return {
      kind: "mbtiles",
      total,
      attribution: sidecar.attribution ?? "",
      capturedAt: capturedAtOf(sidecar),
      tiles: () => readTiles(path, database, zoom),
      [Symbol.asyncDispose]() {
        if (database.isOpen) database.close();
        return Promise.resolve();
      },
    };
  } catch (error) {
    database.close();
    throw asDataError(path, error);
  }
}

function open(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true, allowExtension: false });
    // Views and triggers of the file may call only harmless functions.
    database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
    return database;
  } catch (error) {
    throw asDataError(path, error);
  }
}

function checkSchema(path: string, database: DatabaseSync, zoom: number | null): void {
  const objects = objectsOf(database);
  const tiles = objects.find(({ name }) => name === "tiles");
  if (tiles === undefined) {
    const names = objects.map(({ name }) => name).slice(0, 5).join(", ") || "none";
    throw new DataError(
      path,
      `it has no table "tiles" (tables: ${names}): it is not an MBTiles file`,
    );
  }
  const endless = endlessWork(database, objects, {
    name: "tiles",
    queries: [TILES + whereZoom(zoom), COUNT + whereZoom(zoom), ZOOMS],
  });
  if (endless !== null) {
    throw new DataError(path, `${endless}; copy the tiles into a plain table first`);
  }
  database.prepare(TILES); // Throws when a column is missing.
}

function objectsOf(database: DatabaseSync): readonly SchemaObject[] {
  return database.prepare(
    "SELECT name, type, substr(sql, 1, 100000) AS sql FROM sqlite_master WHERE type IN ('table', 'view')",
  ).all() as unknown as SchemaObject[];
}

function readMetadata(database: DatabaseSync): Sidecar {
  try {
    const read = { name: "metadata", queries: [METADATA] };
    if (endlessWork(database, objectsOf(database), read) !== null) return {};
    const rows = database.prepare(METADATA).all() as { name: string; value: unknown }[];
    return sidecarOf(Object.fromEntries(rows.map(({ name, value }) => [name, value])));
  } catch {
    return {}; // Many files have none, and no tile depends on it.
  }
}

function countTiles(path: string, database: DatabaseSync, zoom: number | null): number {
  const { count } = database.prepare(COUNT + whereZoom(zoom))
    .get(...parametersOf(zoom)) as { count: number };
  if (count > 0) return count;
  if (zoom === null) throw new DataError(path, "its table tiles is empty");
  const zooms = database.prepare(ZOOMS).all();
  throw new UsageError(
    `${path} has no zoom ${zoom}; it has ${zooms.map((row) => row.zoom).join(", ") || "no tiles"}`,
  );
}

const whereZoom = (zoom: number | null) => zoom === null ? "" : " WHERE zoom_level = ?";
const parametersOf = (zoom: number | null) => zoom === null ? [] : [zoom];

async function* readTiles(
  path: string,
  database: DatabaseSync,
  zoom: number | null,
): AsyncGenerator<ArchiveTile | RefusedTile> {
  const name = basename(path);
  let number = 0;
  try {
    const rows = database.prepare(TILES + whereZoom(zoom)).iterate(...parametersOf(zoom));
    for (const row of rows) yield tileOf(name, ++number, row as unknown as TileRow);
  } catch (error) {
    throw asDataError(path, error);
  }
}

function tileOf(file: string, number: number, row: TileRow): ArchiveTile | RefusedTile {
  const { zoom, x, row: fromSouth, bytes, data } = row;
  if (zoom === null || x === null || fromSouth === null) {
    return {
      name: `${file}, row ${number}`,
      reason: "its zoom, column or row is not a tile number",
    };
  }
  const last = 2 ** zoom - 1;
  const name = `${file}, tile ${zoom}/${x}/${last - fromSouth}`;
  if (x > last || fromSouth > last) {
    const reason = `column ${x}, row ${fromSouth}: there is no such tile at zoom ${zoom}`;
    return { name: `${file}, row ${number}`, reason };
  }
  if (bytes > TILE_BYTES_MAX) return { name, reason: tooLarge(bytes) };
  if (data === null) return { name, reason: "its tile_data is not a blob" };
  return { name, tile: { zoom, x, y: last - fromSouth }, bytes: data };
}

function asDataError(path: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (code !== "ERR_SQLITE_ERROR" || error instanceof Deno.errors.NotCapable) return error;
  return new DataError(
    path,
    `SQLite cannot read it as an MBTiles file (${messageOf(error)}); ` +
      "`sqlite3 FILE 'PRAGMA integrity_check'` gives details; a file in WAL mode must be closed first " +
      "(`PRAGMA journal_mode = DELETE`)",
    { cause: error },
  );
}
