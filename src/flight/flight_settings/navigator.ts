import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const NavigatorConfigSchema = z.strictObject({
  /** Under this height over the ground no fix is tried. */
  heightMinM: quantity.lengthM.default(5),
  /** A place found by search is fused after this many further frames agree with it. */
  confirmations: z.int().min(1).max(10).default(2),
  /** …each within this share of the height of where odometry says it should be. */
  confirmShare: quantity.ratio.default(0.08),
  /** A place that no exhaustive search speaks for is confirmed over so much new ground, in footprints. */
  confirmFootprints: quantity.ratioOrZero.default(0.5),
  /** After this many frames in a row without a fix the search circle widens… */
  widenAfter: z.int().min(0).max(1_000_000).default(6),
  /** …by this share of the height (1 sigma) with each further frame. */
  widenShare: quantity.ratioOrZero.default(0.02),
  /** Before any fix as many first frames are sought again within this share of the height (1 sigma). */
  firstShare: quantity.ratioOrZero.default(0.2),
  /** What several frames of a search say together of a place that none of them tells for sure. */
  evidence: z.strictObject({
    /** A place stands out from this mean score on… */
    scoreMin: quantity.ratio.default(0.1),
    /** …where every other one is worse by so much… */
    marginMin: quantity.ratio.default(0.02),
    /** …and by so much times the footprints of ground seen… */
    sumMin: quantity.ratio.default(0.1),
    /** …from so many footprints on… */
    footprintsMin: z.number().min(1).max(100).default(1.5),
    /** …in so many searches in a row. */
    searches: z.int().min(1).max(100).default(2),
    /** Evidence of more ground than this that names no place is begun anew. */
    footprintsMax: z.number().min(1).max(1000).default(8),
    /** 1 sigma of such a place, pixels of the search. */
    sigmaPx: quantity.lengthPx.default(3),
    /** A place that one frame finds is followed up where margin times footprints are at least this. */
    candidateSumMin: quantity.ratioOrZero.default(0.06),
    /** …or at least this of the newest ground alone… */
    newestSumMin: quantity.ratioOrZero.default(0.08),
    /** …which is so many footprints. */
    newestFootprints: z.number().min(1).max(100).default(1.3),
  }).prefault({}),
  /** A start that no picture and no GPS confirms. */
  doubt: z.strictObject({
    /** Frames without a fix are sought further away after so long… */
    searchAfterS: quantity.durationS.default(0.5),
    /** …so often… */
    searchEveryS: quantity.durationS.default(1),
    /** …within some sigmas (placeRecognition.searchSigmas) of this, which doubles as the start's own below. */
    searchSigmaM: quantity.lengthM.default(120),
    /** That the start may be anywhere on the map is told after so long of frames without a fix… */
    toldAfterS: quantity.durationS.default(0.6),
    /** …or so many of them… */
    toldMisses: z.int().min(2).max(1000).default(4),
    /** …that show at least so much ground, metres across: less of it is not found anywhere. */
    toldFootprintM: quantity.lengthM.default(50),
    /** A start that GPS has told may be so far off then, radius of 95 %: GPS may have lied before the start. */
    gpsToldM: quantity.lengthM.default(150),
    /** Another place counts as a contradiction from this score on… */
    scoreMin: quantity.ratio.default(0.15),
    /** …where it is better than all others by so much… */
    marginMin: quantity.ratio.default(0.02),
    /** …and by so much times the footprints of ground seen. */
    sumMin: quantity.ratio.default(0.08),
    /** The start's sigma begins to grow after so long… */
    growAfterS: quantity.durationS.default(5),
    /** …and is twice as large each time after so long… */
    doublingS: quantity.durationS.default(7),
    /** …up to this. */
    sigmaMaxM: quantity.lengthM.default(2000),
    /** Before so many fixes the motion is not confirmed… */
    motionFixes: z.int().min(1).max(1000).default(5),
    /** …and so much of the way since the last of them, or GPS, may be wrong, 1 sigma… */
    motionShare: quantity.ratio.default(0.45),
    /** …from so long after that on… */
    motionAfterS: quantity.durationS.default(1),
    /** …unless GPS and odometry agreed for this long. */
    motionConfirmedS: quantity.durationS.default(10),
  }).prefault({}),
  /** A search waits for odometry to register a frame, for this many frames at most. */
  motionFrames: z.int().min(0).max(1_000_000).default(2),
  /** A second look at the map from the first pose when the residual exceeds this many map pixels. */
  refineResidualPx: quantity.lengthOrZeroPx.default(1.2),
  /** A hint of the crew counts for this many frames without a place there. */
  hintFrames: z.int().min(1).max(10_000).default(30),
  /** Least sigmas that the search around the estimate allows for. */
  sigmaHeadingMinDeg: quantity.angleDeg.default(0.5),
  sigmaTiltMinDeg: quantity.angleDeg.default(0.3),
});
export type NavigatorConfig = z.infer<typeof NavigatorConfigSchema>;
