/**
 * Record kinds of odometry, fixes and estimates (C1 to C5).
 *
 * @module
 */
import * as z from "zod";
import {
  Count,
  ESTIMATE_SHAPE,
  LatitudeDeg,
  LongitudeDeg,
  Nanoseconds,
  PoseCovariance,
  StageMs,
} from "./shapes.ts";

export const NAVIGATION_KINDS = {
  "vio.health": z.looseObject({
    state: z.enum(["initialising", "tracking", "degraded", "lost"]),
    strategy: z.string(),
    tracks: Count.optional(),
    inliers: Count.optional(),
    /** Root mean square reprojection error of the inliers. */
    residualPx: z.number().optional(),
    scaleQuality: z.enum(["metric", "direction_only", "unknown"]).optional(),
    consecutiveFailures: Count.optional(),
    reason: z.string().optional(),
    /** Whose motion was used, where the strategy leans on another one. */
    source: z.string().optional(),
    /** The covariance is one that the configuration assumes. */
    covarianceUnknown: z.boolean().optional(),
  }).describe("State of the odometry, once a second and on each change"),
  "nav.work_level": z.looseObject({
    level: z.enum(["full", "reduced"]),
    /** Candidates of a search (K), and how many of them the matcher looks at (N). */
    candidates: Count,
    rerank: Count,
    /** A search without a good estimate runs on every so many frames. */
    searchEveryFrames: Count,
    /** Share of a side of the pictures that models are given. */
    modelInputScale: z.number(),
    reason: z.string(),
  }).describe("The computer allows less work, or all of it again"),
  "nav.fix": z.looseObject({
    sequence: z.int(),
    exposureMidNs: Nanoseconds,
    accepted: z.boolean(),
    reason: z.string(),
    latitudeDeg: LatitudeDeg.nullable(),
    longitudeDeg: LongitudeDeg.nullable(),
    heightM: z.number().nullable(),
    margin: z.number(),
    score: z.number(),
    inliers: z.int(),
    global: z.boolean(),
    /** 6×6 of the pose, row-major, when available. */
    covariance: PoseCovariance.optional(),
    /** Innovation test ratio of the estimator: above 1 means rejected. */
    testRatio: z.number().optional(),
    innovation: z.array(z.number()).optional(),
  }).describe(
    "The result of one camera frame: a fix, accepted or not, or the reason why there is none",
  ),
  "nav.state": z.looseObject({
    ...ESTIMATE_SHAPE,
    /** From picture in to estimate out. */
    latencyMs: z.number().optional(),
    /** Wall time of each stage of processing a frame. */
    stageWallMs: StageMs.optional(),
    /** Processor time of all threads in each stage. */
    stageCpuMs: StageMs.optional(),
  })
    .describe("The estimate of position, attitude and their uncertainty"),
  "nav.smoothed": z.looseObject(ESTIMATE_SHAPE)
    .describe(
      "An estimate of a past moment, smoothed with later measurements; never sent to the flight controller",
    ),
  "nav.estimate_gap": z.looseObject({
    fromNs: Nanoseconds,
    /** null while it lasts. */
    toNs: Nanoseconds.nullable(),
    reason: z.string(),
  }).describe("No usable estimate between two moments"),
};
