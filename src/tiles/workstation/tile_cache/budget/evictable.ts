/**
 * SQL that selects the tiles that may be evicted. The partial index `tiles_evictable` of migration
 * 0005 has the same condition, word for word.
 *
 * @module
 */
import type { TileId } from "../../../tile_contract/mod.ts";
import type { SqlRow, SqlTransaction } from "../sql/database.ts";

/** No pending upload, no tile pinned by a mission. (Rows older than tile UUIDs have no files.) */
export const EVICTABLE = "pin_count = 0 AND NOT (source = 'onboard_ingest' AND " +
  "COALESCE(voting_status, '') = 'pending' AND uploaded_at IS NULL) AND tile_uuid IS NOT NULL";

/** A tile that was never read counts from the time it was written. */
export const LAST_USE = "COALESCE(accessed_at, created_at)";

/** The picture and its sidecars. */
export const FILES_BYTES = "COALESCE(disk_bytes, 0) + COALESCE(sidecar_bytes, 0)";

const EVICTIONS_LOCK = "6155301862297149004";

/** Serialises evictions and pinning: a pin that exists when rows are chosen is respected. */
export async function lockEvictions(sql: SqlTransaction): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(${EVICTIONS_LOCK})`);
}

/** Tile id of a row with zoom, x, y, source and flight_id. */
export function tileIdOf(row: SqlRow): TileId {
  const flightId = row.flight_id as string | null;
  return {
    zoom: row.zoom as number,
    x: row.x as number,
    y: row.y as number,
    source: row.source as string,
    ...(flightId === null ? {} : { flightId }),
  };
}
