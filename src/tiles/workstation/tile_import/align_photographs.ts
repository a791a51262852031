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
import { type GroundRaster, groundRaster } from "./photograph_raster.ts";
import {
  AS_TAGGED,
  middleOf,
  PhotographPixelCache,
  type PhotographSet,
  type Placement,
  viewOf,
} from "./photograph_set.ts";
import { adjust, SIGMAS_DEFAULT, type Tie } from "./tie_adjustment.ts";
import { type PairScores, voteTurns, voteTurnTogether } from "./turn_vote.ts";

/** Cells along a photograph's short side, for the check of headings and for measuring ties. */
const COARSE_CELLS = 48;
const FINE_CELLS = 320;
/**
 * Headings are judged by overlaps of a third of a photograph: of nine hundredths the best of 441 shifts of unlike
 * ground scores up to 0.7 (fixed-wing photographs of fields).
 */
const TURN_OVERLAP_CELLS_MIN = COARSE_CELLS * COARSE_CELLS * 4 / 9;
/** Share of the short side by which two tagged positions may disagree. */
const SHIFT_SHARE_MAX = 0.2;
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
  readonly medianTieBeforeM: number;
  readonly medianTieAfterM: number;
  /** By how much all of the map may be shifted, 1 sigma per axis, metres. */
  readonly registrationErrorM: number;
}

/** Median distance of two positions, in sigmas per axis of one: √2 of both, times 1.177 (Rayleigh). */
const MEDIAN_APART_SIGMAS = Math.SQRT2 * Math.sqrt(2 * Math.LN2);

export async function alignPhotographs(
  set: PhotographSet,
  toolkit: TileToolkit,
): Promise<Alignment> {
  const parts = { toolkit, cache: new PhotographPixelCache(toolkit) };
  const shortSideM = medianShortSideM(set);
  const pairs = neighbourPairs(set, shortSideM);
  const turns = await findTurns(set, pairs, shortSideM / COARSE_CELLS, parts);
  const ties = await measureTies(set, turns, shortSideM / FINE_CELLS, parts);
  const middles = set.photographs.map((photograph, i) =>
    middleOf(toolkit.lens, viewOf(photograph, turns.placements[i]))
  );
  const { adjustments, medianBeforeM, medianAfterM } = adjust(middles, ties, {
    ...SIGMAS_DEFAULT,
    positionM: positionSigmaM(set) ?? SIGMAS_DEFAULT.positionM,
  });
  const placements = turns.placements.map((placement, i): Placement => ({
    turnDeg: placement.turnDeg,
    headingDeg: adjustments[i].turnRad * 180 / Math.PI,
    eastM: adjustments[i].eastM,
    northM: adjustments[i].northM,
    heightScale: 1 + adjustments[i].growth,
  }));
  const turned = placements.flatMap((placement, i) => placement.turnDeg === 0 ? [] : [i]);
  const registrationErrorM = tagErrorM(set, ties.length === 0 ? null : medianBeforeM);
  return {
    placements,
    turned,
    medianTieBeforeM: medianBeforeM,
    medianTieAfterM: medianAfterM,
    registrationErrorM,
    notes: describe(set, turned, ties.length, medianBeforeM, medianAfterM, registrationErrorM),
  };
}

/**
 * How wrong the tags are, as their overlaps and the receiver say. The adjustment makes the photographs agree with
 * each other; what errors of a flight have in common (an old position at speed, a receiver's drift) it cannot see.
 */
export function tagErrorM(set: PhotographSet, medianApartM: number | null): number {
  const statedM = positionSigmaM(set) ?? (medianApartM === null ? SIGMAS_DEFAULT.positionM : 0);
  const errorM = Math.max(statedM, (medianApartM ?? 0) / MEDIAN_APART_SIGMAS);
  return Number(errorM.toFixed(2));
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
  ties: number,
  beforeM: number,
  afterM: number,
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
  notes.push(
    ties === 0
      ? "the photographs do not overlap enough to check their tags: heading and position are as tagged"
      : `${ties} ties between overlapping photographs: median ${beforeM.toFixed(2)} m apart as ` +
        `tagged, ${afterM.toFixed(2)} m after adjustment`,
  );
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
  gsdM: number,
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
      const whole = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
      if (!a || !b) return { score: -1, columns: 0, rows: 0, count: 0 };
      return bestShift(a, b, whole, { columns: 0, rows: 0, reach }, countMin);
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
    const peak = peaks[k][2 * turns[first] + turns[second]];
    return peak.score < PAIR_SCORE_MIN
      ? []
      : [{ first, second, eastM: peak.columns * gsdM, southM: peak.rows * gsdM }];
  });
  return { placements: turns.map((turn) => ({ ...AS_TAGGED, turnDeg: 180 * turn })), fits };
}

async function measureTies(
  set: PhotographSet,
  turns: Turns,
  gsdM: number,
  parts: Parts,
): Promise<Tie[]> {
  const rasters = new Map<number, GroundRaster | null>();
  const rasterOf = async (i: number): Promise<GroundRaster | null> => {
    const known = rasters.get(i);
    if (known !== undefined) return known;
    const raster = await groundRaster(set.photographs[i], turns.placements[i], gsdM, parts);
    rasters.set(i, raster);
    return raster;
  };
  const ties: Tie[] = [];
  for (const fit of turns.fits) {
    const a = await rasterOf(fit.first), b = await rasterOf(fit.second);
    if (a && b) ties.push(...tiesOfPair(a, b, fit, gsdM));
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
