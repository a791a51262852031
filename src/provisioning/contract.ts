/**
 * C10 provisioning: from the cached tiles of an area to a flight package.
 *
 * @module
 */
import type { Bbox, TileId, TileMetadata, TilePixelHandle } from "../tile_cache/mod.ts";
import type { DescriptorIndex } from "../descriptor_index/mod.ts";
import type { LocalFrame, Progress } from "../core/mod.ts";
import type { MapSource, TileSource } from "../map/mod.ts";
import type { VisionLibrary } from "../vision/mod.ts";

/** What provisioning needs of the tile cache. */
export interface CachedTiles {
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
}

export interface ProvisionRequest {
  /** Folder of the package; must not exist, be empty, or hold a package (which is replaced). */
  readonly out: string;
  /** null: everything in the cache. */
  readonly area: Bbox | null;
  /** null: the finest zoom that has tiles in the area. */
  readonly zoom: number | null;
  /** null: named after zoom and middle of the area. */
  readonly name: string | null;
  /** Height of the flat ground over the ellipsoid, metres. */
  readonly groundHeightM: number;
  /** 1 sigma of the map's own position error, metres. */
  readonly mapRegistrationSigmaM: number;
  /** Sides of the squares of ground that are described, metres. */
  readonly placeSidesM: readonly number[];
}

export interface ProvisionTools {
  readonly cache: CachedTiles;
  readonly vision: VisionLibrary;
  openMap(tiles: TileSource, frame: LocalFrame): MapSource;
  buildDescriptorIndex(path: string): DescriptorIndex;
  progress(label: string, total: number): Progress;
  readonly signal?: AbortSignal;
}

export interface ProvisionSummary {
  readonly path: string;
  readonly name: string;
  readonly zoom: number;
  readonly tiles: number;
  /** Tiles of the area that the cache does not have. */
  readonly holes: readonly { readonly x: number; readonly y: number }[];
  /** 0…1: covered ground over the ground of the area's tiles. */
  readonly coverage: number;
  readonly places: number;
  readonly placeSidesM: readonly number[];
  readonly descriptorDimension: number;
  readonly bytes: number;
  readonly manifestSha256: string;
  /** A small map of the area for a terminal: one text line a row. */
  readonly coverageMap: readonly string[];
}
