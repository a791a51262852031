/**
 * Reads a table of tiles from an SQLite file: MBTiles and GeoPackage.
 *
 * The file is untrusted: the size of a blob is checked before it is read, and a view that could run
 * without end is refused.
 *
 * @module
 */
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  DataError,
  messageOf,
  type SlippyTile,
  UsageError,
  ZOOM_MAX,
} from "../../../../core/mod.ts";
import type { RefusedTile } from "../contract.ts";
import type { ArchiveTile } from "./contract.ts";
import { endlessWork, type SchemaObject } from "./mbtiles_views.ts";
import { TILE_BYTES_MAX, tooLarge } from "./tile_bytes.ts";

/** Column, row and zoom as the table has them → the tile of the slippy map, or why there is none. */
export type PlaceOf = (
  stored: { readonly zoom: number; readonly column: number; readonly row: number },
) => SlippyTile | string;

interface TileRow {
  readonly zoom: number | null;
  readonly x: number | null;
  readonly row: number | null;
  readonly bytes: number;
  readonly data: Uint8Array<ArrayBuffer> | null;
}

/** SQL for an integer in range, also one that was stored as 5.0; else NULL. */
function numberColumn(column: string, maximum: number, name: string): string {
  return `CASE WHEN typeof(${column}) IN ('integer', 'real') AND ${column} BETWEEN 0 AND ${maximum} ` +
    `AND ${column} = CAST(${column} AS INTEGER) THEN CAST(${column} AS INTEGER) END AS ${name}`;
}

export class SqliteTiles implements Disposable {
  readonly path: string;
  readonly database: DatabaseSync;

  constructor(path: string) {
    this.path = path;
    try {
      this.database = new DatabaseSync(path, { readOnly: true, allowExtension: false });
      // Views and triggers of the file may call only harmless functions.
      this.database.exec(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0",
      );
    } catch (error) {
      throw this.dataError(error);
    }
  }

  /** Tables and views. */
  objects(): readonly SchemaObject[] {
    return this.database.prepare(
      "SELECT name, type, substr(sql, 1, 100000) AS sql FROM sqlite_master WHERE type IN ('table', 'view')",
    ).all() as unknown as SchemaObject[];
  }

  /**
   * The rows of a query of `table`; empty where there is no such table.
   *
   * @throws DataError for a table that cannot be read, and a view that could run without end
   */
  rowsOf(table: string, query: string): readonly Record<string, unknown>[] {
    const objects = this.objects();
    if (!objects.some(({ name }) => name === table)) return [];
    const endless = endlessWork(this.database, objects, { name: table, queries: [query] });
    if (endless !== null) {
      throw new DataError(this.path, `${endless}; copy its rows into a plain table first`);
    }
    return this.database.prepare(query).all() as Record<string, unknown>[];
  }

  /** @throws DataError for a view that could run without end, or a column that is missing */
  check(table: string, zoom: number | null): void {
    const queries = [tilesOf(table) + whereZoom(zoom), countOf(table) + whereZoom(zoom)];
    const endless = endlessWork(this.database, this.objects(), {
      name: table,
      queries: [...queries, zoomsOf(table)],
    });
    if (endless !== null) {
      throw new DataError(this.path, `${endless}; copy the tiles into a plain table first`);
    }
    this.database.prepare(tilesOf(table)); // Throws when a column is missing.
  }

  count(table: string, zoom: number | null): number {
    const { count } = this.database.prepare(countOf(table) + whereZoom(zoom))
      .get(...parametersOf(zoom)) as { count: number };
    if (count > 0) return count;
    if (zoom === null) throw new DataError(this.path, `its table ${table} is empty`);
    const zooms = this.database.prepare(zoomsOf(table)).all().map((row) => row.zoom).join(", ");
    throw new UsageError(`${this.path} has no zoom ${zoom}; it has ${zooms || "no tiles"}`);
  }

