/**
 * Terrain from a grid of heights in the local frame.
 *
 * @module
 */
import type { Relief } from "../../native/vision/mod.ts";
import type { GroundPlane, Terrain } from "./contract.ts";

/** Posts each way that a plane is fitted to, and that a relief has at most. */
const PLANE_POSTS = 9;
const RELIEF_POSTS_MAX = 65;
const DIRECTIONS = 16;

export class GridTerrain implements Terrain {
  readonly #grid: Relief;

  /** `grid`: in the local frame, heights over its up = 0. */
  constructor(grid: Relief) {
    this.#grid = grid;
  }

  upM(eastM: number, northM: number): number {
    const { westM, southM, spacingM, columns, rows, upM } = this.#grid;
    const x = clamp((eastM - westM) / spacingM, columns - 1);
    const y = clamp((northM - southM) / spacingM, rows - 1);
    const i = Math.min(Math.floor(x), columns - 2), k = Math.min(Math.floor(y), rows - 2);
    const a = x - i, b = y - k, at = k * columns + i;
    return (1 - b) * ((1 - a) * upM[at] + a * upM[at + 1]) +
      b * ((1 - a) * upM[at + columns] + a * upM[at + columns + 1]);
  }

  plane(eastM: number, northM: number, radiusM: number): GroundPlane {
    // On a square grid around the place the three sums of least squares are independent.
    const half = (PLANE_POSTS - 1) / 2, stepM = radiusM / half;
    let up = 0, east = 0, north = 0, squares = 0;
    for (let k = -half; k <= half; k++) {
      for (let i = -half; i <= half; i++) {
        const height = this.upM(eastM + i * stepM, northM + k * stepM);
        up += height;
        east += i * height;
        north += k * height;
        squares += i * i;
      }
    }
    const scale = squares * stepM;
    return {
      upM: up / PLANE_POSTS ** 2,
      slopeEast: scale > 0 ? east / scale : 0,
      slopeNorth: scale > 0 ? north / scale : 0,
    };
  }

  differenceM(eastM: number, northM: number, distanceM: number): number {
    const hereM = this.upM(eastM, northM);
    let squares = 0;
    for (let i = 0; i < DIRECTIONS; i++) {
      const angle = 2 * Math.PI * i / DIRECTIONS;
      const thereM = this.upM(
        eastM + distanceM * Math.cos(angle),
        northM + distanceM * Math.sin(angle),
      );
      squares += (thereM - hereM) ** 2;
    }
    return Math.sqrt(squares / DIRECTIONS);
  }

  relief(eastM: number, northM: number, radiusM: number, planeUpM: number): Relief {
    const spacingM = Math.max(this.#grid.spacingM, 2 * radiusM / (RELIEF_POSTS_MAX - 1));
    const side = Math.max(2, Math.ceil(2 * radiusM / spacingM) + 1);
    const cornerM = -(side - 1) * spacingM / 2;
    const upM = new Float64Array(side * side);
    for (let k = 0, at = 0; k < side; k++) {
      for (let i = 0; i < side; i++, at++) {
        const east = eastM + cornerM + i * spacingM, north = northM + cornerM + k * spacingM;
        upM[at] = this.upM(east, north) - planeUpM;
      }
    }
    return { westM: cornerM, southM: cornerM, spacingM, columns: side, rows: side, upM };
  }
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
