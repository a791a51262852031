/**
 * The selected tiles as a map from which patches are cut.
 *
 * @module
 */
import type { TileSource } from "../../navigation/map/mod.ts";
import type { TileMetadata } from "../../tiles/tile_contract/mod.ts";
import type { CachedTiles } from "./contract.ts";
import type { TileSelection } from "./select_tiles.ts";

export class SelectedTiles implements TileSource {
  readonly zoom: number;
  readonly tileBounds: { xMin: number; xMax: number; yMin: number; yMax: number };
  readonly #cache: CachedTiles;
  readonly #tiles: ReadonlyMap<string, TileMetadata>;

  constructor(cache: CachedTiles, selection: TileSelection) {
    this.zoom = selection.zoom;
    this.tileBounds = { ...selection.rectangle };
    this.#cache = cache;
    this.#tiles = new Map(
      selection.tiles.map((tile) => [`${tile.tileId.x}/${tile.tileId.y}`, tile]),
    );
  }

  hasTile(x: number, y: number): boolean {
    return this.#tiles.has(`${x}/${y}`);
  }

  async readTileJpeg(x: number, y: number): Promise<Uint8Array<ArrayBuffer>> {
    const tile = this.#tiles.get(`${x}/${y}`);
    if (tile === undefined) throw new RangeError(`tile ${x}/${y} is not in the selection`);
    using handle = await this.#cache.readTilePixels(tile.tileId);
    return handle.jpeg.slice();
  }
}
