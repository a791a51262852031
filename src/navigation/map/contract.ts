/**
 * The map under the aircraft: grey mosaics of cached tiles in the flight's local frame.
 *
 * @module
 */
import type { MapMosaic } from "../../native/vision/mod.ts";

/** A mosaic and where its origin lies in the flight's local frame, metres. */
export interface MapWindow {
  /** Its pixels may be those of other windows too: they are read only. */
  readonly mosaic: MapMosaic;
  readonly originEastM: number;
  readonly originNorthM: number;
  /** Share of the asked-for square that holds map, 0 to 1. */
  readonly coverage: number;
}

/** Bounds in the local frame, metres. */
export interface LocalBounds {
  readonly eastMinM: number;
  readonly eastMaxM: number;
  readonly northMinM: number;
  readonly northMaxM: number;
}

export interface MapSource {
  /** Metres per pixel of the tiles, near the middle of the map. */
  readonly gsdM: number;
  readonly bounds: LocalBounds;
  /**
   * The map within `radiusM` (a square) of a place, at `gsdM` or finer (whole powers of two of the
   * tiles' own resolution); null where there is no tile at all.
   */
  window(eastM: number, northM: number, radiusM: number, gsdM: number): Promise<MapWindow | null>;
}

/** Where the tiles come from; the flight package is one. */
export interface TileSource {
  readonly zoom: number;
  /** Tiles [xMin, xMax) × [yMin, yMax). */
  readonly tileBounds: { xMin: number; xMax: number; yMin: number; yMax: number };
  hasTile(x: number, y: number): boolean;
  readTileJpeg(x: number, y: number): Promise<Uint8Array<ArrayBuffer>>;
}
