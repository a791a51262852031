/**
 * A tile store that keeps within a disk budget. It decorates another store, so that the budget
 * policy is separate from how tiles are stored.
 *
 * @module
 */
import {
  type Bbox,
  checkNewTile,
  type NewTile,
  sidecarBytes,
  type StoredTile,
  type TileId,
  tileKey,
  type TileMetadata,
  TileMetadataError,
  type TileMetadataStore,
  type TilePixelHandle,
  type TileStore,
  type TileStoreCollaborators,
  type WriteFreshnessGate,
  WriteJournal,
  type WriteOptions,
  type WriteSummary,
} from "../../../tile_contract/mod.ts";
import type { DiskBudget } from "./disk_budget.ts";

/** Allowance for the labels that the store adds to the metadata in the sidecar. */
const WORDS_ADDED_BYTES = 128;

interface BudgetedParts extends Pick<TileStoreCollaborators, "clock" | "fdr"> {
  readonly inner: TileStore;
  readonly metadata: Pick<TileMetadataStore, "getById">;
  readonly budget: DiskBudget;
  readonly freshnessGate?: WriteFreshnessGate & { now(): Date };
}

export class BudgetedTileStore implements TileStore {
  readonly #parts: BudgetedParts;
  readonly #journal: WriteJournal;

  constructor(parts: BudgetedParts) {
    this.#parts = parts;
    this.#journal = new WriteJournal(parts);
  }

  async writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.writeTiles([{ metadata, jpeg }]);
  }

  /** One reservation for the whole batch. */
  async writeTiles(tiles: readonly NewTile[], options: WriteOptions = {}): Promise<WriteSummary> {
    const { inner, budget } = this.#parts;
    // Copies, because the caller may reuse its buffers while space is being freed.
    const own = tiles.map(({ metadata, jpeg }) => ({ metadata, jpeg: jpeg.slice() }));
    await using _room = await budget.tryReserveHeadroom(bytesOf(own)) ??
      await this.#made(own, async () => bytesOf(await this.#worthRoom(own, options)));
    return await inner.writeTiles(own, options);
  }

  async renewTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    const { inner, budget } = this.#parts;
    const tile = { metadata, jpeg: jpeg.slice() };
    const old = await this.#parts.metadata.getById(metadata.tileId);
    // The old and the new files exist side by side for a moment.
    const needed = Math.max(bytesOf([tile]), old === null ? 0 : bytesOfStored(old));
    await using _room = await budget.tryReserveHeadroom(needed) ??
      await this.#made([tile], () => {
        this.#checkGates([tile]);
        return Promise.resolve(needed);
      });
    await inner.renewTile(metadata, tile.jpeg);
  }

  async deleteTile(tileId: TileId): Promise<void> {
    const { inner, metadata, budget } = this.#parts;
    const found = await metadata.getById(tileId);
    if (found === null) return await inner.deleteTile(tileId);
    await budget.whileLeaving(bytesOfStored(found), () => inner.deleteTile(tileId));
  }

  readTilePixels(tileId: TileId): Promise<TilePixelHandle> {
    return this.#parts.inner.readTilePixels(tileId);
  }

  tileExists(tileId: TileId): Promise<boolean> {
    return this.#parts.inner.tileExists(tileId);
  }

  tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile> {
    return this.#parts.inner.tilesInArea(bbox, zoom);
  }

  /**
   * Reserves space. When that fails, the tiles are not passed to the store, and the failure is
   * recorded.
   */
  async #made(
    tiles: readonly NewTile[],
    bytesNeeded: () => Promise<number>,
  ): Promise<AsyncDisposable> {
    try {
      return await this.#parts.budget.reserveHeadroom(await bytesNeeded());
    } catch (error) {
      this.#journal.failed(tiles, error);
      throw error;
    }
  }

  /**
   * Checks before anything is evicted for these tiles: tiles that would be refused anyway throw
   * here, and those that exist already and are kept need no space.
   */
  async #worthRoom(tiles: readonly NewTile[], options: WriteOptions): Promise<readonly NewTile[]> {
    this.#checkGates(tiles);
    const absent: NewTile[] = [];
    for (const tile of tiles) {
      const { tileId } = tile.metadata;
      if (!await this.#parts.inner.tileExists(tileId)) absent.push(tile);
      else if (options.existing !== "keep") {
        throw new TileMetadataError(
          `Cannot write tile ${tileKey(tileId)}: it exists already and is never overwritten; ` +
            "delete it first, or keep it",
        );
      }
    }
    return absent;
  }

  #checkGates(tiles: readonly NewTile[]): void {
    const { freshnessGate } = this.#parts;
    for (const tile of tiles) {
      const { metadata } = checkNewTile(tile);
      const outcome = freshnessGate?.judgeAt(metadata, freshnessGate.now()).outcome;
      // Throws and reports; downgraded tiles are reported by the store itself.
      if (outcome === "rejected") freshnessGate?.admit(metadata);
    }
  }
}

function bytesOf(tiles: readonly NewTile[]): number {
  return tiles.reduce(
    (sum, { metadata, jpeg }) => sum + jpeg.length + sidecarBytes(metadata) + WORDS_ADDED_BYTES,
    0,
  );
}

function bytesOfStored(metadata: TileMetadata): number {
  return metadata.diskBytes + sidecarBytes(metadata) + WORDS_ADDED_BYTES;
}
