/**
 * Inserts, queries and deletes the rows of tiles.
 *
 * @module
 */
import {
  type TileId,
  tileKey,
  type TileMetadata,
  type TileMetadataPersistent,
  type TileRange,
  tileUuid,
} from "../../tile_contract/mod.ts";
import type { SqlSession, SqlTransaction } from "./sql/database.ts";
import {
  COLUMNS,
  GROUP,
  IDENTIFIED,
  metadataOf,
  metadataOfGroup,
  PERSISTENT_COLUMNS,
  persistentOf,
} from "./packed_row.ts";
import { RECORD_COLUMNS, recordOf, tileIdOf } from "./tile_record.ts";

/** Held shared by every writer's transaction, exclusively by reconciliation. */
const WRITERS_LOCK = "6155301862297149002";

/**
 * A transaction that creates or removes the files of a key holds the key's lock until it ends, so
 * that a clean-up never removes the files of a tile that is being written again. Taken in sorted
 * order.
 */
const LOCK_KEYS = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)), " +
  `pg_advisory_xact_lock_shared(${WRITERS_LOCK}) FROM unnest($1::text[]) AS key`;

export async function lockKeys(sql: SqlTransaction, ids: readonly TileId[]): Promise<void> {
  await sql.query(LOCK_KEYS, [ids.map(tileKey).sort()]);
}

/**
 * Waits until no writer's transaction is open: a server may still be committing for a client that
 * was killed.
 */
export async function lockOutWriters(sql: SqlTransaction): Promise<void> {
  await sql.query("SET LOCAL lock_timeout = '30s'");
  await sql.query(`SELECT pg_advisory_xact_lock(${WRITERS_LOCK})`);
}

const RECORD_NAMES = Object.keys(RECORD_COLUMNS).join(", ");
const RECORD_TYPES = Object.entries(RECORD_COLUMNS).map((column) => column.join(" ")).join(", ");

const INSERT = `
WITH locked AS MATERIALIZED (${LOCK_KEYS})
INSERT INTO tiles (${RECORD_NAMES})
SELECT t.* FROM (SELECT count(*) AS n FROM locked) AS all_locked,
json_to_recordset($2::text::json) AS t (${RECORD_TYPES}) WHERE all_locked.n >= 0`;

/**
 * Inserts the rows and returns the UUIDs of the new ones. An existing key is an error (SQLSTATE
 * 23505), or with `keep` is ignored.
 */
export async function insertRows(
  sql: SqlTransaction,
  tiles: readonly TileMetadata[],
  existing: "refuse" | "keep",
): Promise<ReadonlySet<string>> {
  const keys = tiles.map((metadata) => tileKey(metadata.tileId)).sort();
  const conflict = existing === "keep" ? " ON CONFLICT DO NOTHING" : "";
  const rows = await sql.query<{ tile_uuid: string }>(
    `${INSERT}${conflict} RETURNING tile_uuid`,
    [keys, JSON.stringify(tiles.map(recordOf))],
  );
  return new Set(rows.map((row) => row.tile_uuid));
}

/** Replaces the row of an existing tile by `metadata`; what the cache knows about it is reset. */
export async function renewRow(sql: SqlTransaction, metadata: TileMetadata): Promise<void> {
  const changes = Object.keys(RECORD_COLUMNS).map((name) => `${name} = t.${name}`).join(", ");
  await sql.query(
    `UPDATE tiles SET ${changes}, uploaded_at = NULL, upload_attempts = 0 ` +
      `FROM jsonb_to_recordset($1::text::jsonb) AS t (${RECORD_TYPES}) ` +
      "WHERE tiles.tile_uuid = t.tile_uuid",
    [JSON.stringify([recordOf(metadata)])],
  );
}

export async function selectRow(
  sql: SqlSession,
  id: TileId,
): Promise<TileMetadataPersistent | null> {
  const rows = await sql.query(`SELECT ${PERSISTENT_COLUMNS} FROM tiles WHERE tile_uuid = $1`, [
    tileUuid(id),
  ]);
  return rows.length === 0 ? null : persistentOf(rows[0]);
}

