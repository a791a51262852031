/**
 * Measures how far the content of tiles made in flight is from the position that z/x/y states, in
 * two ways that share nothing but the tiles:
 *
 * - by pose: a ground point of the tile → its frame pixel by the estimated camera → the ground that
 *   the true camera saw in that pixel. The corners and the centre; the worst of them counts.
 * - by picture: the position on the true ground, around the tile's place, where the tile's picture
 *   correlates best. Tiles without one clear peak are counted as ambiguous.
 *
 * @module
 */
import sharp from "sharp";
import type { FrameLine } from "../../../src/airborne/json_lines.ts";
import { groundSampleDistanceM, type LocalFrame } from "../../../src/core/mod.ts";
import type { LensLibrary } from "../../../src/native/vision/mod.ts";
import { groundFromPixel, pixelFromGround } from "../../../src/tiles/orthorectification/mod.ts";
import type { GroundView } from "./ground_view.ts";
import type { MadeTile } from "./made_tiles.ts";
import { type EastNorth, groundOfTilePoint, SIDE_PX, wgsOfTilePoint } from "./mercator_area.ts";
import { averaged, type Raster, register } from "./registration.ts";
import type { FlightCameras } from "./true_cameras.ts";

/** Pixels of a tile averaged into one. */
const STEP_PX = 2;
/** The reference is drawn this much finer, then averaged, so that its detail does not alias. */
const FINER = 2;
/** Criteria of a clear peak. */
const SCORE_MIN = 0.5;
const MARGIN_MIN = 0.1;

export interface TilePlacement {
  readonly made: MadeTile;
  /** Worst corner by pose; null where the truth does not cover the frame. */
  readonly byPoseM: number | null;
  /** Displacement of the content at the centre by pose, east and north. */
  readonly centreByPoseM: EastNorth | null;
  /** null: beyond the known ground, or ambiguous. */
  readonly byPictureM: EastNorth | null;
  readonly picture: "clear" | "ambiguous" | "beyond the ground";
  /** Of the correlation's best peak; null where nothing was correlated. */
  readonly peak: { readonly score: number; readonly margin: number } | null;
}

export interface PlacementParts {
  readonly lens: LensLibrary;
  readonly ground: GroundView;
  readonly cameras: FlightCameras;
  /** Of the package that was flown on. */
  readonly packageFrame: LocalFrame;
  readonly lines: ReadonlyMap<number, FrameLine>;
  /** Misplacement up to this, east and north, can be seen in the picture. */
  readonly reachM: number;
}

export async function placementOf(made: MadeTile, parts: PlacementParts): Promise<TilePlacement> {
  const corners = [[0, 0], [SIDE_PX, 0], [0, SIDE_PX], [SIDE_PX, SIDE_PX]] as const;
  const centreByPoseM = displacementByPose(made, [SIDE_PX / 2, SIDE_PX / 2], parts);
  const all = [centreByPoseM, ...corners.map((point) => displacementByPose(made, point, parts))];
  const known = all.filter((one) => one !== null);
  const byPoseM = known.length === all.length
    ? Math.max(...known.map(([east, north]) => Math.hypot(east, north)))
    : null;
  return { made, byPoseM, centreByPoseM, ...await displacementByPicture(made, parts) };
}

/** True position of the content at a point of the tile minus its stated position. */
export function displacementByPose(
  { tile, frameSequence }: MadeTile,
  point: readonly [number, number],
  { lens, ground, cameras, packageFrame, lines }: PlacementParts,
): EastNorth | null {
  const line = lines.get(frameSequence);
  const trueView = line && cameras.trueView(line.timeNs, ground.frame);
  if (!line || !trueView) return null;
  const heightM = packageFrame.origin.heightM;
  const [east, north] = packageFrame.localFromWgs({ ...wgsOfTilePoint(tile, point), heightM });
  const believedView = cameras.believedView(line, packageFrame);
  const pixel = pixelFromGround(lens, believedView, [east, north], 0);
  const seen = pixel && groundFromPixel(lens, trueView, pixel, 0);
  if (!seen) return null;
  const said = groundOfTilePoint(tile, ground.frame, point);
  return [seen[0] - said[0], seen[1] - said[1]];
}

/** True position of the content at the centre by the picture, minus its stated position. */
export async function displacementByPicture(
  { tile, jpeg }: MadeTile,
  { ground, reachM }: Pick<PlacementParts, "ground" | "reachM">,
): Promise<Pick<TilePlacement, "byPictureM" | "picture" | "peak">> {
  if (!ground.shows(tile)) return { byPictureM: null, picture: "beyond the ground", peak: null };
  const { latitudeDeg } = wgsOfTilePoint(tile, [SIDE_PX / 2, SIDE_PX / 2]);
  const pixelM = groundSampleDistanceM(latitudeDeg, tile.zoom);
  const reach = Math.ceil(reachM / (pixelM * STEP_PX));
  const small = averaged(await greyTile(jpeg), STEP_PX);
  const fine = await ground.around(tile, reach * STEP_PX, STEP_PX / FINER);
  const found = register(small, averaged(fine, FINER), reach);
  const peak = found && { score: found.score, margin: found.margin };
  if (found === null || found.score < SCORE_MIN || found.margin < MARGIN_MIN) {
    return { byPictureM: null, picture: "ambiguous", peak };
  }
  // The content at the tile's centre is really this much further.
  const middle = SIDE_PX / 2;
  const said = groundOfTilePoint(tile, ground.frame, [middle, middle]);
  const real = groundOfTilePoint(tile, ground.frame, [
    middle + found.columnPx * STEP_PX,
    middle + found.rowPx * STEP_PX,
  ]);
  return { byPictureM: [real[0] - said[0], real[1] - said[1]], picture: "clear", peak };
}

/** Decoded by sharp, not by the library that encoded it. */
async function greyTile(jpeg: Uint8Array<ArrayBuffer>): Promise<Raster> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  return { widthPx: info.width, heightPx: info.height, grey: Float32Array.from(data) };
}
