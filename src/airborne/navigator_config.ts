import * as z from "zod";
import { quantity } from "../core/mod.ts";

export const NavigatorConfigSchema = z.strictObject({
  /** Under this height over the ground no fix is tried. */
  heightMinM: quantity.lengthM.default(5),
  /** A place found by search is fused after this many further frames agree with it. */
  confirmations: z.int().min(1).max(10).default(2),
  /** …each within this share of the height of where odometry says it should be. */
  confirmShare: quantity.ratio.default(0.08),
  /** After this many frames in a row without a fix the search circle widens… */
  widenAfter: z.int().min(0).max(1_000_000).default(6),
  /** …by this share of the height (1 sigma) with each further frame. */
  widenShare: quantity.ratioOrZero.default(0.02),
  /** A second look at the map from the first pose when the residual exceeds this many map pixels. */
  refineResidualPx: quantity.lengthOrZeroPx.default(1.2),
  /** A hint of the crew counts for this many frames without a place there. */
  hintFrames: z.int().min(1).max(10_000).default(30),
  /** Least sigmas that the search around the estimate allows for. */
  sigmaHeadingMinDeg: quantity.angleDeg.default(0.5),
  sigmaTiltMinDeg: quantity.angleDeg.default(0.3),
});
export type NavigatorConfig = z.infer<typeof NavigatorConfigSchema>;
