/**
 * Determines which part of the world the map shows.
 *
 * @module
 */
import {
  clampMercatorLatitudeDeg,
  groundSampleDistanceM,
  TILE_SIZE_PX,
  wgsFromWorldPixel,
  worldPixelFromWgs,
  wrapDegrees,
} from "../../core/mod.ts";
import type { MapFrame, ReportPosition } from "./contract.ts";
import type { Point } from "./svg.ts";

/** Longer side of the picture. */
export const SIDE_PX_MAX = 1400;
/** Margin around the track, as a share of its longer side. */
const MARGIN = 0.12;
const MARGIN_MIN_PX = 200;
/** Smallest ratio of the shorter to the longer side. */
const ASPECT_MIN = 0.5;
/** Positions much further out than nearly all others do not enlarge the map. */
const OUTLIERS = 0.02;
const OUTLIER_ROOM_MIN_PX = 1000;

/** @throws RangeError when there is no position. */
export function mapFrame(
  positions: readonly ReportPosition[],
  zoom: number,
  sidePxMax = SIDE_PX_MAX,
): MapFrame {
  if (positions.length === 0) throw new RangeError("a map needs at least one position");
  const worldPx = TILE_SIZE_PX * 2 ** zoom;
  const [reference] = positions;
  const points = positions.map((position) => worldPoint(position, zoom, reference));
  const [west, east] = extent(points.map(([x]) => x));
  const [north, south] = extent(points.map(([, y]) => y));
  const margin = Math.max(MARGIN_MIN_PX, MARGIN * Math.max(east - west, south - north));
  const longer = Math.max(east - west, south - north) + 2 * margin;
  const width = Math.min(worldPx, Math.max(east - west + 2 * margin, ASPECT_MIN * longer));
  const height = Math.max(south - north + 2 * margin, ASPECT_MIN * longer);
  const scale = Math.min(1, sidePxMax / longer);
  const middleX = (west + east) / 2, middleY = (north + south) / 2;
  const originX = Math.floor(middleX - width / 2), originY = Math.floor(middleY - height / 2);
  const latitudeDeg = clampMercatorLatitudeDeg(reference.latitudeDeg);
  return {
    widthPx: Math.max(1, Math.round(width * scale)),
    heightPx: Math.max(1, Math.round(height * scale)),
    zoom,
    originX,
    originY,
    scale,
    metresPerPx: groundSampleDistanceM(latitudeDeg, zoom) / scale,
  };
}

/** Picture pixel of a position; the nearer one where the world's edge lies between. */
export function mapPixel(map: MapFrame, position: ReportPosition): Point {
  const worldPx = TILE_SIZE_PX * 2 ** map.zoom;
  const { x, y } = worldPixel(position, map.zoom);
  const middleX = map.originX + map.widthPx / map.scale / 2;
  const nearX = x + worldPx * Math.round((middleX - x) / worldPx);
  return [(nearX - map.originX) * map.scale, (y - map.originY) * map.scale];
}

/** Tiles that the map shows, row by row; x may be beyond the world's edge. */
export function tilesOf(map: MapFrame): { xMin: number; xMax: number; yMin: number; yMax: number } {
  const last = 2 ** map.zoom - 1;
  const tile = (px: number) => Math.floor(px / TILE_SIZE_PX);
  return {
    xMin: tile(map.originX),
    xMax: tile(map.originX + map.widthPx / map.scale),
    yMin: Math.max(0, tile(map.originY)),
    yMax: Math.min(last, tile(map.originY + map.heightPx / map.scale)),
  };
}

/** Bounds of the map in degrees; west is over east where it crosses the antimeridian. */
export function mapBounds(map: MapFrame) {
  const worldPx = TILE_SIZE_PX * 2 ** map.zoom;
  const inside = (y: number) => Math.max(0, Math.min(worldPx, y));
  const wrapped = (x: number) => x - worldPx * Math.floor(x / worldPx);
  const width = map.widthPx / map.scale, height = map.heightPx / map.scale;
  const northWest = wgsFromWorldPixel(
    { x: wrapped(map.originX), y: inside(map.originY) },
    map.zoom,
  );
  const southEast = wgsFromWorldPixel(
    { x: wrapped(map.originX + width), y: inside(map.originY + height) },
    map.zoom,
  );
  const everywhere = width >= worldPx;
  return {
    southDeg: southEast.latitudeDeg,
    westDeg: everywhere ? -180 : northWest.longitudeDeg,
    northDeg: northWest.latitudeDeg,
    eastDeg: everywhere ? 180 : southEast.longitudeDeg,
  };
}

function worldPoint(position: ReportPosition, zoom: number, reference: ReportPosition): Point {
  const worldPx = TILE_SIZE_PX * 2 ** zoom;
  const from = worldPixel(reference, zoom);
  const { y } = worldPixel(position, zoom);
  const east = wrapDegrees(position.longitudeDeg - reference.longitudeDeg);
  return [from.x + east / 360 * worldPx, y];
}

function worldPixel({ latitudeDeg, longitudeDeg }: ReportPosition, zoom: number) {
  return worldPixelFromWgs({
    latitudeDeg: clampMercatorLatitudeDeg(latitudeDeg),
    longitudeDeg: wrapDegrees(longitudeDeg),
  }, zoom);
}

/** The range of the values, without outliers far away from nearly all others. */
function extent(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  const low = at(OUTLIERS), high = at(1 - OUTLIERS);
  const room = Math.max(high - low, OUTLIER_ROOM_MIN_PX);
  const first = sorted.find((value) => value >= low - room) ?? low;
  const last = sorted.findLast((value) => value <= high + room) ?? high;
  return [first, last];
}
