/**
 * Writes fetched tiles into the cache, many in one transaction.
 *
 * @module
 */
import { messageOf } from "../../../../core/mod.ts";
import type { Bbox, NewTile, TileId, TileMetadata } from "../../../tile_contract/mod.ts";
import { FreshnessRejectionError } from "../../tile_cache/mod.ts";
import type { Tally } from "./tally.ts";
import { keyOf } from "./tile_bands.ts";

/** The methods of the cache that the downloader uses. */
export interface DownloadCache {
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  /** Writes all of them or none; tiles that exist already are kept. */
  writeTiles(
    tiles: readonly NewTile[],
    options: { readonly existing: "keep" },
  ): Promise<{ readonly written: number }>;
  renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void>;
  /** @throws TileNotFoundError */
  deleteTile(tileId: TileId): Promise<void>;
  readonly budgetBytes: number | null;
  usedBytes(): Promise<number>;
}

/** Tiles in a transaction: enough that its waits for the disk cost little for each tile. */
const BATCH = 256;
/** Fewer are written when the first of them has waited this long, because the provider is slow. */
const BATCH_AGE_MS = 500;
/**
 * While one batch is written, the next may grow to this size; then fetching pauses. A process that
 * is killed has to fetch again at most two batches and the requests under way.
 */
export const BATCH_MAX = 512;
const BATCH_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Collects tiles into transactions. While one is being written the next one grows, so a slow cache
 * is given larger transactions. A tile that the freshness gate refuses does not affect the others.
 */
export class BatchWriter {
  readonly #cache: Pick<DownloadCache, "writeTiles">;
  readonly #tally: Tally;
  #waiting: NewTile[] = [];
  #waitingBytes = 0;
  /** When the first tile of the batch arrived. */
  #waitingSinceMs = 0;
  /** The write under way; writes run one after another, in parallel with fetching. */
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

  /** Returns when there is room for another tile. @throws the error of an earlier write. */
  async add(tile: NewTile): Promise<void> {
    if (this.#waiting.push(tile) === 1) this.#waitingSinceMs = this.#nowMs();
    this.#waitingBytes += tile.jpeg.length;
    this.#beginIfDue();
    while (this.#writing !== null && this.#isFull) await this.#writing;
    this.#throwFault();
  }

  /** Writes the tiles that wait. @throws the error of a write; later batches are then not tried. */
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

  /**
   * Starts a write unless there is nothing to write or one is under way. Its error is thrown by the
   * next add() or flush().
   */
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
      // The transaction wrote nothing of the batch: write the tiles before the refused one again.
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
