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

/** Written together: one transaction of the cache. */
const BATCH = 64;
/** Gathers tiles into transactions; a tile that the freshness gate refuses costs only itself. */
export class BatchWriter {
  readonly #cache: DownloadCache;
  readonly #tally: Tally;
  #waiting: NewTile[] = [];
  /** Writes follow each other, beside the fetching. */
  #writing: Promise<void> = Promise.resolve();

  constructor(cache: DownloadCache, tally: Tally) {
    this.#cache = cache;
    this.#tally = tally;
  }

  async add(tile: NewTile): Promise<void> {
    this.#waiting.push(tile);
    if (this.#waiting.length < BATCH) return;
    const before = this.#writing;
    this.#begin();
    // One batch is being written while the next one is fetched; more would only pile up.
    await before;
  }

  async flush(): Promise<void> {
    if (this.#waiting.length > 0) this.#begin();
    await this.#writing;
  }

  #begin(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writing = this.#writing.then(() => this.#write(batch));
    // Whoever waits for it next hears of it.
    this.#writing.catch(() => {});
  }

  async #write(batch: readonly NewTile[]): Promise<void> {
    try {
      const { written } = await this.#cache.writeTiles(batch, { existing: "keep" });
      this.#tally.fetched += written;
      this.#tally.bytes += batch.reduce((sum, { jpeg }) => sum + jpeg.length, 0);
    } catch (error) {
      if (!(error instanceof FreshnessRejectionError)) throw error;
      if (batch.length > 1) {
        for (const tile of batch) await this.#write([tile]);
        return;
      }
      this.#tally.refused.push({ tileId: batch[0].metadata.tileId, reason: messageOf(error) });
    }
  }
}
