/**
 * Pins: tiles that missions need and that are never evicted.
 *
 * @module
 */
import { type TileId, tileUuid } from "../../../tile_contract/mod.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { lockEvictions } from "./evictable.ts";

interface PinnedMission {
  readonly mission: string;
  readonly tiles: number;
  readonly pinnedAt: Date;
}

export class TilePins {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** Adds pins; unknown tiles are ignored. Returns how many of these tiles are pinned now. */
  async pinTiles(mission: string, tileIds: readonly TileId[]): Promise<number> {
    return await this.#database.transaction(async (sql) => {
      await lockEvictions(sql);
      const uuids = tileIds.map(tileUuid);
      await sql.query(
        "INSERT INTO tile_pins (mission, tile_uuid) SELECT $1, tile_uuid FROM tiles " +
          "WHERE tile_uuid = ANY($2::text[]::uuid[]) ON CONFLICT DO NOTHING",
        [mission, uuids],
      );
      const [row] = await sql.query<{ pinned: number }>(
        "SELECT count(*)::float8 AS pinned FROM tile_pins " +
          "WHERE mission = $1 AND tile_uuid = ANY($2::text[]::uuid[])",
        [mission, uuids],
      );
      return row.pinned;
    });
  }

  /** Removes the mission's other pins. Returns how many were removed. */
  async unpinOthers(mission: string, tileIds: readonly TileId[]): Promise<number> {
    const gone = await this.#database.query<{ gone: number }>(
      "WITH gone AS (DELETE FROM tile_pins WHERE mission = $1 " +
        "AND tile_uuid <> ALL($2::text[]::uuid[]) RETURNING 1) " +
        "SELECT count(*)::float8 AS gone FROM gone",
      [mission, tileIds.map(tileUuid)],
    );
    return gone[0].gone;
  }

  /** Removes all pins of a mission. Returns how many were removed. */
  async unpinMission(mission: string): Promise<number> {
    return await this.unpinOthers(mission, []);
  }

  async missions(): Promise<readonly PinnedMission[]> {
    const rows = await this.#database.query<{ mission: string; tiles: number; at: Date }>(
      "SELECT mission, count(*)::float8 AS tiles, max(pinned_at) AS at FROM tile_pins " +
        "GROUP BY mission ORDER BY mission",
    );
    return rows.map(({ mission, tiles, at }) => ({ mission, tiles, pinnedAt: at }));
  }
}
