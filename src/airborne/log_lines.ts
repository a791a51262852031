/**
 * What `airborne replay --json` prints of a flight controller's log: a line a second, one for every change
 * of the trust in GPS, and a summary.
 *
 * @module
 */
import * as z from "zod";

const GpsStateSchema = z.enum(["absent", "trusted", "demoted"]);

export const EstimateLineSchema = z.object({
  type: z.literal("estimate"),
  /** Since the log's first sample. */
  timeNs: z.int(),
  latitudeDeg: z.number(),
  longitudeDeg: z.number(),
  /** Over mean sea level, as the log counts it. */
  heightM: z.number(),
  /** Horizontal covariance, m²: [east-east, east-north, north-north]. */
  covarianceEnM2: z.tuple([z.number(), z.number(), z.number()]),
  sigmaUpM: z.number(),
  horizontal95M: z.number(),
  velocityEnuMps: z.tuple([z.number(), z.number(), z.number()]),
  /** local (ENU) from body (FRD), w x y z. */
  localFromBody: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  label: z.enum(["satellite_anchored", "visual_propagated", "dead_reckoned"]),
  gps: z.object({
    state: GpsStateSchema,
    /** Why it is not trusted, or not fused. */
    reason: z.string(),
    /** Of its newest sample from the estimate; null without a fix in the last two seconds. */
    distanceM: z.number().nullable(),
  }),
});
export type EstimateLine = z.infer<typeof EstimateLineSchema>;

export const GpsLineSchema = z.object({
  type: z.literal("gps"),
  timeNs: z.int(),
  /** From now on. */
  state: GpsStateSchema,
  reason: z.string(),
});
type GpsLine = z.infer<typeof GpsLineSchema>;
export type LogLine = EstimateLine | GpsLine;

export const LogSummaryLineSchema = z.object({
  type: z.literal("summary"),
  flight: z.string(),
  kind: z.enum(["dataflash", "ulog", "tlog"]),
  firmware: z.string(),
  /** null: the log's GPS never told. */
  startUtc: z.string().nullable(),
  completed: z.boolean(),
  /** Seconds with an estimate. */
  estimates: z.int(),
  imuRateHz: z.number(),
  /** By stream: the log's message that it comes from ("" where there is none), and its samples. */
  streams: z.record(z.string(), z.object({ message: z.string(), samples: z.int() })),
  /** What of the log is missing, or was taken from elsewhere. */
  notes: z.array(z.string()),
  bytesSkipped: z.int(),
  /** With values or times that cannot be. */
  samplesRefused: z.int(),
  gps: z.object({
    /** At the end. */
    state: GpsStateSchema,
    reason: z.string(),
    /** When it was trusted at first; null: never. */
    trustedS: z.number().nullable(),
    /** When the trust ended. */
    demotedS: z.array(z.number()),
    promotedS: z.array(z.number()),
  }),
  sensorFaults: z.int(),
  estimatorFailed: z.boolean(),
  durationS: z.number(),
  wallS: z.number(),
  realTimeFactor: z.number(),
  rssMbMax: z.number(),
  outputFaults: z.record(z.string(), z.int()),
  recorderFolder: z.string().nullable(),
  recorderRecords: z.int(),
  recorderLost: z.int().nullable(),
  recorderBroken: z.boolean(),
});
export type LogSummaryLine = z.infer<typeof LogSummaryLineSchema>;
