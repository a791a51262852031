/**
 * Tiles that are written together. When the store refuses one of them (for example as too old for
 * its sector), it is reported by name and the others are written.
 *
 * @module
 */
import { EXIT, messageOf } from "../../../core/mod.ts";
import { type NewTile, TileCacheError, tileKey } from "../../tile_contract/mod.ts";
import type { RefusedTile } from "./contract.ts";
import type { TileSink } from "./contract.ts";

/** Number of refusals that are listed with their reason; the others are counted. */
const REFUSALS_REPORTED = 20;

export class TileBatch {
  readonly counts = { written: 0, kept: 0, partial: 0, bytes: 0, refused: 0 };
  /** The first of them. */
  readonly refusals: RefusedTile[] = [];
  readonly #sink: TileSink;
  #tiles: NewTile[] = [];

  constructor(sink: TileSink) {
    this.#sink = sink;
  }

  get size(): number {
    return this.#tiles.length;
  }

  add(tile: NewTile): void {
    this.#tiles.push(tile);
  }

  /** @throws errors that concern all tiles: a full disk, a failed database. */
  async flush(): Promise<void> {
    const tiles = this.#tiles;
    this.#tiles = [];
    if (tiles.length === 0) return;
    try {
      await this.#write(tiles);
    } catch (error) {
      if (!isAboutTheTile(error)) throw error;
      // Nothing of the batch was written: write the tiles one by one to find the refused one.
      for (const tile of tiles) await this.#writeAlone(tile);
    }
  }

  async #writeAlone(tile: NewTile): Promise<void> {
    try {
      await this.#write([tile]);
    } catch (error) {
      if (!isAboutTheTile(error)) throw error;
      this.counts.refused++;
      if (this.refusals.length >= REFUSALS_REPORTED) return;
      const { zoom, x, y } = tile.metadata.tileId;
      const reason = messageOf(error).replace(
        `Cannot accept tile ${tileKey(tile.metadata.tileId)}: `,
        "",
      );
      this.refusals.push({ name: `tile ${zoom}/${x}/${y}`, reason });
    }
  }

  async #write(tiles: readonly NewTile[]): Promise<void> {
    const { written, kept } = await this.#sink.writeTiles(tiles, { existing: "keep" });
    this.counts.written += written;
    this.counts.kept += kept;
    for (const { metadata, jpeg } of tiles) {
      this.counts.bytes += jpeg.length;
      if (metadata.coverage < 1) this.counts.partial++;
    }
  }
}

/** Whether the error concerns one tile only, as opposed to a full disk or a failed database. */
function isAboutTheTile(error: unknown): boolean {
  return error instanceof TileCacheError && error.exitCode === EXIT.data;
}