/** The hash that the picture must have; null when there is no row. */
export async function selectHash(sql: SqlSession, id: TileId): Promise<string | null> {
  const rows = await sql.query<{ content_sha256: string | null }>(
    "SELECT content_sha256 FROM tiles WHERE tile_uuid = $1",
    [tileUuid(id)],
  );
  return rows.length === 0 ? null : rows[0].content_sha256;
}

/** Boxes with more map rows than this are read as one range of the index. */
const MAP_ROWS_MAX = 1024;
/**
 * Each map row of the box is looked up separately, so that the work grows with the result and not
 * with all tiles east and west of the box.
 */
const EACH_MAP_ROW = "y = ANY (ARRAY(SELECT generate_series($2::integer, $3::integer)))";
const ALL_MAP_ROWS = "y BETWEEN $2 AND $3";

export async function selectRange(
  sql: SqlSession,
  range: TileRange,
  zoom: number,
): Promise<readonly TileMetadata[]> {
  const { yMin, yMax, columns } = range;
  const inRows = yMax - yMin < MAP_ROWS_MAX ? EACH_MAP_ROW : ALL_MAP_ROWS;
  // One condition for each range: an OR would keep the server from using x in the index.
  const inColumns = columns.map((_, i) => `x BETWEEN $${4 + 2 * i} AND $${5 + 2 * i}`);
  const rows = await sql.query(
    `SELECT ${GROUP.columns} FROM tiles WHERE zoom = $1 AND ${inRows} ` +
      `AND (${inColumns.join(" OR ")}) AND ${IDENTIFIED} GROUP BY ${GROUP.by}`,
    [zoom, yMin, yMax, ...columns.flatMap(({ xMin, xMax }) => [xMin, xMax])],
  );
  return rows.flatMap(metadataOfGroup).sort(byPlace);
}

/** Ordered by y, x, source, flight. */
function byPlace({ tileId: a }: TileMetadata, { tileId: b }: TileMetadata): number {
  if (a.y !== b.y) return a.y - b.y;
  if (a.x !== b.x) return a.x - b.x;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return (a.flightId ?? "") < (b.flightId ?? "") ? -1 : 1;
}

/** One tile id (with any y) for each folder that holds tiles. */
export async function selectColumns(sql: SqlSession): Promise<readonly TileId[]> {
  const rows = await sql.query(
    "SELECT source, flight_id, zoom, x, min(y) AS y FROM tiles GROUP BY source, flight_id, zoom, x",
  );
  return rows.map(tileIdOf);
}

/** The rows of all tiles in the folder of `id`. */
export async function selectColumn(
  sql: SqlSession,
  id: TileId,
): Promise<readonly { metadata: TileMetadata; sidecarBytes: number | null }[]> {
  const rows = await sql.query(
    `SELECT ${COLUMNS}, sidecar_bytes FROM tiles WHERE zoom = $1 AND x = $2 AND source = $3 ` +
      `AND flight_id IS NOT DISTINCT FROM $4::uuid AND ${IDENTIFIED}`,
    [id.zoom, id.x, id.source, id.flightId ?? null],
  );
  return rows.map((row) => ({
    metadata: metadataOf(row),
    sidecarBytes: row.sidecar_bytes === null ? null : Number(row.sidecar_bytes),
  }));
}

/** The sidecars were written again and may have another size. */
export async function setSidecarBytes(
  sql: SqlSession,
  id: TileId,
  bytes: number,
): Promise<void> {
  await sql.query("UPDATE tiles SET sidecar_bytes = $2 WHERE tile_uuid = $1", [
    tileUuid(id),
    bytes,
  ]);
}

/** False when there was no such row. */
export async function deleteRow(sql: SqlSession, id: TileId): Promise<boolean> {
  const rows = await sql.query("DELETE FROM tiles WHERE tile_uuid = $1 RETURNING id", [
    tileUuid(id),
  ]);
  return rows.length > 0;
}

/** Maintained by triggers; `diskBytes` of all files. */
export async function selectTotals(sql: SqlSession): Promise<{ tiles: number; diskBytes: number }> {
  const [row] = await sql.query(
    "SELECT sum(tiles)::float8 AS tiles, sum(disk_bytes)::float8 AS disk_bytes FROM cache_usage",
  );
  return { tiles: row.tiles as number, diskBytes: row.disk_bytes as number };
}
