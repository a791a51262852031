/**
 * Tile import: imagery of any kind → 256×256 slippy JPEG tiles in a tile store.
 *
 * @module
 */
import type { SlippyTile } from "../../../core/mod.ts";
import type { RefusedTile } from "./archives/contract.ts";
import type { NewTile, TileId, WriteOptions, WriteSummary } from "../../tile_contract/mod.ts";

/** What the import needs of a tile store. */
export interface TileSink {
  tileExists(tileId: TileId): Promise<boolean>;
  /** All of them or none. */
  writeTiles(tiles: readonly NewTile[], options?: WriteOptions): Promise<WriteSummary>;
}

/** One tile, ready to be stored. */
export interface PaintedTile {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** 0…1: how much of the tile the imagery covers; never 0. */
  readonly coverage: number;
}

/** Imagery with a known place on Earth. */
export interface Imagery extends AsyncDisposable {
  /** Metres of ground per pixel of the imagery. */
  readonly gsdM: number;
  /** Latitude at its middle, degrees. */
  readonly latitudeDeg: number;
  /** When the ground looked like this, where the imagery itself tells. */
  readonly capturedAt: Date | null;
  /** Every tile that may hold a pixel of it, in an order that reads the imagery once. */
  tiles(zoom: number): readonly SlippyTile[];
  /** null where the tile holds no pixel of it. */
  paint(tile: SlippyTile): Promise<PaintedTile | null>;
  /** What a person should know about it ("3 of 12 photographs are turned against their tag"). */
  readonly notes: readonly string[];
}

/**
 * A georeference. Pixel positions are continuous with pixel centres at half integers, so that the
 * picture spans [0, width] × [0, height].
 */
export interface GeoReference {
  /** For messages: "EPSG:32615", "centre 46.8,-92.0 at 0.5 m". */
  readonly name: string;
  /** Metres of ground per pixel, at the middle of the picture. */
  readonly gsdM: number;
  /** Position of a pixel in degrees. */
  wgsFromPixel(xPx: number, yPx: number): { latitudeDeg: number; longitudeDeg: number };
  /** NaN where the projection does not reach. */
  pixelFromWgs(latitudeDeg: number, longitudeDeg: number): readonly [xPx: number, yPx: number];
}

/** Pixels of a window of a picture, RGB; `mask` has 0 where there is no picture (null: all valid). */
export interface RasterWindow {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly mask: Uint8Array<ArrayBuffer> | null;
}

/** A picture that is read window by window, so that its size is no matter of memory. */
export interface RasterReader extends AsyncDisposable {
  readonly widthPx: number;
  readonly heightPx: number;
  read(
    window: {
      readonly leftPx: number;
      readonly topPx: number;
      readonly widthPx: number;
      readonly heightPx: number;
    },
  ): Promise<RasterWindow>;
}

export interface ImportOptions {
  /** Zoom to resample to; null: the nearest to the imagery's ground sample distance. */
  readonly zoom: number | null;
  /** Source name of the tiles (part of their key). */
  readonly source: string;
  readonly capturedAt: Date | null;
  readonly attribution: string;
}

export interface ImportSummary {
  readonly zoom: number;
  readonly source: string;
  /** New tiles in the store. */
  readonly written: number;
  /** Tiles that were there already and were left as they are. */
  readonly kept: number;
  /** Candidates without a pixel. */
  readonly empty: number;
  /** Of the written tiles: those that the imagery does not fill. */
  readonly partial: number;
  readonly bytes: number;
  /** Tiles that the store does not take: too old for their sector. */
  readonly refused: number;
  /** The first of them. */
  readonly refusals: readonly RefusedTile[];
  readonly gsdM: number;
  /** Box around all tiles that hold pixels; null when there are none. */
  readonly bounds: {
    readonly southDeg: number;
    readonly westDeg: number;
    readonly northDeg: number;
    readonly eastDeg: number;
  } | null;
  readonly notes: readonly string[];
}
