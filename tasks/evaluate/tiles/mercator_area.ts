/**
 * Positions of the pixels of a slippy tile, by the textbook formula: the measurement of tile
 * positions must not share code with what places them.
 *
 * Source: https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames
 *
 * @module
 */
import type { LocalFrame, SlippyTile } from "../../../src/core/mod.ts";

export const SIDE_PX = 256;

export type EastNorth = readonly [eastM: number, northM: number];

/** WGS84 of a point of the tile, in its pixels from its north-west corner (they may lie outside). */
export function wgsOfTilePoint(
  { zoom, x, y }: SlippyTile,
  [columnPx, rowPx]: readonly [number, number],
): { readonly latitudeDeg: number; readonly longitudeDeg: number } {
  const n = 2 ** zoom;
  const mercatorY = Math.PI * (1 - 2 * (y + rowPx / SIDE_PX) / n);
  return {
    latitudeDeg: Math.atan(Math.sinh(mercatorY)) * 180 / Math.PI,
    longitudeDeg: (x + columnPx / SIDE_PX) / n * 360 - 180,
  };
}

/** The same in a local frame of reference. */
export function groundOfTilePoint(
  tile: SlippyTile,
  frame: LocalFrame,
  point: readonly [number, number],
): EastNorth {
  const position = wgsOfTilePoint(tile, point);
  const [eastM, northM] = frame.localFromWgs({ ...position, heightM: frame.origin.heightM });
  return [eastM, northM];
}

/**
 * Local coordinates of points near the tile: bilinear between the corners of `reachPx` around it.
 * Over a few hundred metres this is accurate to millimetres.
 */
export function nearbyGround(
  tile: SlippyTile,
  frame: LocalFrame,
  reachPx: number,
): (columnPx: number, rowPx: number) => EastNorth {
  const low = -reachPx, span = SIDE_PX + 2 * reachPx;
  const corner = (i: number, j: number) =>
    groundOfTilePoint(tile, frame, [low + i * span, low + j * span]);
  const [nw, ne, sw, se] = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
  return (columnPx, rowPx) => {
    const u = (columnPx - low) / span, v = (rowPx - low) / span;
    const at = (axis: 0 | 1) =>
      (1 - v) * ((1 - u) * nw[axis] + u * ne[axis]) + v * ((1 - u) * sw[axis] + u * se[axis]);
    return [at(0), at(1)];
  };
}
