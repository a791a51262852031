import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const PoseConfigSchema = z.strictObject({
  /** Inlier bound on a tie point, pixels of the fine map resolution. */
  thresholdPx: quantity.lengthPx.default(4),
  /** A tie point's own error, 1 sigma, pixels. */
  noisePx: quantity.lengthPx.default(1),
  /** Error that neighbouring tie points share (relief, distortion of the map), 1 sigma, metres… */
  smoothM: quantity.lengthOrZeroM.default(1),
  /** …and the share of the height over which they share it. */
  smoothLengthShare: quantity.ratio.default(0.5),
  inliersMin: z.int().min(5).max(10_000).default(8),
  inlierShareMin: quantity.share.default(0.5),
  /** Attitude and height may differ from the estimator's by this many joint sigmas. */
  checkSigmas: quantity.sigmas.default(4),
});
export type PoseConfig = z.infer<typeof PoseConfigSchema>;
