import type { Bbox } from "../../tile_contract/mod.ts";

/** The smallest box, not over the antimeridian, with both in it. */
export function boundsAround(bounds: Bbox | null, box: Bbox): Bbox {
  if (bounds === null) return box;
  return {
    southDeg: Math.min(bounds.southDeg, box.southDeg),
    westDeg: Math.min(bounds.westDeg, box.westDeg),
    northDeg: Math.max(bounds.northDeg, box.northDeg),
    eastDeg: Math.max(bounds.eastDeg, box.eastDeg),
  };
}
