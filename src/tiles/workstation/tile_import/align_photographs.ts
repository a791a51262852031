/**
 * Checks the pose tags of photographs against their overlaps: finds photographs turned by 180°,
 * then adjusts all poses slightly so that overlaps agree, while their mean position stays as
 * tagged.
 *
 * @module
 */
import { median } from "../../../core/mod.ts";
import type { GroundPosition } from "../../orthorectification/mod.ts";
import type { TileToolkit } from "./canvas.ts";
import { bestShift, overlapWindow, type Peak, refinePeak } from "./correlate.ts";
import { featureTies } from "./feature_ties.ts";
import { groundFeatures, type GroundRaster, groundRaster } from "./photograph_raster.ts";
import {
  AS_TAGGED,
  middleOf,
  type PhotographPixelCache,
  type PhotographSet,
  type Placement,
  viewOf,
} from "./photograph_set.ts";
import { adjust, SIGMAS_DEFAULT, type Tie } from "./tie_adjustment.ts";
import { type PairScores, voteTurns, voteTurnTogether } from "./turn_vote.ts";

/** Cells along a photograph's short side, for the check of headings and for measuring ties. */
const COARSE_CELLS = 48;
const FINE_CELLS = 320;
/** …and for finding features. */
const FEATURE_CELLS = 600;
/** Of each a megabyte of features. */
const PHOTOGRAPHS_KEPT_MAX = 128;
/**
 * Headings are judged by overlaps of a third of a photograph: of nine hundredths the best of 441 shifts of unlike
 * ground scores up to 0.7 (fixed-wing photographs of fields).
 */
const TURN_OVERLAP_CELLS_MIN = COARSE_CELLS * COARSE_CELLS * 4 / 9;
/** Share of the short side by which two tagged positions may disagree. */
const SHIFT_SHARE_MAX = 0.2;
/** Positions of photographs are no older than this. */
const LAG_MAX_S = 1;
/** With the right lag taken out the overlaps are this times as far apart, or nearer. */
const LAG_EXPLAINS_MAX = 0.8;
const WHOLE = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
const NEIGHBOURS_MAX = 6;
/** A pair with a lower correlation gives no ties. */
const PAIR_SCORE_MIN = 0.3;
const BLOCK_CELLS = 32;
const BLOCK_SCORE_MIN = 0.6;

/** Of RTK: the antenna is not the camera. */
const POSITION_SIGMA_MIN_M = 0.05;

interface Alignment {
  readonly placements: readonly Placement[];
  readonly notes: readonly string[];
  /** Indices of the photographs that are turned by 180° against their heading tag. */
  readonly turned: readonly number[];
  /** By how much all of the map may be shifted, 1 sigma per axis, metres. */
  readonly registrationErrorM: number;
}

/** Median distance of two positions, in sigmas per axis of one: √2 of both, times 1.177 (Rayleigh). */
const MEDIAN_APART_SIGMAS = Math.SQRT2 * Math.sqrt(2 * Math.LN2);

export async function alignPhotographs(
  set: PhotographSet,
  toolkit: TileToolkit,
  cache: PhotographPixelCache,
): Promise<Alignment> {
  const parts = { toolkit, cache };
  const shortSideM = medianShortSideM(set);
  const pairs = neighbourPairs(set, shortSideM);
  const velocities = velocitiesMps(set);
  const turns = await findTurns(set, pairs, { gsdM: shortSideM / COARSE_CELLS, velocities }, parts);
  const ties = await measureTies(set, { turns, pairs, shortSideM }, parts);
  const middles = set.photographs.map((photograph, i) =>
    middleOf(toolkit.lens, viewOf(photograph, turns.placements[i]))
  );
  const statedM = positionSigmaM(set);
  const adjustedFor = (positionM: number) =>
    adjustedWithLag(middles, ties, velocities, { ...SIGMAS_DEFAULT, positionM });
  let adjusted = adjustedFor(statedM ?? SIGMAS_DEFAULT.positionM);
  // What the overlaps are apart by tells how far positions may be moved.
  const apartM = adjusted.medianWithoutLagM / MEDIAN_APART_SIGMAS;
  if (apartM > (statedM ?? SIGMAS_DEFAULT.positionM)) adjusted = adjustedFor(apartM);
  const { adjustments } = adjusted;
  const placements = turns.placements.map((placement, i): Placement => ({
    turnDeg: placement.turnDeg,
    headingDeg: adjustments[i].turnRad * 180 / Math.PI,
    eastM: adjustments[i].eastM,
    northM: adjustments[i].northM,
    heightScale: 1 + adjustments[i].growth,
  }));
  const turned = placements.flatMap((placement, i) => placement.turnDeg === 0 ? [] : [i]);
  const hasTies = ties.length > 0;
  const speedMps = median(velocities.map((velocity) => Math.hypot(...velocity))) ?? 0;
  const registrationErrorM = tagErrorM(
    set,
    hasTies ? adjusted.medianWithoutLagM : null,
    adjusted.lag.sigmaS * speedMps,
  );
  return {
    placements,
    turned,
    registrationErrorM,
    notes: describe(set, turned, hasTies ? adjusted : null, registrationErrorM),
  };
}

