/**
 * Tile ids of PMTiles: the tiles of all lower zooms, then the place on the zoom's Hilbert curve.
 *
 * Source: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md, and for the curve
 * https://en.wikipedia.org/wiki/Hilbert_curve
 *
 * @module
 */
import type { SlippyTile } from "../../../../core/mod.ts";

/** Exact up to zoom 25: below 2^53. */
export function tileIdOf(tile: SlippyTile): number {
  let { x, y } = tile;
  let id = (4 ** tile.zoom - 1) / 3;
  for (let side = 2 ** tile.zoom / 2; side >= 1; side /= 2) {
    const right = (x & side) > 0 ? 1 : 0, down = (y & side) > 0 ? 1 : 0;
    id += side * side * ((3 * right) ^ down);
    [x, y] = turned(side, x & (side - 1), y & (side - 1), right, down);
  }
  return id;
}

export function tileOfId(id: number): SlippyTile {
  let zoom = 0, first = 0;
  for (; id >= first + 4 ** zoom; zoom++) first += 4 ** zoom;
  let rest = id - first, x = 0, y = 0;
  for (let side = 1; side < 2 ** zoom; side *= 2) {
    const right = Math.floor(rest / 2) % 2, down = (rest % 2) ^ right;
    [x, y] = turned(side, x, y, right, down);
    x += side * right;
    y += side * down;
    rest = Math.floor(rest / 4);
  }
  return { zoom, x, y };
}

/** The quarter's own curve is flipped so that its ends meet its neighbours'. */
function turned(
  side: number,
  x: number,
  y: number,
  right: number,
  down: number,
): readonly [number, number] {
  if (down === 1) return [x, y];
  return right === 1 ? [side - 1 - y, side - 1 - x] : [y, x];
}