  /** The box of the tiles of the deepest zoom, as stored; null for an empty table. */
  extent(table: string): StoredExtent | null {
    const deepest = numberOf(
      this.database.prepare(
        `SELECT max(zoom_level) AS value FROM ${
          quoted(table)
        } WHERE zoom_level BETWEEN 0 AND ${ZOOM_MAX}`,
      ).get()?.value,
    );
    if (deepest === null) return null;
    const row = this.database.prepare(
      "SELECT min(tile_column) AS west, max(tile_column) AS east, min(tile_row) AS low, " +
        `max(tile_row) AS high FROM ${quoted(table)} WHERE zoom_level = ?`,
    ).get(deepest);
    const [west, east, low, high] = [row?.west, row?.east, row?.low, row?.high].map(numberOf);
    if (west === null || east === null || low === null || high === null) return null;
    return { zoom: deepest, west, east, low, high };
  }

  async *tiles(
    table: string,
    zoom: number | null,
    placeOf: PlaceOf,
  ): AsyncGenerator<ArchiveTile | RefusedTile> {
    const name = basename(this.path);
    let number = 0;
    try {
      const rows = this.database.prepare(tilesOf(table) + whereZoom(zoom))
        .iterate(...parametersOf(zoom));
      for (const row of rows) yield tileOf(name, ++number, row as unknown as TileRow, placeOf);
    } catch (error) {
      throw this.dataError(error);
    }
  }

  dataError(error: unknown): unknown {
    const { code } = error as { code?: unknown };
    if (code !== "ERR_SQLITE_ERROR" || error instanceof Deno.errors.NotCapable) return error;
    return new DataError(
      this.path,
      `SQLite cannot read it as an archive of tiles (${messageOf(error)}); ` +
        "`sqlite3 FILE 'PRAGMA integrity_check'` gives details; a file in WAL mode must be closed first " +
        "(`PRAGMA journal_mode = DELETE`)",
      { cause: error },
    );
  }

  [Symbol.dispose](): void {
    if (this.database.isOpen) this.database.close();
  }
}

/** Columns and rows of all tiles of one zoom. */
export interface StoredExtent {
  readonly zoom: number;
  readonly west: number;
  readonly east: number;
  readonly low: number;
  readonly high: number;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const countOf = (table: string) => `SELECT count(*) AS count FROM ${quoted(table)}`;
const zoomsOf = (table: string) =>
  `SELECT DISTINCT zoom_level AS zoom FROM ${quoted(table)} LIMIT 30`;
const whereZoom = (zoom: number | null) => zoom === null ? "" : " WHERE zoom_level = ?";
const parametersOf = (zoom: number | null) => zoom === null ? [] : [zoom];

/** A blob that is too large is never read out of SQLite. */
function tilesOf(table: string): string {
  return `
SELECT
  ${numberColumn("zoom_level", ZOOM_MAX, "zoom")},
  ${numberColumn("tile_column", 2 ** ZOOM_MAX - 1, "x")},
  ${numberColumn("tile_row", 2 ** ZOOM_MAX - 1, "row")},
  coalesce(octet_length(tile_data), 0) AS bytes,
  CASE WHEN typeof(tile_data) = 'blob' AND octet_length(tile_data) <= ${TILE_BYTES_MAX}
    THEN tile_data END AS data
FROM ${quoted(table)}`;
}

function tileOf(
  file: string,
  number: number,
  { zoom, x, row, bytes, data }: TileRow,
  placeOf: PlaceOf,
): ArchiveTile | RefusedTile {
  const rowName = `${file}, row ${number}`;
  if (zoom === null || x === null || row === null) {
    return { name: rowName, reason: "its zoom, column or row is not a tile number" };
  }
  const tile = placeOf({ zoom, column: x, row });
  if (typeof tile === "string") return { name: rowName, reason: tile };
  const name = `${file}, tile ${tile.zoom}/${tile.x}/${tile.y}`;
  if (bytes > TILE_BYTES_MAX) return { name, reason: tooLarge(bytes) };
  if (data === null) return { name, reason: "its tile_data is not a blob" };
  return { name, tile, bytes: data };
}
