/**
 * Which pairs of points agree on one small correction of what was predicted: a shift, and within
 * bounds a turn and a change of scale. Every pair proposes its shift; the proposals with most
 * support are fitted. The second-best place is found on the way: its support is the level of chance,
 * or a look-alike.
 *
 * @module
 */

/** Points as predicted (a) and on the map (b): east, north of each, metres, in one frame. */
export interface PointPairs {
  readonly count: number;
  readonly a: Float64Array<ArrayBuffer>;
  readonly b: Float64Array<ArrayBuffer>;
}

/** b = scale · R(turn) · a + shift; turn clockwise seen from above, as headings count. */
export interface Similarity {
  readonly scale: number;
  readonly turnRad: number;
  readonly shiftEastM: number;
  readonly shiftNorthM: number;
}

export interface AgreementBounds {
  /** A pair agrees when it is at most this far off, metres. */
  readonly toleranceM: number;
  readonly turnMaxRad: number;
  /** Largest |ln scale|. */
  readonly scaleMax: number;
  /** Places at least this far apart are different ones, metres. */
  readonly separationM: number;
}

export interface Agreement {
  readonly similarity: Similarity;
  /** Indices of the pairs that agree. */
  readonly inliers: readonly number[];
  /** Pairs that agree on the best other place. */
  readonly secondInliers: number;
}

/** Shifts that are fitted for the best place, and for the best other one. */
const PROPOSALS_MAX = 4;
/** Fits go from a generous tolerance to the true one. */
const NARROWING = [3, 2, 1.4, 1, 1] as const;

/** null when no two pairs agree within the bounds. */
export function findAgreement(pairs: PointPairs, bounds: AgreementBounds): Agreement | null {
  const best = bestFit(pairs, bounds);
  if (best === null) return null;
  const second = bestElsewhere(pairs, best.similarity, bounds);
  return { ...best, secondInliers: second?.inliers.length ?? 0 };
}

/** The best place that is not `place`; null when no two pairs agree on one. */
export function bestElsewhere(
  pairs: PointPairs,
  place: Similarity,
  bounds: AgreementBounds,
): Fit | null {
  return bestFit(awayFrom(pairs, place, bounds.separationM), bounds);
}

/** The pairs that do not belong to a place. */
function awayFrom(pairs: PointPairs, place: Similarity, separationM: number): PointPairs {
  const others: number[] = [];
  for (let i = 0; i < pairs.count; i++) if (!isNear(pairs, i, place, separationM)) others.push(i);
  const take = (points: Float64Array) =>
    Float64Array.from(others.flatMap((i) => [points[2 * i], points[2 * i + 1]]));
  return { count: others.length, a: take(pairs.a), b: take(pairs.b) };
}

interface Fit {
  readonly similarity: Similarity;
  readonly inliers: readonly number[];
}

/** The fit with most inliers of the first few proposals that are apart from each other. */
function bestFit(pairs: PointPairs, bounds: AgreementBounds): Fit | null {
  let best: Fit | null = null;
  for (const start of apart(pairs, bySupport(pairs, bounds), bounds.separationM / 2)) {
    const fit = fitted(pairs, start, bounds);
    if (fit === null) continue;
    if (best === null || fit.inliers.length > best.inliers.length) best = fit;
  }
  return best;
}

/** All pairs by how many others propose nearly the same shift, most first. */
function bySupport({ count, a, b }: PointPairs, bounds: AgreementBounds): number[] {
  const slack = Math.hypot(Math.sin(Math.min(bounds.turnMaxRad, 1)), Math.expm1(bounds.scaleMax));
  const support = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < i; k++) {
      const baseM = Math.hypot(a[2 * i] - a[2 * k], a[2 * i + 1] - a[2 * k + 1]);
      const east = b[2 * i] - a[2 * i] - b[2 * k] + a[2 * k];
      const north = b[2 * i + 1] - a[2 * i + 1] - b[2 * k + 1] + a[2 * k + 1];
      if (Math.hypot(east, north) > 2 * bounds.toleranceM + slack * baseM) continue;
      support[i]++;
      support[k]++;
    }
  }
  return Array.from(support.keys()).sort((x, y) => support[y] - support[x] || x - y);
}

