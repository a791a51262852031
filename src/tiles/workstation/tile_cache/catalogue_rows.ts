/**
 * Reads all rows: page by page, and as sums.
 *
 * @module
 */
import {
  type TileMetadataPersistent,
  type TilePage,
  type TileStatistics,
  ZERO_UUID,
} from "../../tile_contract/mod.ts";
import type { SqlSession } from "./sql/database.ts";
import { IDENTIFIED, PERSISTENT_COLUMNS, persistentOf } from "./packed_row.ts";

/** Paged by tile UUID, which has an index: the last page costs the same as the first. */
export async function selectPage(
  sql: SqlSession,
  page: TilePage,
): Promise<readonly TileMetadataPersistent[]> {
  const rows = await sql.query(
    `SELECT ${PERSISTENT_COLUMNS} FROM tiles WHERE tile_uuid > $1 AND ${IDENTIFIED} ` +
      "AND ($3::text IS NULL OR source = $3) AND ($4::integer IS NULL OR zoom = $4) " +
      "ORDER BY tile_uuid LIMIT $2",
    [page.after ?? ZERO_UUID, page.limit, page.source ?? null, page.zoom ?? null],
  );
  return rows.map(persistentOf);
}

export async function selectStatistics(sql: SqlSession): Promise<readonly TileStatistics[]> {
  const rows = await sql.query(
    "SELECT source, zoom, freshness_label, voting_status, count(*)::float8 AS tiles, " +
      "sum(disk_bytes + COALESCE(sidecar_bytes, 0))::float8 AS disk_bytes FROM tiles " +
      "GROUP BY source, zoom, freshness_label, voting_status " +
      "ORDER BY source, zoom, freshness_label, voting_status",
  );
  return rows.map((row) => ({
    source: row.source as string,
    zoom: row.zoom as number,
    freshnessLabel: row.freshness_label as string | null,
    votingStatus: row.voting_status as string | null,
    tiles: row.tiles as number,
    diskBytes: row.disk_bytes as number,
  }));
}
