/**
 * Ties of two photographs by features that both show: however far apart their tags put them, and in whatever
 * direction.
 *
 * @module
 */
import {
  estimateHomography,
  LOCAL_DESCRIPTOR_LENGTH,
  matchFeatures,
} from "../../../native/vision/mod.ts";
import type { GroundPosition } from "../../orthorectification/mod.ts";
import type { TileToolkit } from "./canvas.ts";
import type { GroundFeatures } from "./photograph_raster.ts";
import type { Tie } from "./tie_adjustment.ts";

/** Lowe's ratio test. */
const RATIO_MAX = 0.85;
/** Pairs of features that agree; by chance a dozen do. */
const INLIERS_MIN = 20;
/** MAGSAC++, cells: tilt and what stands above the ground bend what a homography keeps straight. */
const THRESHOLD_CELLS = 3;
/** Tags may be wrong by so much between two photographs: share of the short side, degrees, scale. */
const SHIFT_SHARE_MAX = 0.7;
const TURN_MAX_DEG = 30;
const SCALE_MAX = 1.25;
/** One tie for each of so many parts of the overlap each way. */
const PARTS = 5;

interface FeaturePair {
  readonly first: number;
  readonly second: number;
  readonly a: GroundFeatures;
  readonly b: GroundFeatures;
}

/** Empty where too few features agree on one small correction of the tags. */
export async function featureTies(
  { first, second, a, b }: FeaturePair,
  { gsdM, shortSideM }: { readonly gsdM: number; readonly shortSideM: number },
  { features }: Pick<TileToolkit, "features">,
): Promise<readonly Tie[]> {
  const { count, pairs } = await matchFeatures(
    features,
    { descriptors: a.descriptors, positions: a.pointsM },
    { descriptors: b.descriptors, positions: b.pointsM },
    { length: LOCAL_DESCRIPTOR_LENGTH, radius: SHIFT_SHARE_MAX * shortSideM, ratio: RATIO_MAX },
  );
  if (count < INLIERS_MIN) return [];
  const pick = (points: Float32Array, side: 0 | 1) =>
    Array.from({ length: count }, (_, i): GroundPosition => {
      const at = 2 * pairs[2 * i + side];
      return [points[at], points[at + 1]];
    });
  const inA = pick(a.pointsM, 0), inB = pick(b.pointsM, 1);
  const cells = (points: readonly GroundPosition[]) =>
    Float64Array.from(points.flatMap(([east, north]) => [east / gsdM, north / gsdM]));
  const found = await estimateHomography(features, cells(inA), cells(inB), {
    thresholdPx: THRESHOLD_CELLS,
  });
  if (found === null || found.inliers < INLIERS_MIN) return [];
  const agreed = [...found.inlierMask.keys()].filter((i) => found.inlierMask[i] !== 0);
  const ties = agreed.map((i): Tie => ({ first, second, firstM: inA[i], secondM: inB[i] }));
  return isSmall(ties, shortSideM) ? spread(ties) : [];
}

/** Whether the similarity that takes the first into the second is one that wrong tags explain. */
function isSmall(ties: readonly Tie[], shortSideM: number): boolean {
  const mean = (points: readonly GroundPosition[]): GroundPosition => [
    points.reduce((sum, [east]) => sum + east, 0) / points.length,
    points.reduce((sum, [, north]) => sum + north, 0) / points.length,
  ];
  const [aEast, aNorth] = mean(ties.map(({ firstM }) => firstM));
  const [bEast, bNorth] = mean(ties.map(({ secondM }) => secondM));
  let dot = 0, cross = 0, squares = 0;
  for (const { firstM, secondM } of ties) {
    const e = firstM[0] - aEast, n = firstM[1] - aNorth;
    const f = secondM[0] - bEast, o = secondM[1] - bNorth;
    dot += e * f + n * o;
    cross += e * o - n * f;
    squares += e * e + n * n;
  }
  const scale = Math.hypot(dot, cross) / Math.max(squares, 1e-9);
  const turnDeg = Math.abs(Math.atan2(cross, dot)) * 180 / Math.PI;
  return turnDeg <= TURN_MAX_DEG && scale <= SCALE_MAX && scale >= 1 / SCALE_MAX &&
    Math.hypot(bEast - aEast, bNorth - aNorth) <= SHIFT_SHARE_MAX * shortSideM;
}

/** The middle one of each part of the overlap: a corner full of features counts no more than another. */
function spread(ties: readonly Tie[]): readonly Tie[] {
  const east = ties.map(({ firstM }) => firstM[0]), north = ties.map(({ firstM }) => firstM[1]);
  const west = Math.min(...east), south = Math.min(...north);
  const stepE = (Math.max(...east) - west) / PARTS + 1e-6;
  const stepN = (Math.max(...north) - south) / PARTS + 1e-6;
  const parts = Map.groupBy(
    ties,
    ({ firstM }) =>
      PARTS * Math.floor((firstM[1] - south) / stepN) + Math.floor((firstM[0] - west) / stepE),
  );
  return [...parts.values()].map((part) => {
    const shift = ({ firstM, secondM }: Tie) =>
      Math.hypot(secondM[0] - firstM[0], secondM[1] - firstM[1]);
    const ordered = [...part].sort((a, b) => shift(a) - shift(b));
    return ordered[ordered.length >> 1];
  });
}