/** The lag counts only where it explains a part of what the overlaps are apart: other errors look like one, too. */
function adjustedWithLag(
  middles: readonly GroundPosition[],
  ties: readonly Tie[],
  velocities: readonly GroundPosition[],
  sigmas: typeof SIGMAS_DEFAULT,
): ReturnType<typeof adjust> {
  const adjusted = adjust(middles, ties, sigmas, velocities);
  if (adjusted.medianWithoutLagM <= LAG_EXPLAINS_MAX * adjusted.medianBeforeM) return adjusted;
  const { lag: { sigmaS } } = adjusted;
  return { ...adjust(middles, ties, sigmas), lag: { lagS: 0, sigmaS } };
}

/**
 * How wrong the tags are, as their overlaps and the receiver say. The adjustment makes the photographs agree with
 * each other; what errors of a flight have in common (a receiver's drift) it cannot see. `medianApartM`: of the
 * overlaps, once the lag is taken out; `lagErrorM`: what that may be wrong by.
 */
export function tagErrorM(
  set: PhotographSet,
  medianApartM: number | null,
  lagErrorM = 0,
): number {
  const statedM = positionSigmaM(set) ?? (medianApartM === null ? SIGMAS_DEFAULT.positionM : 0);
  const apartM = (medianApartM ?? 0) / MEDIAN_APART_SIGMAS;
  return Number(Math.max(statedM, Math.hypot(apartM, lagErrorM)).toFixed(2));
}

/** Photographs so near in time are of one strip… */
const STRIP_INTERVAL_MAX_S = 30, STRIP_INTERVAL_MIN_S = 0.9;
/** …if the aircraft turns by less than this between them. */
const TURN_COSINE_MIN = 0.9;

/** By the tags of each photograph's neighbours in time; 0, 0 where there are none. */
function velocitiesMps({ photographs }: PhotographSet): GroundPosition[] {
  const between = (i: number, k: number): GroundPosition | null => {
    const [a, b] = [photographs[i], photographs[k]];
    if (a === undefined || b === undefined) return null;
    const [from, to] = [a, b].map(({ file }) => file.photograph.capturedAt?.getTime() ?? NaN);
    const seconds = (to - from) / 1000;
    if (!(seconds >= STRIP_INTERVAL_MIN_S && seconds <= STRIP_INTERVAL_MAX_S)) return null;
    return [0, 1].map((axis) =>
      (b.taggedPositionM[axis] - a.taggedPositionM[axis]) / seconds
    ) as unknown as GroundPosition;
  };
  return photographs.map((_, i) => {
    const before = between(i - 1, i), after = between(i, i + 1);
    if (before === null || after === null) return before ?? after ?? [0, 0];
    const cosine = (before[0] * after[0] + before[1] * after[1]) /
      (Math.hypot(...before) * Math.hypot(...after));
    if (cosine >= TURN_COSINE_MIN) return [(before[0] + after[0]) / 2, (before[1] + after[1]) / 2];
    // At a turn the way to the neighbour that is sooner is the straighter one: the faster of the two.
    return Math.hypot(...before) > Math.hypot(...after) ? before : after;
  });
}

/** The median of what the receiver states (RTK); null unless it does for every photograph. */
function positionSigmaM({ photographs }: PhotographSet): number | null {
  const stated = photographs.map(({ file }) => file.photograph.positionSigmaM);
  const known = stated.filter((sigmaM) => sigmaM !== null).sort((a, b) => a - b);
  if (known.length < stated.length) return null;
  return Math.max(POSITION_SIGMA_MIN_M, known[Math.floor(known.length / 2)]);
}

