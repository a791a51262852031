/**
 * Rows of many tiles without files, for questions about size. They lie in a square at one zoom.
 *
 * @module
 */
import { tileBounds } from "../../src/core/mod.ts";
import type { Bbox } from "../../src/tiles/tile_contract/mod.ts";
import type { SqlSession } from "../../src/tiles/workstation/tile_cache/sql/database.ts";

export const BULK_ZOOM = 20;
const FIRST = { x: 400_000, y: 350_000 };

/** Adds rows `from` … `to`, of a square that is `side` tiles wide. Its UUIDs are not those of keys. */
export async function insertBulkRows(
  sql: SqlSession,
  range: { readonly from: number; readonly to: number; readonly side: number },
): Promise<void> {
  await sql.query(
    `INSERT INTO tiles (zoom, x, y, tile_size_px, source, latitude_deg, longitude_deg,
       source_gsd_m, captured_at, coverage, attribution, tile_uuid, location_hash, content_sha256,
       disk_bytes, sidecar_bytes, freshness_label)
     SELECT $1::integer, $2::integer + n % $4, $3::integer + n / $4, 256, 'local_import', 50, 30,
       0.3, '2026-01-01', 1, 'a provider', md5('u' || n)::uuid, md5('l' || n)::uuid,
       md5(n::text) || md5('x' || n), 20000, 500, 'fresh'
     FROM generate_series($5::integer, $6::integer - 1) AS n`,
    [BULK_ZOOM, FIRST.x, FIRST.y, range.side, range.from, range.to],
  );
}

/** A box of `width` × `height` of those tiles, from a column and row on. */
export function bulkBox(column: number, row: number, width: number, height: number): Bbox {
  const at = (x: number, y: number) =>
    tileBounds({ zoom: BULK_ZOOM, x: FIRST.x + x, y: FIRST.y + y });
  const first = at(column, row), last = at(column + width - 1, row + height - 1);
  return {
    northDeg: first.northDeg,
    westDeg: first.westDeg,
    southDeg: last.southDeg,
    eastDeg: last.eastDeg,
  };
}
