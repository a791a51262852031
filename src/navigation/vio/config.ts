import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const PlanarKltConfigSchema = z.strictObject({
  tracksMax: z.int().min(40).max(2000).default(288),
  /** Inlier bound of the homography, pixels of the full picture. */
  thresholdPx: quantity.lengthPx.default(1.5),
  inliersMin: z.int().min(8).max(10_000).default(24),
  inlierShareMin: quantity.share.default(0.4),
  /** The inliers must span this share of the picture. */
  spanShareMin: quantity.share.default(0.1),
  /** Tracks err together (lens, rolling ground, relief): covariance of this many times fewer. */
  correlatedTracks: z.number().min(1).max(10_000).default(12),
  /** Relief and lens leave at least this error, as a share of the distance moved. */
  translationFloorShare: quantity.ratioOrZero.default(0.004),
  translationFloorHeightShare: quantity.ratioOrZero.default(0.0002),
  rotationFloorRad: quantity.angleRad.default(0.0004),
  lostAfter: z.int().min(1).max(1_000_000).default(5),
});
export type PlanarKltConfig = z.infer<typeof PlanarKltConfigSchema>;
