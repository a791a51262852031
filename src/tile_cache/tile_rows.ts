/**
 * Rows of tiles: what stands in the database and how it becomes metadata again.
 *
 * @module
 */
import { tileBounds } from "../core/mod.ts";
import type { NewTile, TileId, TileMetadata } from "./contract.ts";
import { locationHash, tileKey, tileUuid } from "./identity.ts";
import type { SqlRow, SqlSession, SqlTransaction } from "./sql/database.ts";
import type { TileRange } from "./tile_range.ts";

const COLUMNS = "zoom, x, y, tile_size_px, source, flight_id, source_gsd_m, captured_at, " +
  "coverage, attribution, content_sha256, disk_bytes";

/** Held shared by every writer's transaction, and alone by reconciliation. */
const WRITERS_LOCK = "6155301862297149002";

/**
 * Whoever makes or removes the files of a key holds its lock until the transaction ends, so that a
 * clean-up never takes the files of a tile that is being written anew. Taken in sorted order.
 */
const LOCK_KEYS = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)), " +
  `pg_advisory_xact_lock_shared(${WRITERS_LOCK}) FROM unnest($1::text[]) AS key`;

export async function lockKeys(sql: SqlTransaction, ids: readonly TileId[]): Promise<void> {
  await sql.query(LOCK_KEYS, [ids.map(tileKey).sort()]);
}

/**
 * Waits until no writer's transaction is open any more: a server may still be committing for a
 * client that was killed.
 */
export async function lockOutWriters(sql: SqlTransaction): Promise<void> {
  await sql.query("SET LOCAL lock_timeout = '30s'");
  await sql.query(`SELECT pg_advisory_xact_lock(${WRITERS_LOCK})`);
}

const INSERT = `
WITH locked AS MATERIALIZED (${LOCK_KEYS})
INSERT INTO tiles (
  zoom, x, y, tile_size_px, source, flight_id, latitude_deg, longitude_deg, source_gsd_m,
  captured_at, coverage, attribution, tile_uuid, location_hash, content_sha256, disk_bytes
)
SELECT t.* FROM (SELECT count(*) AS n FROM locked) AS all_locked, jsonb_to_recordset($2::text::jsonb)
AS t (
  zoom integer, x integer, y integer, tile_size_px integer, source text, flight_id uuid,
  latitude_deg double precision, longitude_deg double precision, source_gsd_m double precision,
  captured_at timestamptz, coverage double precision, attribution text, tile_uuid uuid,
  location_hash uuid, content_sha256 text, disk_bytes bigint
) WHERE all_locked.n >= 0`;

/**
 * Inserts the rows and returns the tile UUIDs of those that are new. A key that exists is an error
 * of SQLSTATE 23505, or with `keep` left alone.
 */
export async function insertRows(
  sql: SqlTransaction,
  tiles: readonly NewTile[],
  existing: "refuse" | "keep",
): Promise<ReadonlySet<string>> {
  const keys = tiles.map((tile) => tileKey(tile.metadata.tileId)).sort();
  const conflict = existing === "keep" ? " ON CONFLICT DO NOTHING" : "";
  const rows = await sql.query<{ tile_uuid: string }>(
    `${INSERT}${conflict} RETURNING tile_uuid`,
    [keys, JSON.stringify(tiles.map((tile) => recordOf(tile.metadata)))],
  );
  return new Set(rows.map((row) => row.tile_uuid));
}

function recordOf(metadata: TileMetadata): Record<string, unknown> {
  const { tileId } = metadata;
  const bounds = tileBounds(tileId);
  return {
    zoom: tileId.zoom,
    x: tileId.x,
    y: tileId.y,
    tile_size_px: metadata.tileSizePx,
    source: tileId.source,
    flight_id: tileId.flightId ?? null,
    latitude_deg: (bounds.southDeg + bounds.northDeg) / 2,
    longitude_deg: (bounds.westDeg + bounds.eastDeg) / 2,
    source_gsd_m: metadata.sourceGsdM,
    captured_at: metadata.capturedAt?.toISOString() ?? null,
    coverage: metadata.coverage,
    attribution: metadata.attribution,
    tile_uuid: tileUuid(tileId),
    location_hash: locationHash(tileId),
    content_sha256: metadata.contentSha256,
    disk_bytes: metadata.diskBytes,
  };
}

function metadataOf(row: SqlRow): TileMetadata {
  const flightId = row.flight_id as string | null;
  return {
    tileId: {
      zoom: row.zoom as number,
      x: row.x as number,
      y: row.y as number,
      source: row.source as string,
      ...(flightId === null ? {} : { flightId }),
    },
    tileSizePx: row.tile_size_px as 256,
    sourceGsdM: row.source_gsd_m as number,
    capturedAt: row.captured_at as Date | null,
    contentSha256: row.content_sha256 as string,
    // npm:pg gives 64-bit integers as text.
    diskBytes: Number(row.disk_bytes),
    coverage: row.coverage as number,
    attribution: row.attribution as string,
  };
}

export async function selectRow(sql: SqlSession, id: TileId): Promise<TileMetadata | null> {
  const rows = await sql.query(`SELECT ${COLUMNS} FROM tiles WHERE tile_uuid = $1`, [tileUuid(id)]);
  return rows.length === 0 ? null : metadataOf(rows[0]);
}

export async function selectRange(
  sql: SqlSession,
  range: TileRange,
  zoom: number,
): Promise<readonly TileMetadata[]> {
  const [first, second = first] = range.columns;
  const rows = await sql.query(
    `SELECT ${COLUMNS} FROM tiles WHERE zoom = $1 AND y BETWEEN $2 AND $3 ` +
      "AND (x BETWEEN $4 AND $5 OR x BETWEEN $6 AND $7) " +
      "ORDER BY y, x, source, flight_id NULLS FIRST",
    [zoom, range.yMin, range.yMax, first.xMin, first.xMax, second.xMin, second.xMax],
  );
  return rows.map(metadataOf);
}

/** Everything, for reconciliation. */
export async function selectAll(sql: SqlSession): Promise<readonly TileMetadata[]> {
  return (await sql.query(`SELECT ${COLUMNS} FROM tiles`)).map(metadataOf);
}

/** False when there was no such row. */
export async function deleteRow(sql: SqlSession, id: TileId): Promise<boolean> {
  const rows = await sql.query("DELETE FROM tiles WHERE tile_uuid = $1 RETURNING id", [
    tileUuid(id),
  ]);
  return rows.length > 0;
}

export async function selectTotals(sql: SqlSession): Promise<{ tiles: number; diskBytes: number }> {
  const [row] = await sql.query(
    "SELECT count(*)::float8 AS tiles, coalesce(sum(disk_bytes), 0)::float8 AS disk_bytes FROM tiles",
  );
  return { tiles: row.tiles as number, diskBytes: row.disk_bytes as number };
}
