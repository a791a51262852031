import { z } from "zod";

export const PlanarKltConfigSchema = z.strictObject({
  tracksMax: z.int().min(40).max(2000).default(288),
  /** Inlier bound of the homography, pixels of the full picture. */
  thresholdPx: z.number().positive().default(1.5),
  inliersMin: z.int().min(8).default(24),
  inlierShareMin: z.number().min(0).max(1).default(0.4),
  /** The inliers must span this share of the picture. */
  spanShareMin: z.number().min(0).max(1).default(0.1),
  /** Tracks err together (lens, rolling ground, relief): covariance of this many times fewer. */
  correlatedTracks: z.number().min(1).default(12),
  /** Relief and lens leave at least this error, as a share of the distance moved. */
  translationFloorShare: z.number().min(0).default(0.004),
  translationFloorHeightShare: z.number().min(0).default(0.0002),
  rotationFloorRad: z.number().positive().default(0.0004),
  lostAfter: z.int().min(1).default(5),
});
export type PlanarKltConfig = z.infer<typeof PlanarKltConfigSchema>;
