import { z } from "zod";

export const PoseConfigSchema = z.strictObject({
  /** Inlier bound on a tie point, pixels of the fine map resolution. */
  thresholdPx: z.number().positive().default(2.5),
  /** The least error that a tie point is believed to have, pixels. */
  sigmaFloorPx: z.number().positive().default(0.5),
  inliersMin: z.int().min(5).default(8),
  inlierShareMin: z.number().min(0).max(1).default(0.4),
  /** Neighbouring tie points err together: the covariance is that of this many times fewer points. */
  correlatedPoints: z.number().min(1).default(3),
  /** Attitude and height may differ from the estimator's by this many joint sigmas. */
  checkSigmas: z.number().positive().default(4),
  /** A fix whose own horizontal sigma is worse than this share of the height says too little. */
  sigmaShareMax: z.number().positive().default(0.1),
});
export type PoseConfig = z.infer<typeof PoseConfigSchema>;
