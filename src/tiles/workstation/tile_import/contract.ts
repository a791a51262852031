/**
 * Types of tile import: imagery of any kind becomes 256×256 slippy JPEG tiles in a tile store.
 *
 * @module
 */
import type { SlippyTile } from "../../../core/mod.ts";
import type { NewTile, TileId, WriteOptions, WriteSummary } from "../../tile_contract/mod.ts";

/** The methods of a tile store that the import needs. */
export interface TileSink {
  tileExists(tileId: TileId): Promise<boolean>;
  /** Writes all of them or none. */
  writeTiles(tiles: readonly NewTile[], options?: WriteOptions): Promise<WriteSummary>;
}

/** One tile, ready to be stored. */
export interface PaintedTile {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** 0…1: how much of the tile the imagery covers; never 0. */
  readonly coverage: number;
}

/** Imagery with a known position on Earth. */
export interface Imagery extends AsyncDisposable {
  /** Metres of ground per pixel of the imagery. */
  readonly gsdM: number;
  /** Latitude at its middle, degrees. */
  readonly latitudeDeg: number;
  /** By how much all of it may be shifted by its datum, or by the tags of photographs, metres; 0: not known to be. */
  readonly registrationErrorM: number;
  /** Date of the imagery, when it states one itself. */
  readonly capturedAt: Date | null;
  /** Every tile that may contain a pixel of it, in an order that reads the imagery once. */
  tiles(zoom: number): readonly SlippyTile[];
  /** null when the tile contains no pixel of it. */
  paint(tile: SlippyTile): Promise<PaintedTile | null>;
  /** Notes for the user ("3 of 12 photographs are turned against their tag"). */
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
  /** By how much all positions may be shifted by the datum, metres; absent: not known to be. */
  readonly datumErrorM?: number;
  /** Position of a pixel in degrees. */
  wgsFromPixel(xPx: number, yPx: number): { latitudeDeg: number; longitudeDeg: number };
  /** NaN outside of the projection. */
  pixelFromWgs(latitudeDeg: number, longitudeDeg: number): readonly [xPx: number, yPx: number];
}

/** RGB pixels of a window of a picture; `mask` is 0 where there is no picture (null: all valid). */
export interface RasterWindow {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly mask: Uint8Array<ArrayBuffer> | null;
}

/** A picture that is read window by window, so that its size does not determine memory use. */
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

/** An entry that is no tile, or a tile that the store refuses; the import continues with the others. */
export interface RefusedTile {
  readonly name: string;
  readonly reason: string;
}

export interface ImportSummary {
  readonly zoom: number;
  readonly source: string;
  /** New tiles in the store. */
  readonly written: number;
  /** Tiles that existed already and were left unchanged. */
  readonly kept: number;
  /** Candidate tiles without a covered pixel. */
  readonly empty: number;
  /** Number of written tiles that the imagery covers only partly. */
  readonly partial: number;
  readonly bytes: number;
  /** Tiles that the store refuses: too old for their sector. */
  readonly refused: number;
  /** The first of them. */
  readonly refusals: readonly RefusedTile[];
  readonly gsdM: number;
  /** Box around all tiles with pixels; null when there are none. */
  readonly bounds: {
    readonly southDeg: number;
    readonly westDeg: number;
    readonly northDeg: number;
    readonly eastDeg: number;
  } | null;
  readonly notes: readonly string[];
}
