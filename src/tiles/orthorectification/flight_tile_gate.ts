/**
 * Decides which frames may become tiles: only those whose position on the ground is certain.
 *
 * A tile in the wrong position misleads every later flight, so the gate is stricter than
 * navigation: it requires a fix of this very frame that agrees with the estimate, and a bound on
 * how far the ground in the frame may be misplaced.
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const FlightTilesConfigSchema = z.strictObject({
  /** Slippy zoom of the tiles; null: the nearest to the camera's ground sample distance. */
  zoom: z.int().min(0).max(22).nullable().default(null),
  /** Semi-major axis of the horizontal 95 % ellipse, metres. */
  horizontal95MaxM: quantity.lengthM.default(5),
  tiltMaxDeg: quantity.angleDeg.max(45).default(15),
  /**
   * How far any ground point of the frame may be misplaced (95 %), including its disagreement with
   * the map.
   */
  misplacementMaxM: quantity.lengthM.default(10),
  /** Mean grey, 0…255: outside of these limits the tile is too dark or overexposed. */
  greyMin: z.number().min(0).max(255).default(25),
  greyMax: z.number().min(0).max(255).default(240),
  /** Standard deviation of grey: below this the picture shows fog, a lens cap or open water. */
  contrastMin: quantity.ratioOrZero.default(4),
  /** Share of the grey variance in the finest detail: below this the picture is badly blurred. */
  sharpnessMin: quantity.ratioOrZero.default(0.0003),
  /** A tile is replaced only when its new bound is below this share of the old one's. */
  betterShare: quantity.share.default(0.7),
  jpegQuality: z.int().min(50).max(100).default(90),
});
export type FlightTilesConfig = Readonly<z.infer<typeof FlightTilesConfigSchema>>;

/** What is known about a frame after the flight loop has processed it. Metres, radians; 1 sigma. */
export interface FrameKnowledge {
  readonly anchored: boolean;
  readonly horizontal95M: number;
  readonly heightAboveGroundM: number;
  /** Angle between the optical axis and straight down. */
  readonly tiltRad: number;
  readonly sigmaTiltRad: number;
  readonly sigmaHeadingRad: number;
  readonly sigmaHeightM: number;
  /** Half of the footprint's diagonal. */
  readonly reachM: number;
  /** Horizontal distance between the fix of this frame and the estimate; null: no fix was fused. */
  readonly fixDistanceM: number | null;
}

export type FrameJudgement =
  | { readonly usable: true; readonly misplacementBoundM: number }
  | { readonly usable: false; readonly reason: string };

/** Radius that holds 95 % of a circular Gaussian: sqrt(−2 ln 0.05) sigmas. */
const RADIUS_95 = Math.sqrt(-2 * Math.log(0.05));

/** An expected outcome, not an exception. */
export function judgeFrame(frame: FrameKnowledge, config: FlightTilesConfig): FrameJudgement {
  if (!frame.anchored) return { usable: false, reason: "not satellite-anchored" };
  if (frame.fixDistanceM === null) return { usable: false, reason: "no fix of this frame" };
  if (frame.horizontal95M > config.horizontal95MaxM) return { usable: false, reason: "uncertain" };
  if (frame.tiltRad > config.tiltMaxDeg * Math.PI / 180) return { usable: false, reason: "tilted" };
  const misplacementBoundM = misplacementBound(frame) + frame.fixDistanceM;
  return misplacementBoundM > config.misplacementMaxM
    ? { usable: false, reason: "misplacement" }
    : { usable: true, misplacementBoundM };
}

/**
 * 95 % bound for the worst ground point in the frame: position error, plus the effect of the tilt
 * error at that height, plus the effect of heading and scale errors at the footprint's edge.
 */
function misplacementBound(frame: FrameKnowledge): number {
  const tiltM = RADIUS_95 * frame.sigmaTiltRad * frame.heightAboveGroundM;
  const headingM = RADIUS_95 * frame.sigmaHeadingRad * frame.reachM;
  const scaleM = RADIUS_95 * frame.sigmaHeightM * frame.reachM / frame.heightAboveGroundM;
  return Math.hypot(frame.horizontal95M, tiltM, headingM, scaleM);
}

/** Grey statistics of a tile. */
interface TileLook {
  readonly greyMean: number;
  readonly greySigma: number;
  /** Variance of the 4-neighbour Laplacian (over 20, its gain on white noise) per variance of grey. */
  readonly sharpness: number;
}

/** null when the picture passes, else the reason. */
export function judgeLook(look: TileLook, config: FlightTilesConfig): string | null {
  if (look.greyMean < config.greyMin) return "dark";
  if (look.greyMean > config.greyMax) return "blown out";
  if (look.greySigma < config.contrastMin) return "without contrast";
  return look.sharpness < config.sharpnessMin ? "blurred" : null;
}

/** Grey is the mean of red, green and blue. `pixels` are RGB rows of `sidePx` pixels. */
export function lookOf(pixels: Uint8Array, sidePx: number): TileLook {
  const grey = new Float32Array(sidePx * sidePx);
  let sum = 0, squares = 0;
  for (let i = 0; i < grey.length; i++) {
    const value = (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / 3;
    grey[i] = value;
    sum += value;
    squares += value * value;
  }
  const greyMean = sum / grey.length;
  const variance = Math.max(0, squares / grey.length - greyMean * greyMean);
  let detail = 0, count = 0;
  for (let y = 1; y < sidePx - 1; y++) {
    for (let x = 1; x < sidePx - 1; x++) {
      const i = y * sidePx + x;
      const laplacian = 4 * grey[i] - grey[i - 1] - grey[i + 1] - grey[i - sidePx] -
        grey[i + sidePx];
      detail += laplacian * laplacian;
      count++;
    }
  }
  const sharpness = variance > 0 ? detail / count / 20 / variance : 0;
  return { greyMean, greySigma: Math.sqrt(variance), sharpness };
}
