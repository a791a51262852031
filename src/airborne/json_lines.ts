/**
 * What `airborne replay --json` prints: one JSON object a line, of the kind that `type` names.
 *
 * @module
 */
import * as z from "zod";
import { FRAME_STAGES } from "./stage_clock.ts";

const StageMsSchema = z.record(z.enum(FRAME_STAGES), z.number());

export const FrameLineSchema = z.object({
  type: z.literal("frame"),
  sequence: z.int(),
  /** Exposure mid-time, canonical clock. */
  timeNs: z.int(),
  latitudeDeg: z.number(),
  longitudeDeg: z.number(),
  heightM: z.number(),
  /** Horizontal covariance, m²: [east-east, east-north, north-north]. */
  covarianceEnM2: z.tuple([z.number(), z.number(), z.number()]),
  sigmaUpM: z.number(),
  horizontal95M: z.number(),
  velocityEnuMps: z.tuple([z.number(), z.number(), z.number()]),
  /** local (ENU) from body (FRD), w x y z. */
  localFromBody: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  /** Rotation vector: how the camera really hangs against its calibration, as estimated. */
  mountingErrorRad: z.tuple([z.number(), z.number(), z.number()]),
  label: z.enum(["satellite_anchored", "visual_propagated", "dead_reckoned"]),
  /** null before the first fix. */
  anchorAgeS: z.number().nullable(),
  /** Frame-to-frame odometry registered. */
  vioRegistered: z.boolean(),
  vioState: z.enum(["initialising", "tracking", "degraded", "lost"]),
  fix: z.object({
    accepted: z.boolean(),
    /** Why not, when not accepted. */
    reason: z.string(),
    /** Position by picture and map alone; null when there was no answer at all. */
    latitudeDeg: z.number().nullable(),
    longitudeDeg: z.number().nullable(),
    heightM: z.number().nullable(),
    margin: z.number(),
    score: z.number(),
    inliers: z.int(),
    /** Found by a search without a position prior. */
    global: z.boolean(),
    headingDeg: z.number().nullable(),
  }),
  /** JPEG bytes in → estimate out. */
  latencyMs: z.number(),
  /** Milliseconds by stage, of this turn and of what ran since the one before it. */
  stages: z.object({
    wallMs: StageMsSchema,
    /** Processor time of all threads. */
    cpuMs: StageMsSchema,
  }),
});
export type FrameLine = z.infer<typeof FrameLineSchema>;

/** A photograph of a folder; without a position where it is not located. */
export const PhotographLineSchema = FrameLineSchema.extend({
  /** Of the file. */
  name: z.string(),
  /** Counted from 0: photographs without a long break between them. */
  flight: z.int(),
  /** By the camera's clock, as if it were UTC. */
  capturedAt: z.iso.datetime().nullable(),
  latitudeDeg: z.number().nullable(),
  longitudeDeg: z.number().nullable(),
  heightM: z.number().nullable(),
  covarianceEnM2: z.tuple([z.number(), z.number(), z.number()]).nullable(),
  sigmaUpM: z.number().nullable(),
  horizontal95M: z.number().nullable(),
  localFromBody: z.tuple([z.number(), z.number(), z.number(), z.number()]).nullable(),
  /** Between the optical axis and straight down: as found, else as tagged. */
  tiltDeg: z.number().nullable(),
  /** From the position found to the GPS position in the tags. */
  tagDistanceM: z.number().nullable(),
  /** The same to where the tag would have been at the exposure, by its flight's lag; null: not known. */
  tagAtExposureM: z.number().nullable(),
  /** The map does not know its ground: located by what it shares with this photograph; null: by the map. */
  carriedFrom: z.string().nullable(),
  /** Photographs from it to one that the map has; 0: by the map. */
  carriedLinks: z.int(),
});
export type PhotographLine = z.infer<typeof PhotographLineSchema>;

/** After the photographs of one flight: how their GPS positions lie against those that were found. */
export const PhotographFlightLineSchema = z.object({
  type: z.literal("photograph_flight"),
  flight: z.int(),
  photographs: z.int(),
  located: z.int(),
  /** Of them, by what they share with others. */
  carried: z.int(),
  /** How long before the exposure the tagged position was taken, and its 1 sigma; null: too few in motion. */
  tagLagS: z.number().nullable(),
  tagLagSigmaS: z.number().nullable(),
  /** Median distance to the tagged positions without that lag and a common offset. */
  tagResidualM: z.number().nullable(),
  /** Added to the claimed errors, 1 sigma of an axis, metres: positions found and GPS tags are further apart than both claim. */
  widenedByM: z.number(),
  /** What the pictures show the tilt tags to be off by, in common, and each about that (1 sigma); null: as good as their kind. */
  tagTiltDeg: z.number().nullable(),
  tagTiltSigmaDeg: z.number().nullable(),
});
export type PhotographFlightLine = z.infer<typeof PhotographFlightLineSchema>;

export const FaultLineSchema = z.object({
  type: z.literal("fault"),
  /** Of the file, where it is a photograph. */
  name: z.string().optional(),
  /** `estimator`: it has failed, and no estimate follows. */
  source: z.enum(["frame", "sensor", "estimator"]),
  /** Of the frame, where it is one. */
  sequence: z.int().nullable(),
  /** Canonical clock. */
  timeNs: z.int(),
  message: z.string(),
});
export type FaultLine = z.infer<typeof FaultLineSchema>;

export const SummaryLineSchema = z.object({
  type: z.literal("summary"),
  flight: z.string(),
  /** To its end: no signal and no fault of a source stopped it. */
  completed: z.boolean(),
  /** With an estimate. */
  frames: z.int(),
  /** Without one: they came before the estimator had started, or too late. */
  framesSkipped: z.int(),
  /** Damaged pictures and faults of one frame. */
  framesFailed: z.int(),
  /** Sensor samples that were left out. */
  sensorFaults: z.int(),
  estimatorFailed: z.boolean(),
  fixes: z.int(),
  registrationVo: z.number(),
  durationS: z.number(),
  wallS: z.number(),
  realTimeFactor: z.number(),
  rssMbMax: z.number(),
  /** Frames and tiles by what became of them; null where none were to be made. */
  tiles: z.record(z.string(), z.int()).nullable(),
  /** Calls of outputs that failed (the record, the tiles, these lines), by output. */
  outputFaults: z.record(z.string(), z.int()),
  /** Of this flight: its segments stand there. */
  recorderFolder: z.string().nullable(),
  recorderRecords: z.int(),
  /** Also in the record, by producer; null: not known, because the writer has died. */
  recorderLost: z.int().nullable(),
  /** The disk refused records, or the footer: the record is incomplete. */
  recorderBroken: z.boolean(),
});
export type SummaryLine = z.infer<typeof SummaryLineSchema>;