function apart({ a, b }: PointPairs, order: readonly number[], leastM: number): number[] {
  const chosen: number[] = [];
  for (const i of order) {
    if (chosen.length >= PROPOSALS_MAX) break;
    const isApart = chosen.every((k) =>
      Math.hypot(
        b[2 * i] - a[2 * i] - b[2 * k] + a[2 * k],
        b[2 * i + 1] - a[2 * i + 1] - b[2 * k + 1] + a[2 * k + 1],
      ) >= leastM
    );
    if (isApart) chosen.push(i);
  }
  return chosen;
}

function isNear(
  { a, b }: PointPairs,
  index: number,
  similarity: Similarity,
  withinM: number,
): boolean {
  const [east, north] = applySimilarity(similarity, a[2 * index], a[2 * index + 1]);
  return Math.hypot(b[2 * index] - east, b[2 * index + 1] - north) <= withinM;
}

function fitted(pairs: PointPairs, start: number, bounds: AgreementBounds): Fit | null {
  const { a, b } = pairs;
  let similarity: Similarity = {
    scale: 1,
    turnRad: 0,
    shiftEastM: b[2 * start] - a[2 * start],
    shiftNorthM: b[2 * start + 1] - a[2 * start + 1],
  };
  let inliers: number[] = [];
  for (const factor of NARROWING) {
    inliers = agreeing(pairs, similarity, factor * bounds.toleranceM);
    if (inliers.length < 2) return null;
    similarity = leastSquares(pairs, inliers, bounds);
  }
  inliers = agreeing(pairs, similarity, bounds.toleranceM);
  return inliers.length < 2 ? null : { similarity, inliers };
}

function agreeing(pairs: PointPairs, similarity: Similarity, toleranceM: number): number[] {
  const inliers: number[] = [];
  for (let i = 0; i < pairs.count; i++) {
    if (isNear(pairs, i, similarity, toleranceM)) inliers.push(i);
  }
  return inliers;
}

export function applySimilarity(
  { scale, turnRad, shiftEastM, shiftNorthM }: Similarity,
  eastM: number,
  northM: number,
): [eastM: number, northM: number] {
  const c = scale * Math.cos(turnRad), s = scale * Math.sin(turnRad);
  return [c * eastM + s * northM + shiftEastM, c * northM - s * eastM + shiftNorthM];
}

/**
 * Least squares over the chosen pairs (Umeyama, PAMI 1991, in the plane), turn and scale cut to
 * their bounds.
 */
export function leastSquares(
  { a, b }: PointPairs,
  chosen: readonly number[],
  bounds: Pick<AgreementBounds, "turnMaxRad" | "scaleMax">,
): Similarity {
  const middle = (points: Float64Array, axis: 0 | 1) =>
    chosen.reduce((sum, i) => sum + points[2 * i + axis], 0) / chosen.length;
  const aEast = middle(a, 0), aNorth = middle(a, 1), bEast = middle(b, 0), bNorth = middle(b, 1);
  let dot = 0, cross = 0, spread = 0;
  for (const i of chosen) {
    const e = a[2 * i] - aEast, n = a[2 * i + 1] - aNorth;
    const mapE = b[2 * i] - bEast, mapN = b[2 * i + 1] - bNorth;
    dot += e * mapE + n * mapN;
    cross += n * mapE - e * mapN;
    spread += e * e + n * n;
  }
  const cut = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  const turnRad = cut(Math.atan2(cross, dot), bounds.turnMaxRad);
  const found = spread > 0 ? Math.hypot(dot, cross) / spread : 1;
  const scale = Math.exp(cut(Math.log(Math.max(found, 1e-6)), bounds.scaleMax));
  const turned = applySimilarity({ scale, turnRad, shiftEastM: 0, shiftNorthM: 0 }, aEast, aNorth);
  return { scale, turnRad, shiftEastM: bEast - turned[0], shiftNorthM: bNorth - turned[1] };
}
