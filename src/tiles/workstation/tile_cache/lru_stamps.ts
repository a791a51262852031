/**
 * When tiles were last read: noted in memory, written in batches, never waited for by a reader.
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

  /** Of one tile the latest time counts. */
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

  /** Everything noted so far is in the database when it returns. @throws what the database throws. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#pending;
    this.#pending = new Map();
    const turn = this.#underWay.catch(() => {}).then(() => this.#write(batch));
    this.#underWay = turn;
    await turn;
  }

  /** A stamp that is lost makes a tile look older than it is: no reason to disturb a reader. */
  #flushBehind(): void {
    this.flush().catch(() => {});
  }

  async #write(batch: ReadonlyMap<string, Date>): Promise<void> {
    if (batch.size === 0) return;
    await this.#database.transaction(async (sql) => {
      await sql.query("SET LOCAL synchronous_commit = off");
      // Rows that somebody holds are left out, so that stamps never wait and never deadlock.
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

/** In the words of the index tiles_evictable: any others would sort all rows. */
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
