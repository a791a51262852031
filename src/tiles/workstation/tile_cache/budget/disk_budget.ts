/**
 * Reserves disk space for tiles before they are written, and frees it by evicting the least
 * recently used tiles.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, messageOf } from "../../../../core/mod.ts";
import type { FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import type { TileCacheLogger } from "../logger.ts";
import { CacheBudgetExhaustedError } from "./errors.ts";
import type { BudgetLedger, BudgetState, EvictedTile } from "./ledger.ts";

/**
 * Lifetime of a reservation. It is renewed three times as often; after a process was killed, its
 * space is free again after this time.
 */
export const LEASE_S = 15;
/**
 * How long to wait for the writes and deletions of other processes, including the expiry of one
 * that died.
 */
const PATIENCE_MS = 1000 * (LEASE_S + 5);
const POLL_MS = 15;
/** Most ids in one record of the flight recorder. */
const IDS_RECORDED = 5;

interface DiskBudgetOptions {
  readonly budgetBytes: number;
  /** Tiles deleted in one batch. */
  readonly evictionBatchSize: number;
  readonly ledger: BudgetLedger;
  /** Deletes the files of tiles whose rows are deleted; false: some could not be deleted. */
  readonly removeFiles: (tiles: readonly EvictedTile[]) => Promise<boolean>;
  /** Called before the first row is deleted. */
  readonly beforeChange: () => Promise<void>;
  readonly logger: TileCacheLogger;
  readonly clock?: Clock;
  /** Clock for the waits. */
  readonly fdr?: Pick<FdrSink, "enqueue">;
  readonly patienceMs?: number;
}

export class DiskBudget implements AsyncDisposable {
  readonly #options: DiskBudgetOptions;
  /** Bytes that this process has reserved. */
  #heldBytes = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: DiskBudgetOptions) {
    this.#options = options;
  }

  get budgetBytes(): number {
    return this.#options.budgetBytes;
  }

  state(): Promise<BudgetState> {
    return this.#options.ledger.state();
  }

  /**
   * Reserves space for tiles that are about to be written, evicting others if needed; dispose of
   * the reservation when they are written or given up. No other process can take reserved space.
   *
   * @throws CacheBudgetExhaustedError when evicting all evictable tiles would not be enough.
   */
  async reserveHeadroom(neededBytes: number): Promise<AsyncDisposable> {
    const reserved = await this.tryReserveHeadroom(neededBytes);
    if (reserved !== null) return reserved;
    // Only one task of this process evicts at a time; the others then find the space, or try in
    // turn.
    const made = this.#queue.then(() => this.#makeRoom(neededBytes));
    this.#queue = made.catch(() => {});
    return await made;
  }

  /** Reserves without evicting: null when there is not enough space. */
  async tryReserveHeadroom(neededBytes: number): Promise<AsyncDisposable | null> {
    if (!Number.isSafeInteger(neededBytes) || neededBytes < 0) {
      throw new RangeError(`bytes are a whole number from 0, got ${neededBytes}`);
    }
    const { ledger, budgetBytes } = this.#options;
    if (!await ledger.tryReserve(neededBytes, budgetBytes)) return null;
    this.#hold(neededBytes);
    let held = true;
    return {
      [Symbol.asyncDispose]: async () => {
        if (!held) return;
        held = false;
        this.#hold(-neededBytes);
        // When the server is gone, the reservation expires by itself.
        await ledger.change(-neededBytes, 0).catch((error) => this.#warn(error));
      },
    };
  }

  /** Counts files as leaving while `remove` deletes a row and then its files. */
  async whileLeaving<T>(bytes: number, remove: () => Promise<T>): Promise<T> {
    const { ledger } = this.#options;
    await ledger.change(0, bytes);
    this.#hold(bytes);
    try {
      return await remove();
    } finally {
      this.#hold(-bytes);
      await ledger.change(0, -bytes).catch((error) => this.#warn(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue;
    clearInterval(this.#heartbeat);
    await this.#options.ledger.leave().catch((error) => this.#warn(error));
  }

  async #makeRoom(neededBytes: number): Promise<AsyncDisposable> {
    const { ledger, budgetBytes, evictionBatchSize, patienceMs = PATIENCE_MS } = this.#options;
    let waitedMs = 0;
    for (;;) {
      const reserved = await this.tryReserveHeadroom(neededBytes);
      if (reserved !== null) return reserved;
      if (neededBytes > budgetBytes) {
        throw new CacheBudgetExhaustedError(neededBytes, budgetBytes, await this.state());
      }
      await this.#options.beforeChange();
      const step = await ledger.evictRows({
        neededBytes,
        budgetBytes,
        batchSize: evictionBatchSize,
      });
      if (step.kind === "evicted") {
        waitedMs = 0;
        await this.#finish(step.tiles, step.bytes);
      } else if (step.kind === "exhausted" || waitedMs >= patienceMs) {
        throw new CacheBudgetExhaustedError(neededBytes, budgetBytes, await this.state());
      } else {
        waitedMs += POLL_MS;
        await sleep(POLL_MS);
      }
    }
  }

  /** Deletes the files of a batch and reports the eviction. */
  async #finish(tiles: readonly EvictedTile[], bytes: number): Promise<void> {
    if (tiles.length === 0) return;
    const { ledger, logger, removeFiles } = this.#options;
    this.#hold(bytes);
    const gone = await removeFiles(tiles);
    for (const { tileId, bytes, lastUseAt } of tiles) {
      logger.info("c6.evicted", { tileId, bytes, lastUseAt: lastUseAt.toISOString() });
    }
    // Files that could not be deleted still occupy space, until the next open reconciles.
    if (gone) {
      this.#hold(-bytes);
      await ledger.change(0, -bytes);
    }
    await this.#record(tiles, bytes);
  }

  async #record(tiles: readonly EvictedTile[], freedBytes: number): Promise<void> {
    const { fdr, clock, budgetBytes } = this.#options;
    if (fdr === undefined || clock === undefined) return;
    const { diskBytes } = await this.state();
    fdr.enqueue({
      kind: "c6.eviction_batch",
      timestampNs: clock.now(),
      payload: {
        evictedCount: tiles.length,
        freedBytes,
        tileIds: tiles.slice(0, IDS_RECORDED).map(({ tileId }) => tileId),
        totalBytes: diskBytes,
        budgetBytes,
      },
    });
  }

  /** Records how much this process has reserved, and renews its lease while that is not zero. */
  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    if (this.#heldBytes <= 0) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    } else if (this.#heartbeat === undefined) {
      const renew = () => this.#options.ledger.change(0, 0).catch((error) => this.#warn(error));
      this.#heartbeat = setInterval(renew, 1000 * LEASE_S / 3);
    }
  }

  #warn(error: unknown): void {
    this.#options.logger.warn("c6.budget.lease_lost", { error: messageOf(error) });
  }
}