function describe(
  set: PhotographSet,
  turned: readonly number[],
  adjusted: ReturnType<typeof adjust> | null,
  errorM: number,
): string[] {
  const notes = [];
  if (turned.length > 0) {
    const names = turned.map((i) => set.photographs[i].file.photograph.name.split("/").at(-1));
    notes.push(
      `${turned.length} of ${set.photographs.length} photographs are turned by 180° against their ` +
        `heading tag, as two or more of their overlaps each show: ${names.slice(0, 20).join(", ")}${
          names.length > 20 ? ", …" : ""
        }`,
    );
  }
  if (adjusted === null) {
    notes.push(
      "the photographs do not overlap enough to check their tags: heading and position are as tagged",
    );
  } else {
    const { lag: { lagS, sigmaS }, medianBeforeM, medianWithoutLagM, medianAfterM } = adjusted;
    const metres = (value: number) => value.toFixed(2);
    notes.push(
      `ties between overlapping photographs: median ${metres(medianBeforeM)} m apart as ` +
        `tagged, ${metres(medianAfterM)} m after adjustment`,
    );
    if (Math.abs(lagS) > 2 * sigmaS) {
      notes.push(
        `positions by GPS are ${lagS.toFixed(2)} ± ${
          sigmaS.toFixed(2)
        } s older than the exposures; ` +
          `with that taken out the ties are ${metres(medianWithoutLagM)} m apart`,
      );
    }
  }
  if (errorM > 0) notes.push(`by its tags the map may be shifted by ${errorM} m (1 sigma)`);
  return notes;
}

function medianShortSideM(set: PhotographSet): number {
  const sides = set.photographs.map(({ heightM, file }) => {
    const { widthPx, heightPx, fxPx } = file.photograph.calibration;
    return heightM * Math.min(widthPx, heightPx) / fxPx;
  });
  return median(sides) ?? 0;
}

interface Parts {
  readonly toolkit: TileToolkit;
  readonly cache: PhotographPixelCache;
}

/** Pairs that may overlap: each photograph with its nearest neighbours. */
function neighbourPairs(set: PhotographSet, shortSideM: number): readonly [number, number][] {
  const pairs = new Map<string, [number, number]>();
  set.photographs.forEach((photograph, i) => {
    const [east, north] = photograph.taggedPositionM;
    set.photographs.map((other, j) => ({
      j,
      distanceM: Math.hypot(other.taggedPositionM[0] - east, other.taggedPositionM[1] - north),
    })).filter(({ j, distanceM }) => j !== i && distanceM < 1.5 * shortSideM)
      .sort((a, b) => a.distanceM - b.distanceM).slice(0, NEIGHBOURS_MAX)
      .forEach(({ j }) =>
        pairs.set(`${Math.min(i, j)} ${Math.max(i, j)}`, [
          Math.min(i, j),
          Math.max(i, j),
        ])
      );
  });
  return [...pairs.values()];
}

interface Turns {
  readonly placements: readonly Placement[];
  /** Pairs that overlap, with the best shift, metres east and south of the second. */
  readonly fits: readonly {
    readonly first: number;
    readonly second: number;
    readonly eastM: number;
    readonly southM: number;
  }[];
}

async function findTurns(
  set: PhotographSet,
  pairs: readonly [number, number][],
  { gsdM, velocities }: { readonly gsdM: number; readonly velocities: readonly GroundPosition[] },
  parts: Parts,
): Promise<Turns> {
  const rasters: (readonly (GroundRaster | null)[])[] = [];
  for (const photograph of set.photographs) {
    rasters.push([
      await groundRaster(photograph, AS_TAGGED, gsdM, parts),
      await groundRaster(photograph, { ...AS_TAGGED, turnDeg: 180 }, gsdM, parts),
    ]);
  }
  const reach = Math.ceil(SHIFT_SHARE_MAX * COARSE_CELLS);
  // At least a tenth of a photograph.
  const countMin = COARSE_CELLS * COARSE_CELLS / 8;
  const peaks = pairs.map(([first, second]) =>
    [[0, 0], [0, 1], [1, 0], [1, 1]].map(([s, t]): Peak => {
      const a = rasters[first][s], b = rasters[second][t];
      if (!a || !b) return { score: -1, columns: 0, rows: 0, count: 0 };
      return bestShift(a, b, WHOLE, { columns: 0, rows: 0, reach }, countMin);
    })
  );
  const votes = pairs.map(([first, second], k): PairScores => {
    const [a, b, c, d] = peaks[k].map(({ score, count }) =>
      count < TURN_OVERLAP_CELLS_MIN ? -1 : Math.max(0, score)
    );
    return { first, second, scores: [a, b, c, d] };
  });
  const isFixed = set.photographs.every(({ gimbal }) => gimbal.source === "airframe");
  const turns = isFixed
    ? new Array<0 | 1>(set.photographs.length).fill(voteTurnTogether(votes))
    : voteTurns(set.photographs.length, votes);
  const fits = pairs.flatMap(([first, second], k) => {
    const a = rasters[first][turns[first]], b = rasters[second][turns[second]];
    // Old positions of two that flew against each other are further apart.
    const lagM = LAG_MAX_S * Math.hypot(
      velocities[first][0] - velocities[second][0],
      velocities[first][1] - velocities[second][1],
    );
    const wide = Math.ceil(SHIFT_SHARE_MAX * COARSE_CELLS + lagM / gsdM);
    const peak = lagM < SHIFT_SHARE_MAX * COARSE_CELLS * gsdM / 2 || !a || !b
      ? peaks[k][2 * turns[first] + turns[second]]
      : bestShift(a, b, WHOLE, { columns: 0, rows: 0, reach: wide }, countMin);
    return peak.score < PAIR_SCORE_MIN
      ? []
      : [{ first, second, eastM: peak.columns * gsdM, southM: peak.rows * gsdM }];
  });
  return { placements: turns.map((turn) => ({ ...AS_TAGGED, turnDeg: 180 * turn })), fits };
}

