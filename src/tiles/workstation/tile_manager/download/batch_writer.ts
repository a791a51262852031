/**
 * Fetched tiles into the cache, many in a transaction.
 *
 * @module
 */
import { messageOf } from "../../../../core/mod.ts";
import type { Bbox, NewTile, TileMetadata } from "../../../tile_contract/mod.ts";
import { FreshnessRejectionError } from "../../tile_cache/mod.ts";
import type { Tally } from "./tally.ts";
import { keyOf } from "./tile_bands.ts";

/** The cache as the downloader sees it. */
export interface DownloadCache {
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  /** All of them or none; tiles that are there already are kept. */
  writeTiles(
    tiles: readonly NewTile[],
    options: { readonly existing: "keep" },
  ): Promise<{ readonly written: number }>;
  renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  readonly budgetBytes: number | null;
  usedBytes(): Promise<number>;
}

/** So many make a transaction of the cache, with its waits for the disk, cheap… */
const BATCH = 256;
/** …and fewer are written when the first of them has waited so long: the provider is slow. */
const BATCH_AGE_MS = 500;
/**
 * While one batch is written, the next one gathers up to this; then the fetching waits. What a
 * process that is killed has to fetch again is at most two of them, and the requests under way.
 */
export const BATCH_MAX = 512;
const BATCH_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Gathers tiles into transactions: while one is being written the next grows, so that a cache that is
 * slow is given larger ones. A tile that the freshness gate refuses costs only itself.
 */
export class BatchWriter {
  readonly #cache: Pick<DownloadCache, "writeTiles">;
  readonly #tally: Tally;
  #waiting: NewTile[] = [];
  #waitingBytes = 0;
  /** When the first of them came. */
  #waitingSinceMs = 0;
  /** The write under way; writes follow each other, beside the fetching. */
  #writing: Promise<void> | null = null;
  #fault: { readonly error: unknown } | null = null;

  readonly #nowMs: () => number;

  constructor(
    cache: Pick<DownloadCache, "writeTiles">,
    tally: Tally,
    nowMs = () => performance.now(),
  ) {
    this.#cache = cache;
    this.#tally = tally;
    this.#nowMs = nowMs;
  }

  /** Returns when there is room for another. @throws what a write before it threw. */
  async add(tile: NewTile): Promise<void> {
    if (this.#waiting.push(tile) === 1) this.#waitingSinceMs = this.#nowMs();
    this.#waitingBytes += tile.jpeg.length;
    this.#beginIfDue();
    while (this.#writing !== null && this.#isFull) await this.#writing;
    this.#throwFault();
  }

  /** Writes what waits. @throws what a write threw; the tiles of later batches are not tried. */
  async flush(): Promise<void> {
    for (this.#begin(); this.#writing !== null; this.#begin()) await this.#writing;
    this.#throwFault();
  }

  get #isFull(): boolean {
    return this.#waiting.length >= BATCH_MAX || this.#waitingBytes >= BATCH_BYTES_MAX;
  }

  #throwFault(): void {
    if (this.#fault !== null) throw this.#fault.error;
  }

  #beginIfDue(): void {
    const isOld = this.#nowMs() - this.#waitingSinceMs >= BATCH_AGE_MS;
    if (this.#waiting.length >= BATCH || this.#isFull || isOld) this.#begin();
  }

  /** Unless there is nothing to write or a write is under way. Who adds or flushes hears of a fault. */
  #begin(): void {
    if (this.#writing !== null || this.#fault !== null || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = this.#write(batch).catch((error) => {
      this.#fault = { error };
    }).finally(() => {
      this.#writing = null;
      this.#beginIfDue();
    });
  }

  async #write(batch: readonly NewTile[]): Promise<void> {
    try {
      const { written } = await this.#cache.writeTiles(batch, { existing: "keep" });
      this.#tally.fetched += written;
      this.#tally.bytes += batch.reduce((sum, { jpeg }) => sum + jpeg.length, 0);
    } catch (error) {
      if (!(error instanceof FreshnessRejectionError)) throw error;
      // Nothing of the batch was written; those before it were let through.
      const key = keyOf(error.tileId);
      const at = batch.findIndex(({ metadata }) => keyOf(metadata.tileId) === key);
      if (at < 0) throw error;
      this.#tally.refused.push({ tileId: batch[at].metadata.tileId, reason: messageOf(error) });
      for (const part of [batch.slice(0, at), batch.slice(at + 1)]) {
        if (part.length > 0) await this.#write(part);
      }
    }
  }
}
