/**
 * Times of last use of tiles: collected in memory and written in batches, so that readers never
 * wait.
 *
 * @module
 */
import { type LruCandidate, type TileId, tileUuid } from "../../tile_contract/mod.ts";
import type { SqlDatabase, SqlSession } from "./sql/database.ts";
import { tileIdOf } from "./tile_record.ts";

const BATCH_TILES = 512;
const DELAY_MS = 1000;

export class LruStamps {
  readonly #database: SqlDatabase;
  #pending = new Map<string, Date>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #underWay: Promise<void> = Promise.resolve();

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** The latest time of each tile. */
  note(tileId: TileId, at: Date): void {
    const id = tileUuid(tileId);
    const before = this.#pending.get(id);
    if (before === undefined || before < at) this.#pending.set(id, at);
    if (this.#pending.size >= BATCH_TILES) this.#flushBehind();
    else if (this.#timer === null) {
      const timer = setTimeout(() => this.#flushBehind(), DELAY_MS);
      Deno.unrefTimer(timer);
      this.#timer = timer;
    }
  }

  /** Writes everything collected so far. @throws what the database throws. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#pending;
    this.#pending = new Map();
    const turn = this.#underWay.catch(() => {}).then(() => this.#write(batch));
    this.#underWay = turn;
    await turn;
  }

  /** A lost time only makes a tile look older than it is: no reason to fail a read. */
  #flushBehind(): void {
    this.flush().catch(() => {});
  }

  async #write(batch: ReadonlyMap<string, Date>): Promise<void> {
    if (batch.size === 0) return;
    await this.#database.transaction(async (sql) => {
      await sql.query("SET LOCAL synchronous_commit = off");
      // Rows that are locked are skipped, so that these writes never wait and never deadlock.
      await sql.query(
        "WITH stamp AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS s (tile_uuid, at)), " +
          "free AS (SELECT t.id, stamp.at FROM tiles AS t JOIN stamp USING (tile_uuid) " +
          "WHERE t.accessed_at IS NULL OR t.accessed_at < stamp.at " +
          "FOR UPDATE OF t SKIP LOCKED) " +
          "UPDATE tiles SET accessed_at = free.at FROM free WHERE tiles.id = free.id",
        [[...batch.keys()], [...batch.values()].map((at) => at.toISOString())],
      );
    });
  }
}

/**
 * The condition must be word for word that of the index tiles_evictable: any other would sort all
 * rows.
 */
export async function selectLruCandidates(
  sql: SqlSession,
  limit: number,
): Promise<readonly LruCandidate[]> {
  const rows = await sql.query(
    "SELECT zoom, x, y, source, flight_id, disk_bytes, sidecar_bytes, accessed_at FROM tiles " +
      "WHERE pin_count = 0 AND NOT ( " +
      "source = 'onboard_ingest' AND COALESCE(voting_status, '') = 'pending' " +
      "AND uploaded_at IS NULL) ORDER BY COALESCE(accessed_at, created_at), id LIMIT $1",
    [limit],
  );
  return rows.map((row) => ({
    tileId: tileIdOf(row),
    diskBytes: Number(row.disk_bytes) + Number(row.sidecar_bytes ?? 0),
    accessedAt: row.accessed_at as Date | null,
  }));
}
