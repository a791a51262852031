/**
 * Metrics of the tiles that flights made (criterion N7), and their table.
 *
 * @module
 */
import { largest, percentile, share } from "../../../src/core/mod.ts";
import { aligned } from "../aligned.ts";
import type { TilePlacement } from "./placement.ts";

/** N7: misplaced by over 30 m under 1 %, over 100 m under 0.1 %. */
export const N7_LIMITS = [{ overM: 30, shareMax: 0.01 }, { overM: 100, shareMax: 0.001 }] as const;

export interface TileMetrics {
  readonly tiles: number;
  readonly poseMP50: number | null;
  readonly poseMP95: number | null;
  readonly poseMMax: number | null;
  readonly pictures: number;
  readonly ambiguous: number;
  readonly beyondGround: number;
  /** Of the correlation's best peak: medians, and what 95 % of the tiles exceed. */
  readonly scoreP50: number | null;
  readonly scoreP05: number | null;
  readonly marginP50: number | null;
  readonly marginP05: number | null;
  readonly pictureMP50: number | null;
  readonly pictureMP95: number | null;
  readonly pictureMMax: number | null;
  /** Distance between the two results for the same tile's centre. */
  readonly disagreementMP95: number | null;
  readonly disagreementMMax: number | null;
  /** By the worse of the two results; null without tiles. */
  readonly over30: number | null;
  readonly over100: number | null;
  /** Share of tiles that lie within the bound that the aircraft gave them, by pose. */
  readonly withinBound: number | null;
}

export function tileMetrics(placements: readonly TilePlacement[]): TileMetrics {
  const byPose = placements.flatMap(({ byPoseM }) => byPoseM ?? []);
  const byPicture = placements.flatMap(({ byPictureM }) => byPictureM ? [length(byPictureM)] : []);
  const disagreements = placements.flatMap(({ byPictureM: a, centreByPoseM: b }) =>
    a && b ? [Math.hypot(a[0] - b[0], a[1] - b[1])] : []
  );
  const worst = placements.map(worstOf);
  const peaks = placements.flatMap(({ peak }) => peak ?? []);
  const scores = peaks.map(({ score }) => score), margins = peaks.map(({ margin }) => margin);
  return {
    tiles: placements.length,
    poseMP50: percentile(byPose, 0.5),
    poseMP95: percentile(byPose, 0.95),
    poseMMax: largest(byPose),
    pictures: byPicture.length,
    ambiguous: placements.filter(({ picture }) => picture === "ambiguous").length,
    beyondGround: placements.filter(({ picture }) => picture === "beyond the ground").length,
    scoreP50: percentile(scores, 0.5),
    scoreP05: percentile(scores, 0.05),
    marginP50: percentile(margins, 0.5),
    marginP05: percentile(margins, 0.05),
    pictureMP50: percentile(byPicture, 0.5),
    pictureMP95: percentile(byPicture, 0.95),
    pictureMMax: largest(byPicture),
    disagreementMP95: percentile(disagreements, 0.95),
    disagreementMMax: largest(disagreements),
    over30: share(worst, (metres) => metres > N7_LIMITS[0].overM),
    over100: share(worst, (metres) => metres > N7_LIMITS[1].overM),
    withinBound: share(
      placements.filter(({ byPoseM }) => byPoseM !== null),
      ({ byPoseM, made }) => (byPoseM ?? Infinity) <= made.boundM,
    ),
  };
}

/** A tile that neither way can measure counts as lost. */
function worstOf({ byPoseM, byPictureM }: TilePlacement): number {
  if (byPoseM === null && byPictureM === null) return Infinity;
  return Math.max(byPoseM ?? 0, byPictureM ? length(byPictureM) : 0);
}

function length([east, north]: readonly [number, number]): number {
  return Math.hypot(east, north);
}

/** Missed parts of N7 as text; a flight without tiles misses nothing. */
export function missedPlacement({ over30, over100 }: TileMetrics): string[] {
  const shares = [over30, over100];
  return N7_LIMITS.flatMap(({ overM, shareMax }, i) => {
    const value = shares[i];
    return value !== null && value >= shareMax
      ? [`N7: ${(100 * value).toFixed(2)} % of the tiles misplaced by over ${overM} m`]
      : [];
  });
}

const metres = (value: number | null) => value === null ? "–" : value.toFixed(2);
const percent = (value: number | null, digits = 0) =>
  value === null ? "–" : `${(100 * value).toFixed(digits)} %`;

const COLUMNS: readonly { readonly title: string; value(m: TileMetrics): string }[] = [
  { title: "tiles", value: (m) => String(m.tiles) },
  { title: "pose p50 m", value: (m) => metres(m.poseMP50) },
  { title: "p95 m", value: (m) => metres(m.poseMP95) },
  { title: "max m", value: (m) => metres(m.poseMMax) },
  { title: "in bound", value: (m) => percent(m.withinBound) },
  { title: "pictures", value: (m) => String(m.pictures) },
  { title: "ambiguous", value: (m) => String(m.ambiguous) },
  { title: "beyond", value: (m) => String(m.beyondGround) },
  { title: "peak p5", value: (m) => metres(m.scoreP05) },
  { title: "margin p5", value: (m) => metres(m.marginP05) },
  { title: "picture p50 m", value: (m) => metres(m.pictureMP50) },
  { title: "p95 m", value: (m) => metres(m.pictureMP95) },
  { title: "max m", value: (m) => metres(m.pictureMMax) },
  { title: "differ p95 m", value: (m) => metres(m.disagreementMP95) },
  { title: "differ max m", value: (m) => metres(m.disagreementMMax) },
  { title: "> 30 m", value: (m) => percent(m.over30, 2) },
  { title: "> 100 m", value: (m) => percent(m.over100, 2) },
];

/** A table with one row per name. */
export function tilesTable(rows: readonly { name: string; metrics: TileMetrics }[]): string[] {
  return aligned([
    ["tiles made by", ...COLUMNS.map((column) => column.title)],
    ...rows.map((row) => [row.name, ...COLUMNS.map((column) => column.value(row.metrics))]),
  ]);
}
