/**
 * Fetched tiles into the cache, many in a transaction.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import {
  type Bbox,
  FreshnessRejectionError,
  type NewTile,
  type TileMetadata,
} from "../../tile_cache/mod.ts";
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

/** So many are worth a transaction of the cache and its wait for the disk. */
const BATCH_MIN = 64;
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
  readonly #cache: DownloadCache;
  readonly #tally: Tally;
  #waiting: NewTile[] = [];
  #waitingBytes = 0;
  /** The write under way; writes follow each other, beside the fetching. */
  #writing: Promise<void> | null = null;
  #fault: { readonly error: unknown } | null = null;

  constructor(cache: DownloadCache, tally: Tally) {
    this.#cache = cache;
    this.#tally = tally;
  }

  /** Returns when there is room for another. @throws what a write before it threw. */
  async add(tile: NewTile): Promise<void> {
    this.#waiting.push(tile);
    this.#waitingBytes += tile.jpeg.length;
    this.#begin(BATCH_MIN);
    while (this.#writing !== null && this.#isFull) await this.#writing;
    this.#throwFault();
  }

  /** Writes what waits. @throws what a write threw; the tiles of later batches are not tried. */
  async flush(): Promise<void> {
    for (this.#begin(1); this.#writing !== null; this.#begin(1)) await this.#writing;
    this.#throwFault();
  }

  get #isFull(): boolean {
    return this.#waiting.length >= BATCH_MAX || this.#waitingBytes >= BATCH_BYTES_MAX;
  }

  #throwFault(): void {
    if (this.#fault !== null) throw this.#fault.error;
  }

  /** Never rejects: who adds or flushes next hears of a fault. */
  #begin(least: number): void {
    if (this.#writing !== null || this.#fault !== null) return;
    if (this.#waiting.length < least && !this.#isFull || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = this.#write(batch).catch((error) => {
      this.#fault = { error };
    }).finally(() => {
      this.#writing = null;
      this.#begin(BATCH_MIN);
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
