/**
 * Completes rows that older versions wrote without the size of the sidecars: the sizes are read
 * from the disk, once.
 *
 * @module
 */
import { SIDECARS } from "../../../tile_contract/mod.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { tilePath } from "../tile_path.ts";
import { tileIdOf } from "./evictable.ts";

const ROWS_AT_ONCE = 1000;

/** Returns how many rows were completed. */
export async function countSidecars(dataFolder: string, database: SqlDatabase): Promise<number> {
  for (let done = 0;;) {
    const rows = await database.query(
      "SELECT id::text AS id, zoom, x, y, source, flight_id FROM tiles " +
        "WHERE sidecar_bytes IS NULL ORDER BY tiles.id LIMIT $1",
      [ROWS_AT_ONCE],
    );
    if (rows.length === 0) return done;
    const sizes = await Promise.all(rows.map(async (row) => {
      const stem = `${dataFolder}/${tilePath(tileIdOf(row))}`.slice(0, -".jpg".length);
      const found = await Promise.all(
        SIDECARS.map((suffix) => Deno.stat(stem + suffix).then(({ size }) => size, () => 0)),
      );
      return found.reduce((sum, size) => sum + size, 0);
    }));
    await database.query(
      "UPDATE tiles SET sidecar_bytes = s.bytes FROM unnest($1::text[]::bigint[], " +
        "$2::text[]::bigint[]) AS s (id, bytes) WHERE tiles.id = s.id AND sidecar_bytes IS NULL",
      [rows.map((row) => row.id as string), sizes.map(String)],
    );
    done += rows.length;
  }
}
