/**
 * Adjusts the poses of photographs so that tie points between them agree on the ground: weighted
 * least squares over a small shift, rotation and scale of each photograph, with priors from its
 * tags.
 *
 * A point at g (from the centre m of photograph i) moves to g + t_i + θ_i J (g − m_i) + σ_i (g −
 * m_i) with J a quarter turn clockwise; a tie between i and j requires both moved points to be
 * equal. The normal equations are solved by conjugate gradients; Huber weights reduce the influence
 * of wrong ties.
 *
 * Source: W. Förstner, B. Wrobel, Photogrammetric Computer Vision, 2016, chapters 4 and 15.
 *
 * @module
 */
import { median } from "../../../core/mod.ts";
import type { GroundPosition } from "../../orthorectification/mod.ts";

/** The same ground point as seen in photographs `first` and `second`, local metres. */
export interface Tie {
  readonly first: number;
  readonly second: number;
  readonly firstM: GroundPosition;
  readonly secondM: GroundPosition;
}

interface Adjustment {
  readonly eastM: number;
  readonly northM: number;
  /** Clockwise. */
  readonly turnRad: number;
  /** Relative change of scale around the centre. */
  readonly growth: number;
}

interface AdjustmentSigmas {
  readonly positionM: number;
  readonly turnRad: number;
  readonly growth: number;
  readonly tieM: number;
}

/**
 * Priors for small aircraft: GPS within one flight, compass, barometer. Ties have larger sigmas
 * than their measurement error, because objects above the ground lean in the picture; scale is
 * constrained tightly, because shrinking everything always reduces the distances between wrong
 * ties.
 */
export const SIGMAS_DEFAULT: AdjustmentSigmas = {
  positionM: 1,
  turnRad: 0.06,
  growth: 0.01,
  tieM: 0.4,
};

const ROUNDS = 6;
const HUBER_SIGMAS = 2;

/** Adjustments of all photographs, and the median distance of the ties before and after. */
export function adjust(
  middlesM: readonly GroundPosition[],
  ties: readonly Tie[],
  sigmas: AdjustmentSigmas = SIGMAS_DEFAULT,
): { adjustments: readonly Adjustment[]; medianBeforeM: number; medianAfterM: number } {
  // Columns scaled by their prior sigmas, so that the prior is the identity.
  const scales = [sigmas.positionM, sigmas.positionM, sigmas.turnRad, sigmas.growth];
  const rows = ties.flatMap((tie) => tieRows(tie, middlesM, scales, sigmas.tieM));
  let solution = new Float64Array(4 * middlesM.length);
  for (let round = 0; round < ROUNDS; round++) {
    const weights = rows.map((row) => {
      const residual = Math.abs(residualOf(row, solution));
      return residual <= HUBER_SIGMAS ? 1 : HUBER_SIGMAS / residual;
    });
    solution = conjugateGradients(rows, weights, solution.length);
  }
  const adjustments = middlesM.map((_, i) => ({
    eastM: solution[4 * i] * scales[0],
    northM: solution[4 * i + 1] * scales[1],
    turnRad: solution[4 * i + 2] * scales[2],
    growth: solution[4 * i + 3] * scales[3],
  }));
  const zero = new Float64Array(solution.length);
  return {
    adjustments,
    medianBeforeM: medianDistance(rows, zero) * sigmas.tieM,
    medianAfterM: medianDistance(rows, solution) * sigmas.tieM,
  };
}

/** One equation: coefficients of the unknowns of two photographs, and the residual. */
interface Row {
  readonly at: readonly [number, number];
  /** Four of the first, four of the second. */
  readonly coefficients: readonly number[];
  readonly missing: number;
}

function tieRows(
  tie: Tie,
  middlesM: readonly GroundPosition[],
  scales: readonly number[],
  tieSigmaM: number,
): Row[] {
  const side = (point: GroundPosition, middle: GroundPosition, sign: number) => {
    const east = point[0] - middle[0], north = point[1] - middle[1];
    return [[1, 0, north, east], [0, 1, -east, north]]
      .map((row) => row.map((value, i) => sign * value * scales[i] / tieSigmaM));
  };
  const first = side(tie.firstM, middlesM[tie.first], 1);
  const second = side(tie.secondM, middlesM[tie.second], -1);
  return [0, 1].map((axis) => ({
    at: [4 * tie.first, 4 * tie.second] as const,
    coefficients: [...first[axis], ...second[axis]],
    missing: (tie.secondM[axis] - tie.firstM[axis]) / tieSigmaM,
  }));
}

function residualOf(row: Row, x: Float64Array): number {
  return product(row, x) - row.missing;
}

function product(row: Row, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    sum += row.coefficients[i] * x[row.at[0] + i] + row.coefficients[4 + i] * x[row.at[1] + i];
  }
  return sum;
}

function addTransposed(row: Row, factor: number, to: Float64Array): void {
  for (let i = 0; i < 4; i++) {
    to[row.at[0] + i] += factor * row.coefficients[i];
    to[row.at[1] + i] += factor * row.coefficients[4 + i];
  }
}

/** Solves (I + AᵀWA) x = AᵀW b. */
function conjugateGradients(
  rows: readonly Row[],
  weights: readonly number[],
  size: number,
): Float64Array<ArrayBuffer> {
  const x = new Float64Array(size);
  const residual = new Float64Array(size);
  rows.forEach((row, i) => addTransposed(row, weights[i] * row.missing, residual));
  const direction = residual.slice();
  let squared = dot(residual, residual);
  const stop = 1e-16 * (squared + 1e-30);
  for (let iteration = 0; iteration < 20 * size && squared > stop; iteration++) {
    const image = direction.slice();
    rows.forEach((row, i) => addTransposed(row, weights[i] * product(row, direction), image));
    const step = squared / dot(direction, image);
    for (let i = 0; i < size; i++) {
      x[i] += step * direction[i];
      residual[i] -= step * image[i];
    }
    const next = dot(residual, residual);
    for (let i = 0; i < size; i++) direction[i] = residual[i] + next / squared * direction[i];
    squared = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Rows come in pairs, east and north. */
function medianDistance(rows: readonly Row[], x: Float64Array): number {
  const distances: number[] = [];
  for (let i = 0; i + 1 < rows.length; i += 2) {
    distances.push(Math.hypot(residualOf(rows[i], x), residualOf(rows[i + 1], x)));
  }
  return median(distances) ?? 0;
}
