/**
 * Accounting of the disk budget in the cache's database: what the tiles occupy, what is reserved
 * for writers, and which tiles are evicted next. Every decision is made inside one transaction, so
 * that it holds between processes too.
 *
 * Invariant: bytes of tiles on the disk ≤ counted + writing + leaving. Space is reserved before the
 * first byte is written and released after the rows count; an evicted tile counts as leaving from
 * the transaction that deletes its row until its files are deleted.
 *
 * @module
 */
import type { TileId } from "../../../tile_contract/mod.ts";
import {
  databaseFault,
  type SqlDatabase,
  type SqlSession,
  type SqlTransaction,
} from "../sql/database.ts";
import { lockKeys } from "../tile_rows.ts";
import { EVICTABLE, FILES_BYTES, LAST_USE, lockEvictions, tileIdOf } from "./evictable.ts";

export interface BudgetState {
  readonly tiles: number;
  /** Of all files of all tiles that have a row. */
  readonly diskBytes: number;
  /** Reserved for writers of all processes. */
  readonly writingBytes: number;
  /** Of tiles without a row whose files are still being deleted. */
  readonly leavingBytes: number;
}

export interface EvictedTile {
  readonly tileId: TileId;
  readonly bytes: number;
  readonly lastUseAt: Date;
}

type EvictionStep =
  /** Rows were deleted; the caller deletes the files, then calls `filesGone`. */
  | { readonly kind: "evicted"; readonly tiles: readonly EvictedTile[]; readonly bytes: number }
  /**
   * Space will be free soon: files are being deleted, or writers will finish whose tiles may then
   * be evicted.
   */
  | { readonly kind: "wait" }
  /** Evicting all evictable tiles would not be enough; nothing was deleted. */
  | { readonly kind: "exhausted" };

interface EvictionRequest {
  readonly neededBytes: number;
  readonly budgetBytes: number;
  readonly batchSize: number;
}

export class BudgetLedger {
  readonly #database: SqlDatabase;
  /** The id of this open cache in the table of reservations. */
  readonly #owner = crypto.randomUUID();
  readonly #leaseS: number;

  constructor(database: SqlDatabase, leaseS: number) {
    this.#database = database;
    this.#leaseS = leaseS;
  }

  state(): Promise<BudgetState> {
    return ask(() => readState(this.#database));
  }

  async tryReserve(bytes: number, budgetBytes: number): Promise<boolean> {
    const [row] = await ask(() =>
      this.#database.query<{ fits: boolean }>(
        "SELECT reserve_headroom($1, $2::bigint, $3::bigint, $4) AS fits",
        [this.#owner, bytes, budgetBytes, this.#leaseS],
      )
    );
    return row.fits;
  }

  /** Changes how much this owner has reserved; it also renews the lease. */
  async change(writingBytes: number, leavingBytes: number): Promise<void> {
    await ask(() => this.#change(this.#database, writingBytes, leavingBytes));
  }

  /** Deletes the rows of one batch, unless that is not needed or would not be enough. */
  async evictRows(request: EvictionRequest): Promise<EvictionStep> {
    const { neededBytes, budgetBytes, batchSize } = request;
    const step = async (sql: SqlTransaction): Promise<EvictionStep> => {
      await lockEvictions(sql);
      await sql.query("DELETE FROM cache_reservations WHERE expires_at < clock_timestamp()");
      const { diskBytes, writingBytes, leavingBytes } = await readState(sql);
      const short = diskBytes + writingBytes + neededBytes - budgetBytes;
      if (short <= 0) return leavingBytes > 0 ? { kind: "wait" } : { kind: "evicted", ...NOTHING };
      if (!await wouldSuffice(sql, short, batchSize)) {
        return { kind: writingBytes + leavingBytes > 0 ? "wait" : "exhausted" };
      }
      const tiles = await deleteBatch(sql, batchSize);
      const bytes = tiles.reduce((sum, tile) => sum + tile.bytes, 0);
      await this.#change(sql, 0, bytes);
      return { kind: "evicted", tiles, bytes };
    };
    return await ask(() => this.#database.transaction(step));
  }

  /** Deletes this owner's reservations. */
  async leave(): Promise<void> {
    const text = "DELETE FROM cache_reservations WHERE owner_id = $1";
    await ask(() => this.#database.query(text, [this.#owner]));
  }

  async #change(sql: SqlSession, writingBytes: number, leavingBytes: number): Promise<void> {
    await sql.query("SELECT change_reservation($1, $2::bigint, $3::bigint, $4)", [
      this.#owner,
      writingBytes,
      leavingBytes,
      this.#leaseS,
    ]);
  }
}

async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    throw databaseFault(error);
  }
}

const NOTHING = { tiles: [], bytes: 0 } as const;

export async function readState(sql: SqlSession): Promise<BudgetState> {
  const [row] = await sql.query<Record<keyof BudgetState, number>>(
    `SELECT u.tiles::float8 AS "tiles", u.bytes::float8 AS "diskBytes",
      r.writing::float8 AS "writingBytes", r.leaving::float8 AS "leavingBytes"
    FROM (SELECT sum(tiles) AS tiles, sum(disk_bytes) AS bytes FROM cache_usage) AS u,
      (SELECT COALESCE(sum(writing_bytes), 0) AS writing, COALESCE(sum(leaving_bytes), 0) AS leaving
       FROM cache_reservations WHERE expires_at > clock_timestamp()) AS r`,
  );
  return row;
}

/**
 * Whether the evictable tiles hold `bytes`. Reads no more rows than it must: a write that does not
 * fit must not empty the cache, and a small write must not read a million rows.
 */
async function wouldSuffice(sql: SqlSession, bytes: number, batchSize: number): Promise<boolean> {
  for (let limit = batchSize;; limit *= 4) {
    const [row] = await sql.query<{ tiles: number; bytes: number }>(
      `SELECT count(*)::float8 AS tiles, COALESCE(sum(bytes), 0)::float8 AS bytes FROM (
        SELECT ${FILES_BYTES} AS bytes FROM tiles WHERE ${EVICTABLE} ORDER BY ${LAST_USE}, id LIMIT $1
      ) AS next`,
      [limit],
    );
    if (row.bytes >= bytes) return true;
    if (row.tiles < limit) return false;
  }
}

async function deleteBatch(sql: SqlTransaction, batchSize: number): Promise<EvictedTile[]> {
  const chosen = await sql.query(
    `SELECT id::text AS id, zoom, x, y, source, flight_id FROM tiles WHERE ${EVICTABLE}
    ORDER BY ${LAST_USE}, id LIMIT $1`,
    [batchSize],
  );
  await lockKeys(sql, chosen.map(tileIdOf));
  const deleted = await sql.query(
    `DELETE FROM tiles WHERE id = ANY($1::text[]::bigint[]) AND ${EVICTABLE}
    RETURNING zoom, x, y, source, flight_id, (${FILES_BYTES})::float8 AS bytes, ${LAST_USE} AS last_use`,
    [chosen.map((row) => row.id as string)],
  );
  return deleted.map((row) => ({
    tileId: tileIdOf(row),
    bytes: row.bytes as number,
    lastUseAt: row.last_use as Date,
  }));
}
