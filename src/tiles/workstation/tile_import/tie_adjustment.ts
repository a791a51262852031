/**
 * Adjusts the poses of photographs so that tie points between them agree on the ground: weighted
 * least squares over a small shift, rotation and scale of each photograph, with priors from its
 * tags.
 *
 * A point at g (from the centre m of photograph i) moves to g + t_i + θ_i J (g − m_i) + σ_i (g −
 * m_i) + σ (g − m_i) + τ v_i with J a quarter turn clockwise, v_i the velocity, τ the time by which the positions of
 * all are too old and σ what all heights, or the focal length, are wrong by alike; a tie between i and j requires both moved points to be equal. The normal equations are solved by conjugate gradients; Huber weights reduce the influence
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
  /** Relative change of scale around the centre, what all have in common included. */
  readonly growth: number;
}

/** The time by which tagged positions are older than the exposures: one for all photographs. */
interface AdjustedLag {
  readonly lagS: number;
  readonly sigmaS: number;
}

interface AdjustmentSigmas {
  readonly positionM: number;
  readonly turnRad: number;
  readonly growth: number;
  /** Of all photographs alike: height of the ground, focal length. */
  readonly commonGrowth: number;
  readonly tieM: number;
  readonly lagS: number;
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
  growth: 0.03,
  commonGrowth: 0.05,
  tieM: 1,
  lagS: 0.7,
};

const ROUNDS = 6;
const HUBER_SIGMAS = 2;
/** The ties of two photographs err together (tilt, relief): two dozen count as four. */
const TIE_SHARE = 1 / 6;
/** …so that what positions know of their scale together weighs more than its sigma says. */
const LAYOUT_SHARE = 0.25;
/** Median length of a vector of two standard normal numbers. */
const RAYLEIGH_MEDIAN = Math.sqrt(2 * Math.LN2);

interface AdjustedPhotographs {
  readonly adjustments: readonly Adjustment[];
  readonly lag: AdjustedLag;
  /** Median distance of the ties: as tagged, with the lag alone taken out, and after all. */
  readonly medianBeforeM: number;
  readonly medianWithoutLagM: number;
  readonly medianAfterM: number;
}

/** `velocitiesMps`: of each photograph, east and north; 0, 0 where it is not known. */
export function adjust(
  middlesM: readonly GroundPosition[],
  ties: readonly Tie[],
  sigmas: AdjustmentSigmas = SIGMAS_DEFAULT,
  velocitiesMps: readonly GroundPosition[] = middlesM.map(() => [0, 0] as const),
): AdjustedPhotographs {
  // Columns scaled by their prior sigmas, so that the prior is the identity.
  const scales = [sigmas.positionM, sigmas.positionM, sigmas.turnRad, sigmas.growth];
  const rows = ties.flatMap((tie) => tieRows(tie, { middlesM, velocitiesMps, scales, sigmas }));
  const size = 4 * middlesM.length + 2, lagAt = size - 2, growthAt = size - 1;
  const layout = layoutScale(middlesM, size, sigmas);
  let solution = new Float64Array(size);
  let weights: readonly number[] = rows.map(() => 1);
  for (let round = 0; round < ROUNDS; round++) {
    weights = rows.map((row) => {
      const residual = Math.abs(residualOf(row, solution));
      return TIE_SHARE * (residual <= HUBER_SIGMAS ? 1 : HUBER_SIGMAS / residual);
    });
    solution = solve(rows, weights, layout, rightOf(rows, weights, size));
  }
  const adjustments = middlesM.map((_, i) => ({
    eastM: solution[4 * i] * scales[0] + solution[lagAt] * sigmas.lagS * velocitiesMps[i][0],
    northM: solution[4 * i + 1] * scales[1] + solution[lagAt] * sigmas.lagS * velocitiesMps[i][1],
    turnRad: solution[4 * i + 2] * scales[2],
    growth: solution[4 * i + 3] * scales[3] + solution[growthAt] * sigmas.commonGrowth,
  }));
  // Its variance: its column of the inverse of the normal matrix.
  const unit = new Float64Array(size);
  unit[lagAt] = 1;
  const variance = solve(rows, weights, layout, unit)[lagAt];
  // Where the positions are worse than their prior so is what is known of the lag.
  const moved = median(
    middlesM.map((_, i) => Math.hypot(solution[4 * i], solution[4 * i + 1]) / RAYLEIGH_MEDIAN),
  ) ?? 0;
  const lagAlone = new Float64Array(size);
  lagAlone[lagAt] = solution[lagAt];
  return {
    adjustments,
    lag: {
      lagS: solution[lagAt] * sigmas.lagS,
      sigmaS: sigmas.lagS * Math.min(1, Math.sqrt(Math.max(0, variance)) * Math.max(1, moved)),
    },
    medianBeforeM: medianDistance(rows, new Float64Array(size)) * sigmas.tieM,
    medianWithoutLagM: medianDistance(rows, lagAlone) * sigmas.tieM,
    medianAfterM: medianDistance(rows, solution) * sigmas.tieM,
  };
}

