import { z } from "zod";

export const PoseConfigSchema = z.strictObject({
  /** Inlier bound on a tie point, pixels of the fine map resolution. */
  thresholdPx: z.number().positive().default(4),
  /** A tie point's own error, 1 sigma, pixels. */
  noisePx: z.number().positive().default(1),
  /** Error that neighbouring tie points share (relief, distortion of the map), 1 sigma, metres… */
  smoothM: z.number().min(0).default(1),
  /** …and the share of the height over which they share it. */
  smoothLengthShare: z.number().positive().default(0.5),
  inliersMin: z.int().min(5).default(8),
  inlierShareMin: z.number().min(0).max(1).default(0.5),
  /** Attitude and height may differ from the estimator's by this many joint sigmas. */
  checkSigmas: z.number().positive().default(4),
});
export type PoseConfig = z.infer<typeof PoseConfigSchema>;