/** By features; where two photographs share too few, block by block around the shift of their overlap. */
async function measureTies(
  set: PhotographSet,
  { turns: { placements, fits }, pairs, shortSideM }: {
    readonly turns: Turns;
    readonly pairs: readonly [number, number][];
    readonly shortSideM: number;
  },
  parts: Parts,
): Promise<Tie[]> {
  const kept = <T>(make: (i: number) => Promise<T>) => {
    const made = new Map<number, Promise<T>>();
    return (i: number): Promise<T> => {
      const value = made.get(i) ?? make(i);
      // Least recently used first.
      made.delete(i);
      made.set(i, value);
      if (made.size > PHOTOGRAPHS_KEPT_MAX) made.delete(made.keys().next().value!);
      return value;
    };
  };
  const gsdM = shortSideM / FINE_CELLS, featureGsdM = shortSideM / FEATURE_CELLS;
  const rasterOf = kept((i) => groundRaster(set.photographs[i], placements[i], gsdM, parts));
  const featuresOf = kept((i) =>
    groundFeatures(set.photographs[i], placements[i], featureGsdM, parts)
  );
  const ties: Tie[] = [];
  for (const [first, second] of pairs) {
    const [a, b] = [await featuresOf(first), await featuresOf(second)];
    const scale = { gsdM: featureGsdM, shortSideM };
    const found = a && b ? await featureTies({ first, second, a, b }, scale, parts.toolkit) : [];
    ties.push(...found);
    const fit = fits.find((other) => other.first === first && other.second === second);
    if (found.length > 0 || fit === undefined) continue;
    const [rasterA, rasterB] = [await rasterOf(first), await rasterOf(second)];
    if (rasterA && rasterB) ties.push(...tiesOfPair(rasterA, rasterB, fit, gsdM));
  }
  return ties;
}

/** Matches blocks of the overlap one by one around the shift of the whole. */
function tiesOfPair(
  a: GroundRaster,
  b: GroundRaster,
  fit: Turns["fits"][number],
  gsdM: number,
): Tie[] {
  const columns = Math.round(fit.eastM / gsdM), rows = Math.round(fit.southM / gsdM);
  const whole = overlapWindow(a, { ...b, column: b.column + columns, row: b.row + rows });
  const reach = Math.ceil(1.5 * FINE_CELLS / COARSE_CELLS);
  const stride = Math.max(BLOCK_CELLS, Math.ceil((whole.right - whole.left) / 8));
  const ties: Tie[] = [];
  const countMin = BLOCK_CELLS * BLOCK_CELLS * 0.9;
  for (let top = whole.top; top + BLOCK_CELLS <= whole.bottom; top += stride) {
    for (let left = whole.left; left + BLOCK_CELLS <= whole.right; left += stride) {
      const window = { left, top, right: left + BLOCK_CELLS, bottom: top + BLOCK_CELLS };
      const peak = bestShift(a, b, window, { columns, rows, reach }, countMin);
      const onEdge = Math.abs(peak.columns - columns) === reach ||
        Math.abs(peak.rows - rows) === reach;
      if (peak.score < BLOCK_SCORE_MIN || onEdge) continue;
      const fine = refinePeak(a, b, window, peak, countMin);
      const east = (left + BLOCK_CELLS / 2) * gsdM, north = -(top + BLOCK_CELLS / 2) * gsdM;
      ties.push({
        first: fit.first,
        second: fit.second,
        firstM: [east, north] as GroundPosition,
        secondM: [east - fine.columns * gsdM, north + fine.rows * gsdM] as GroundPosition,
      });
    }
  }
  return ties;
}
