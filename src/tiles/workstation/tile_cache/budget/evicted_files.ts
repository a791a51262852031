/**
 * Deletes the files of tiles whose rows an eviction has deleted.
 *
 * @module
 */
import { forEachBounded } from "../../../../core/mod.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { removeTileFiles } from "../tile_files.ts";
import { lockKeys } from "../tile_rows.ts";
import { tileUuid } from "../../../tile_contract/mod.ts";
import type { EvictedTile } from "./ledger.ts";

/** Files deleted at the same time. */
const TILES_AT_ONCE = 8;

/** Deletes the files, except those of a tile that was written again meanwhile. */
export async function removeEvictedFiles(
  dataFolder: string,
  database: SqlDatabase,
  tiles: readonly EvictedTile[],
): Promise<void> {
  await database.transaction(async (sql) => {
    const ids = tiles.map(({ tileId }) => tileId);
    await lockKeys(sql, ids);
    const there = await sql.query<{ tile_uuid: string }>(
      "SELECT tile_uuid FROM tiles WHERE tile_uuid = ANY($1::text[]::uuid[])",
      [ids.map(tileUuid)],
    );
    const anew = new Set(there.map((row) => row.tile_uuid));
    const gone = ids.filter((id) => !anew.has(tileUuid(id)));
    await forEachBounded(gone, TILES_AT_ONCE, (id) => removeTileFiles(dataFolder, id));
  });
}
