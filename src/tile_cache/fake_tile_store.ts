/**
 * The tile cache in memory, for tests: the same gates and errors, without files and database.
 *
 * @module
 */
import { checkNewTile, checkTileId } from "./check_tile.ts";
import type {
  Bbox,
  NewTile,
  StoredTile,
  TileId,
  TileMetadata,
  TileMetadataStore,
  TilePixelHandle,
  TileStore,
  WriteOptions,
  WriteSummary,
} from "./contract.ts";
import { TileMetadataError, TileNotFoundError } from "./errors.ts";
import { tileKey } from "./identity.ts";
import { pixelHandle } from "./pixel_handle.ts";
import { tileRange } from "./tile_range.ts";

export class FakeTileStore implements TileStore, TileMetadataStore {
  readonly #tiles = new Map<string, StoredTile>();

  async writeTile(metadata: TileMetadata, jpeg: Uint8Array): Promise<void> {
    await this.writeTiles([{ metadata, jpeg }]);
  }

  // deno-lint-ignore require-await
  async writeTiles(tiles: readonly NewTile[], options: WriteOptions = {}): Promise<WriteSummary> {
    const checked = tiles.map(checkNewTile);
    const batch = new Map(checked.map((tile) => [tileKey(tile.metadata.tileId), tile]));
    if (batch.size !== checked.length) throw new TileMetadataError("a tile twice in one batch");
    const existing = [...batch.keys()].filter((key) => this.#tiles.has(key));
    if (existing.length > 0 && options.existing !== "keep") {
      throw new TileMetadataError(`Cannot write tile ${existing[0]}: it exists already`);
    }
    for (const key of existing) batch.delete(key);
    for (const [key, { metadata, jpeg }] of batch) {
      this.#tiles.set(key, { metadata, jpeg: new Uint8Array(jpeg) });
    }
    return { written: batch.size, kept: existing.length };
  }

  // deno-lint-ignore require-await
  async readTilePixels(tileId: TileId): Promise<TilePixelHandle> {
    const tile = this.#tiles.get(tileKey(checkTileId(tileId)));
    if (tile === undefined) throw notFound(tileId);
    return pixelHandle(tile.jpeg.slice());
  }

  // deno-lint-ignore require-await
  async tileExists(tileId: TileId): Promise<boolean> {
    return this.#tiles.has(tileKey(checkTileId(tileId)));
  }

  // deno-lint-ignore require-await
  async deleteTile(tileId: TileId): Promise<void> {
    if (!this.#tiles.delete(tileKey(checkTileId(tileId)))) throw notFound(tileId);
  }

  async *tilesInArea(bbox: Bbox, zoom: number): AsyncIterable<StoredTile> {
    for (const metadata of await this.queryByBbox(bbox, zoom)) {
      const tile = this.#tiles.get(tileKey(metadata.tileId));
      if (tile !== undefined) yield { metadata, jpeg: tile.jpeg.slice() };
    }
  }

  // deno-lint-ignore require-await
  async getById(tileId: TileId): Promise<TileMetadata | null> {
    return this.#tiles.get(tileKey(checkTileId(tileId)))?.metadata ?? null;
  }

  // deno-lint-ignore require-await
  async queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]> {
    const range = tileRange(bbox, zoom);
    const inside = ({ x, y, zoom: z }: TileId) =>
      z === zoom && y >= range.yMin && y <= range.yMax &&
      range.columns.some(({ xMin, xMax }) => x >= xMin && x <= xMax);
    return [...this.#tiles.values()].map((tile) => tile.metadata)
      .filter((metadata) => inside(metadata.tileId))
      .sort((a, b) => compare(a.tileId, b.tileId));
  }

  // deno-lint-ignore require-await
  async totalDiskBytes(): Promise<number> {
    let total = 0;
    for (const { metadata } of this.#tiles.values()) total += metadata.diskBytes;
    return total;
  }
}

function compare(a: TileId, b: TileId): number {
  const flight = (id: TileId) => id.flightId ?? "";
  const text = (one: string, other: string) => one < other ? -1 : one > other ? 1 : 0;
  return a.y - b.y || a.x - b.x || text(a.source, b.source) || text(flight(a), flight(b));
}

function notFound(id: TileId): TileNotFoundError {
  return new TileNotFoundError(`No tile ${tileKey(id)} in the cache`);
}
