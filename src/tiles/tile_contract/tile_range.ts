/**
 * Computes which tiles a box in degrees touches.
 *
 * @module
 */
import {
  checkZoom,
  MERCATOR_LATITUDE_MAX_DEG,
  messageOf,
  TILE_SIZE_PX,
  worldPixelFromWgs,
} from "../../core/mod.ts";
import type { Bbox } from "./contract.ts";
import { TileMetadataError } from "./errors.ts";

/** Tolerance for rounding in the projection, in tiles: an edge on a tile's edge counts as on it. */
const EDGE = 1e-7;

/**
 * Inclusive tile numbers; a box over the antimeridian has two ranges of columns. A box beyond the
 * latitudes of slippy maps has no rows: yMax is less than yMin.
 */
export interface TileRange {
  readonly yMin: number;
  readonly yMax: number;
  readonly columns: readonly { readonly xMin: number; readonly xMax: number }[];
}

/** Throws {@link TileMetadataError} unless the box is valid: on Earth, south below north. */
export function checkBbox(bbox: Bbox): Bbox {
  const { southDeg, westDeg, northDeg, eastDeg } = bbox;
  const latitudesFit = southDeg >= -90 && northDeg <= 90 && southDeg <= northDeg;
  const longitudesFit = [westDeg, eastDeg].every((degrees) => Math.abs(degrees) <= 180);
  if (!latitudesFit || !longitudesFit) {
    throw new TileMetadataError(
      `Cannot use the box south ${southDeg}, west ${westDeg}, north ${northDeg}, east ${eastDeg}: ` +
        "south must not be greater than north, latitudes within ±90° and longitudes within ±180°",
    );
  }
  return bbox;
}

/**
 * Tiles that share more than an edge with the box (for a box without area, the tile of its point).
 * Latitudes beyond those of slippy maps are clipped; west > east is a box over the antimeridian.
 */
export function tileRange(bbox: Bbox, zoom: number): TileRange {
  const { southDeg, westDeg, northDeg, eastDeg } = checkBbox(bbox);
  try {
    checkZoom(zoom);
  } catch (error) {
    throw new TileMetadataError(messageOf(error), { cause: error });
  }
  const cut = (degrees: number) =>
    Math.max(-MERCATOR_LATITUDE_MAX_DEG, Math.min(MERCATOR_LATITUDE_MAX_DEG, degrees));
  const column = (longitudeDeg: number) =>
    worldPixelFromWgs({ latitudeDeg: 0, longitudeDeg }, zoom).x / TILE_SIZE_PX;
  const row = (latitudeDeg: number) =>
    worldPixelFromWgs({ latitudeDeg: cut(latitudeDeg), longitudeDeg: 0 }, zoom).y / TILE_SIZE_PX;
  const last = 2 ** zoom - 1;
  const range = (from: number, to: number) => {
    const first = Math.min(last, Math.max(0, Math.floor(from + EDGE)));
    return [first, Math.min(last, Math.max(first, Math.ceil(to - EDGE) - 1))];
  };
  const beyond = southDeg > MERCATOR_LATITUDE_MAX_DEG || northDeg < -MERCATOR_LATITUDE_MAX_DEG;
  const [yMin, yMax] = beyond ? [0, -1] : range(row(northDeg), row(southDeg));
  const spans = westDeg <= eastDeg
    ? [range(column(westDeg), column(eastDeg))]
    : [range(column(westDeg), last + 1), range(0, column(eastDeg))];
  return { yMin, yMax, columns: spans.map(([xMin, xMax]) => ({ xMin, xMax })) };
}
