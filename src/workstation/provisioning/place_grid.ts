/**
 * Lists the places of a map: overlapping squares of ground, so that any view of the camera nearly
 * coincides with one.
 *
 * @module
 */
import type { LocalBounds } from "../../navigation/map/mod.ts";

export interface PlaceCentre {
  readonly eastM: number;
  readonly northM: number;
  readonly sideM: number;
}

/** Distance between neighbours as a share of the side. */
const PLACE_STRIDE = 1 / 3;

/** Centres north to south, west to east; the outermost squares touch the bounds. */
export function placeCentres(bounds: LocalBounds, sideM: number): PlaceCentre[] {
  const easts = spread(bounds.eastMinM, bounds.eastMaxM, sideM);
  const norths = spread(bounds.northMinM, bounds.northMaxM, sideM).reverse();
  return norths.flatMap((northM) => easts.map((eastM) => ({ eastM, northM, sideM })));
}

/** Sides that fit the map; when none fits, the largest square that does. */
export function fittingSides(bounds: LocalBounds, sidesM: readonly number[]): number[] {
  const extentM = Math.min(
    bounds.eastMaxM - bounds.eastMinM,
    bounds.northMaxM - bounds.northMinM,
  );
  const fitting = [...new Set(sidesM)].filter((side) => side <= extentM).sort((a, b) => a - b);
  return fitting.length > 0 ? fitting : [Math.floor(extentM * 10) / 10];
}

function spread(minimum: number, maximum: number, sideM: number): number[] {
  const first = minimum + sideM / 2, last = maximum - sideM / 2;
  if (last <= first) return [(minimum + maximum) / 2];
  const steps = Math.ceil((last - first) / (sideM * PLACE_STRIDE));
  return Array.from({ length: steps + 1 }, (_, i) => first + (last - first) * i / steps);
}
