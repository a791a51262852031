import * as z from "zod";
import { quantity } from "../../core/mod.ts";

/** Settings of the structural matcher. Lengths in pixels are of the resolution they speak of. */
export const StructuralConfigSchema = z.strictObject({
  /** The frame's footprint is compared at this many pixels across (coarse). */
  coarseWidthPx: quantity.lengthPx.default(150),
  /** …and its blocks at this many times that. */
  fineFactor: z.number().min(1).max(4).default(2),
  headingStepDeg: z.number().min(0.1).max(180).default(2.5),
  scaleStep: z.number().min(0.001).max(10).default(0.03),
  /** How many sigmas of the hypothesis are searched. */
  searchSigmas: quantity.sigmas.default(3.5),
  /** Least search radius, coarse pixels: the second-best place must have room. */
  searchRadiusMinPx: quantity.lengthPx.default(16),
  searchRadiusMaxM: quantity.lengthM.default(120),
  blocksX: z.int().min(2).max(16).default(6),
  blocksY: z.int().min(2).max(16).default(5),
  /** Blocks are sought this far around the coarse answer, coarse pixels. */
  blockSearchPx: quantity.lengthPx.default(3.5),
  /** Least correlation of the best place… */
  scoreMin: quantity.ratioOrZero.default(0.1),
  /** …and least margin over the second-best: what wrong answers have stays below (see README). */
  marginMin: quantity.ratioOrZero.default(0.05),
  tiePointsMin: z.int().min(5).max(10_000).default(8),
});
export type StructuralConfig = z.infer<typeof StructuralConfigSchema>;

/** What the matchers of local features share. Pixels are of the resolution compared at. */
const FeatureMatchingConfigSchema = z.strictObject({
  /** Frame and map are compared at this many times the map's own pixel, or coarser. */
  gsdShare: z.number().min(0.25).max(8).default(1),
  /** How many sigmas of the hypothesis are searched, but at least this share of the footprint's width. */
  searchSigmas: quantity.sigmas.default(3.5),
  searchRadiusMinShare: quantity.ratio.default(0.1),
  searchRadiusMaxM: quantity.lengthM.default(120),
  /** Pairs agree on a place when they are at most this far off… */
  tolerancePx: quantity.lengthPx.default(4),
  /** …places further apart than this are different ones… */
  separationPx: quantity.lengthPx.default(16),
  /** …and MAGSAC++ verifies the pairs with this threshold. */
  thresholdPx: quantity.lengthPx.default(3),
  /** Least number of verified pairs… */
  inliersMin: z.int().min(4).max(10_000).default(12),
  /** …of which another place may have at most this share (see README). */
  secondShareMax: quantity.share.default(0.5),
  /** Tie points: the most alike of each block of the view… */
  blocksX: z.int().min(1).max(32).default(8),
  blocksY: z.int().min(1).max(32).default(6),
  perBlock: z.int().min(1).max(8).default(2),
  /** …and how many there must be: neighbours can err together, distant ones hardly. */
  tiePointsMin: z.int().min(5).max(10_000).default(8),
});
export type FeatureMatchingConfig = z.infer<typeof FeatureMatchingConfigSchema>;

/** Settings of the matcher of SIFT features. */
export const FeaturesConfigSchema = z.strictObject({
  ...FeatureMatchingConfigSchema.shape,
  gsdShare: z.number().min(0.25).max(8).default(2),
  /** Side of the pictures described at once, pixels. */
  sidePx: z.int().min(128).max(4096).default(512),
  /** At most so many features of a picture, the strongest. */
  featuresMax: z.int().min(50).max(20_000).default(3000),
  contrastMin: z.number().positive().max(0.5).default(0.01),
  /** Lowe's ratio test among the features near the predicted place; 1: none. */
  ratioMax: z.number().positive().max(1).default(1),
});
export type FeaturesConfig = z.infer<typeof FeaturesConfigSchema>;

/** Settings of the matcher of features that a model like XFeat finds. */
export const OnnxMatcherConfigSchema = z.strictObject({
  ...FeatureMatchingConfigSchema.shape,
  inliersMin: z.int().min(4).max(10_000).default(16),
  secondShareMax: quantity.share.default(0.4),
  tiePointsMin: z.int().min(5).max(10_000).default(16),
  /** Picture given to a model that leaves its size open, pixels; rounded down to multiples of 32. */
  inputWidthPx: z.int().min(64).max(4096).default(640),
  inputHeightPx: z.int().min(64).max(4096).default(480),
  featuresMax: z.int().min(50).max(20_000).default(4000),
  /** Least probability of a key point, and no more probable one within so many pixels. */
  probabilityMin: quantity.share.default(0.01),
  keypointSeparationPx: z.int().min(1).max(16).default(1),
  /** Least cosine of two descriptors; ratio test as in `features`. */
  cosineMin: z.number().min(-1).max(1).default(0.5),
  ratioMax: z.number().positive().max(1).default(1),
});
export type OnnxMatcherConfig = z.infer<typeof OnnxMatcherConfigSchema>;
