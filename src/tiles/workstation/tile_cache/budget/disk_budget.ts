/**
 * Room on the disk for tiles: reserved before they are written, made by putting out the tiles that
 * were not used for longest.
 *
 * @module
 */
import { type Clock, messageOf } from "../../../../core/mod.ts";
import type { FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import type { TileCacheLogger } from "../logger.ts";
import { CacheBudgetExhaustedError } from "./errors.ts";
import type { BudgetLedger, BudgetState, EvictedTile } from "./ledger.ts";

/** Renewed three times as often; a killed process's room is free after this. */
export const LEASE_S = 15;
/** Others' writes and deletions are waited for, and the lease of one that died among them. */
const PATIENCE_MS = 1000 * (LEASE_S + 5);
const POLL_MS = 15;
/** Ids in a record of the flight recorder. */
const IDS_RECORDED = 5;

export interface DiskBudgetOptions {
  readonly budgetBytes: number;
  /** Tiles deleted at a time. */
  readonly evictionBatchSize: number;
  readonly ledger: BudgetLedger;
  /** Deletes the files of tiles whose rows are gone; false: some could not be deleted. */
  readonly removeFiles: (tiles: readonly EvictedTile[]) => Promise<boolean>;
  /** Called before the first row is deleted. */
  readonly beforeChange: () => Promise<void>;
  readonly logger: TileCacheLogger;
  readonly clock?: Clock;
  /** Needs the clock. */
  readonly fdr?: Pick<FdrSink, "enqueue">;
  readonly patienceMs?: number;
}

export class DiskBudget implements AsyncDisposable {
  readonly #options: DiskBudgetOptions;
  /** What this process has taken. */
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
   * Takes room for tiles on their way in, and makes it where it must; dispose it when they are in,
   * or are not to come. What is taken nobody else can take, in any process.
   *
   * @throws CacheBudgetExhaustedError when all that may go would not be enough.
   */
  async reserveHeadroom(neededBytes: number): Promise<AsyncDisposable> {
    const reserved = await this.tryReserveHeadroom(neededBytes);
    if (reserved !== null) return reserved;
    // One task of this process at a time makes room; the others find it made, or go on.
    const made = this.#queue.then(() => this.#makeRoom(neededBytes));
    this.#queue = made.catch(() => {});
    return await made;
  }

  /** Without making room: null where there is none. */
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
        // A server that is gone forgets the room by itself when the lease ends.
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
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  /** The files of a batch, and what is told of it. */
  async #finish(tiles: readonly EvictedTile[], bytes: number): Promise<void> {
    if (tiles.length === 0) return;
    const { ledger, logger, removeFiles } = this.#options;
    this.#hold(bytes);
    const gone = await removeFiles(tiles);
    for (const { tileId, bytes, lastUseAt } of tiles) {
      logger.info("c6.evicted", { tileId, bytes, lastUseAt: lastUseAt.toISOString() });
    }
    // Files that could not be deleted still take their room, until the next open puts it in order.
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

  /** Notes what this process has taken, and renews its lease while that is something. */
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
