/**
 * SQL queries of the inspection. Lists are paged by (zoom, y, x, id), which has an index: the last
 * page of a million rows costs what the first one costs.
 *
 * @module
 */
import { type Bbox, tileRange } from "../../../tile_contract/mod.ts";
import type { SqlRow, SqlSession, SqlValue } from "../sql/database.ts";
import { IDENTIFIED, PERSISTENT_COLUMNS, persistentOf } from "../packed_row.ts";
import type { ListedTile, TileFilter, TileGroup } from "./contract.ts";

const ZOOMS: readonly number[] = Array.from({ length: 23 }, (_, zoom) => zoom);
const LISTED_COLUMNS = `${PERSISTENT_COLUMNS}, pin_count, id::text AS row_id`;

/** A position in a list, from which to continue. */
export interface ListPosition {
  readonly zoom: number;
  readonly y: number;
  readonly x: number;
  readonly rowId: string;
}

interface PositionedTile {
  readonly tile: ListedTile;
  readonly position: ListPosition;
}

class Conditions {
  readonly values: SqlValue[] = [];
  readonly #parts: string[] = [IDENTIFIED];

  add(text: (value: (value: SqlValue) => string) => string): void {
    this.#parts.push(text((value) => `$${this.values.push(value)}`));
  }

  get text(): string {
    return this.#parts.join(" AND ");
  }
}

function conditionsOf(filter: TileFilter): Conditions {
  const conditions = new Conditions();
  const { source, flightId, zoom, bbox } = filter;
  if (source !== undefined) conditions.add((v) => `source = ${v(source)}`);
  if (flightId !== undefined) conditions.add((v) => `flight_id = ${v(flightId)}::uuid`);
  if (bbox !== undefined) {
    const zooms = zoom === undefined ? ZOOMS : [zoom];
    conditions.add((v) => `(${zooms.map((z) => boxCondition(bbox, z, v)).join(" OR ")})`);
  } else if (zoom !== undefined) {
    conditions.add((v) => `zoom = ${v(zoom)}`);
  }
  return conditions;
}

function boxCondition(bbox: Bbox, zoom: number, v: (value: SqlValue) => string): string {
  const { yMin, yMax, columns: [first, second = first] } = tileRange(bbox, zoom);
  return `(zoom = ${v(zoom)} AND y BETWEEN ${v(yMin)} AND ${v(yMax)} AND ` +
    `(x BETWEEN ${v(first.xMin)} AND ${v(first.xMax)} OR ` +
    `x BETWEEN ${v(second.xMin)} AND ${v(second.xMax)}))`;
}

/**
 * Pages of tiles by zoom, y, x, each with at most `limit` tiles. Queried zoom by zoom: the planner
 * uses the index for a page only when the zoom is a constant.
 */
export async function* selectPages(
  sql: SqlSession,
  filter: TileFilter,
  after: ListPosition | null,
  limit: number,
): AsyncGenerator<readonly PositionedTile[]> {
  const zooms = filter.zoom === undefined ? ZOOMS : [filter.zoom];
  for (const zoom of zooms.filter((zoom) => zoom >= (after?.zoom ?? 0))) {
    let position = after?.zoom === zoom ? after : null;
    for (;;) {
      const page = await selectPage(sql, { ...filter, zoom }, position, limit);
      if (page.length > 0) yield page;
      if (page.length < limit) break;
      position = page[page.length - 1].position;
    }
  }
}

async function selectPage(
  sql: SqlSession,
  filter: TileFilter & { readonly zoom: number },
  after: ListPosition | null,
  limit: number,
): Promise<readonly PositionedTile[]> {
  const conditions = conditionsOf(filter);
  if (after !== null) {
    conditions.add((v) => `y >= ${v(after.y)}`);
    conditions.add((v) =>
      `(y, x, id) > (${v(after.y)}, ${v(after.x)}, ${v(after.rowId)}::text::bigint)`
    );
  }
  const rows = await sql.query(
    `SELECT ${LISTED_COLUMNS} FROM tiles WHERE ${conditions.text} ORDER BY zoom, y, x, id ` +
      `LIMIT ${Math.trunc(limit)}`,
    conditions.values,
  );
  return rows.map(positioned);
}

export async function selectByUuid(sql: SqlSession, uuid: string): Promise<PositionedTile | null> {
  const rows = await sql.query(`SELECT ${LISTED_COLUMNS} FROM tiles WHERE tile_uuid = $1::uuid`, [
    uuid,
  ]);
  return rows.length === 0 ? null : positioned(rows[0]);
}

function positioned(row: SqlRow): PositionedTile {
  const tile = { ...persistentOf(row), pins: row.pin_count as number };
  const { zoom, x, y } = tile.tileId;
  return { tile, position: { zoom, x, y, rowId: row.row_id as string } };
}

export async function selectGroups(
  sql: SqlSession,
  filter: TileFilter,
): Promise<readonly TileGroup[]> {
  const conditions = conditionsOf(filter);
  return await sql.query<TileGroup & SqlRow>(
    `SELECT source, flight_id AS "flightId", zoom, count(*)::float8 AS tiles,
      sum(disk_bytes)::float8 AS "jpegBytes",
      min(x) AS "xMin", max(x) AS "xMax", min(y) AS "yMin", max(y) AS "yMax"
    FROM tiles WHERE ${conditions.text}
    GROUP BY source, flight_id, zoom ORDER BY source, flight_id NULLS FIRST, zoom`,
    conditions.values,
  );
}

/** The y of every tile of a column of files. */
export async function selectColumn(
  sql: SqlSession,
  column: {
    readonly source: string;
    readonly flightId: string | null;
    readonly zoom: number;
    readonly x: number;
  },
): Promise<ReadonlySet<number>> {
  const rows = await sql.query<{ y: number }>(
    "SELECT y FROM tiles WHERE zoom = $1 AND x = $2 AND source = $3 " +
      "AND flight_id IS NOT DISTINCT FROM $4::uuid AND tile_uuid IS NOT NULL",
    [column.zoom, column.x, column.source, column.flightId],
  );
  return new Set(rows.map((row) => row.y));
}

/** Rows from a version without tile UUIDs and hashes: no list and no reader returns them. */
export async function countUnidentified(sql: SqlSession): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    "SELECT count(*)::float8 AS n FROM tiles WHERE tile_uuid IS NULL OR content_sha256 IS NULL",
  );
  return row.n;
}