/** One equation: coefficients of the unknowns of two photographs, of the lag and of the common scale, and the residual. */
interface Row {
  readonly at: readonly [number, number];
  /** Four of the first, four of the second. */
  readonly coefficients: readonly number[];
  readonly lag: number;
  readonly growth: number;
  readonly missing: number;
}

function tieRows(
  tie: Tie,
  { middlesM, velocitiesMps, scales, sigmas }: {
    readonly middlesM: readonly GroundPosition[];
    readonly velocitiesMps: readonly GroundPosition[];
    readonly scales: readonly number[];
    readonly sigmas: AdjustmentSigmas;
  },
): Row[] {
  const side = (point: GroundPosition, middle: GroundPosition, sign: number) => {
    const east = point[0] - middle[0], north = point[1] - middle[1];
    return [[1, 0, north, east], [0, 1, -east, north]]
      .map((row) => row.map((value, i) => sign * value * scales[i] / sigmas.tieM));
  };
  const first = side(tie.firstM, middlesM[tie.first], 1);
  const second = side(tie.secondM, middlesM[tie.second], -1);
  return [0, 1].map((axis) => ({
    at: [4 * tie.first, 4 * tie.second] as const,
    coefficients: [...first[axis], ...second[axis]],
    lag: (velocitiesMps[tie.first][axis] - velocitiesMps[tie.second][axis]) * sigmas.lagS /
      sigmas.tieM,
    growth: (first[axis][3] + second[axis][3]) / scales[3] * sigmas.commonGrowth,
    missing: (tie.secondM[axis] - tie.firstM[axis]) / sigmas.tieM,
  }));
}

function residualOf(row: Row, x: Float64Array): number {
  return product(row, x) - row.missing;
}

function product(row: Row, x: Float64Array): number {
  let sum = row.lag * x[x.length - 2] + row.growth * x[x.length - 1];
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
  to[to.length - 2] += factor * row.lag;
  to[to.length - 1] += factor * row.growth;
}

/** AᵀW b. */
function rightOf(rows: readonly Row[], weights: readonly number[], size: number): Float64Array {
  const right = new Float64Array(size);
  rows.forEach((row, i) => addTransposed(row, weights[i] * row.missing, right));
  return right;
}

/**
 * The equation by which the positions as a whole keep their scale: all tags together know it well. Without it ties
 * that do not fit (tilt, relief) are made shorter by drawing everything together.
 */
function layoutScale(
  middlesM: readonly GroundPosition[],
  size: number,
  { positionM }: AdjustmentSigmas,
): Float64Array {
  const count = middlesM.length;
  const mean = [0, 1].map((axis) => middlesM.reduce((sum, m) => sum + m[axis], 0) / count);
  const squares = middlesM.reduce(
    (sum, m) => sum + (m[0] - mean[0]) ** 2 + (m[1] - mean[1]) ** 2,
    0,
  );
  const row = new Float64Array(size);
  if (squares === 0) return row;
  // What the positions know of their scale, 1 sigma, were their errors independent.
  const sigma = LAYOUT_SHARE * positionM / Math.sqrt(squares);
  middlesM.forEach((m, i) => {
    for (const axis of [0, 1]) {
      row[4 * i + axis] = (m[axis] - mean[axis]) * positionM / (squares * sigma);
    }
  });
  return row;
}

/** Solves (I + AᵀWA + l lᵀ) x = right by conjugate gradients. */
function solve(
  rows: readonly Row[],
  weights: readonly number[],
  layout: Float64Array,
  right: Float64Array,
): Float64Array<ArrayBuffer> {
  const size = right.length;
  const x = new Float64Array(size);
  const residual = Float64Array.from(right);
  const direction = residual.slice();
  let squared = dot(residual, residual);
  const stop = 1e-16 * (squared + 1e-30);
  for (let iteration = 0; iteration < 20 * size && squared > stop; iteration++) {
    const image = direction.slice();
    rows.forEach((row, i) => addTransposed(row, weights[i] * product(row, direction), image));
    const stretch = dot(layout, direction);
    for (let i = 0; i < size; i++) image[i] += layout[i] * stretch;
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
