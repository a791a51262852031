/**
 * Every kind of record with the schema of its payload: the one source for types, for the checks at
 * the call site and for the JSON Schemas in the file. A kind's name is never used for another thing.
 *
 * @module
 */
import { z } from "zod";

/** Version of the record shape: a newer minor version reads, a newer major one is refused. */
export const FDR_SCHEMA_VERSION = "1.0.0";

const Latitude = z.number().min(-90).max(90);
const Longitude = z.number().min(-180).max(180);
const Nanoseconds = z.int();
const Label = z.enum(["satellite_anchored", "visual_propagated", "dead_reckoned"]);

/** GPS heard again, held against the state; the distance is null where there is none to hold it to. */
const GpsBoundedDelta = z.looseObject({ reason: z.string(), deltaM: z.number().nullable() });

/** Payload schemas by kind; unknown payload keys are kept. */
export const FDR_KINDS = {
  flight_header: z.looseObject({
    name: z.string(),
    software: z.string(),
    aircraft: z.string().optional(),
    packageName: z.string().optional(),
    startUtc: z.string(),
    /** Which strategy each component flies with. */
    strategies: z.record(z.string(), z.string()),
  }),
  flight_footer: z.looseObject({
    cleanShutdown: z.boolean(),
    recordsWritten: z.int().min(0),
    recordsDroppedOverrun: z.int().min(0),
    bytesWritten: z.int().min(0),
    rolloverCount: z.int().min(0),
  }),
  log: z.looseObject({
    level: z.enum(["WARN", "ERROR"]),
    component: z.string(),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
  }),
  overrun: z.looseObject({ droppedCount: z.int().min(1), producerId: z.string() }),
  "vio.health": z.looseObject({
    state: z.enum(["initialising", "tracking", "degraded", "lost"]),
    strategy: z.string(),
    tracks: z.int().min(0).optional(),
  }),
  "frame.meta": z.looseObject({
    sequence: z.int().min(0),
    exposureMidNs: Nanoseconds,
    availableNs: Nanoseconds.optional(),
    widthPx: z.int(),
    heightPx: z.int(),
    jpegBytes: z.int(),
    calibrationId: z.string(),
  }),
  "nav.fix": z.looseObject({
    sequence: z.int(),
    exposureMidNs: Nanoseconds,
    accepted: z.boolean(),
    reason: z.string(),
    latitudeDeg: Latitude.nullable(),
    longitudeDeg: Longitude.nullable(),
    heightM: z.number().nullable(),
    margin: z.number(),
    score: z.number(),
    inliers: z.int(),
    global: z.boolean(),
    /** 6×6 of the pose, row-major, where there is one. */
    covariance: z.array(z.number()).length(36).optional(),
    /** Innovation test ratio of the estimator: above 1 was rejected. */
    testRatio: z.number().optional(),
  }),
  "nav.state": z.looseObject({
    sequence: z.int().optional(),
    validNs: Nanoseconds,
    latitudeDeg: Latitude,
    longitudeDeg: Longitude,
    heightM: z.number(),
    /** Horizontal covariance, m²: [east-east, east-north, north-north]. */
    covarianceEnM2: z.tuple([z.number(), z.number(), z.number()]),
    sigmaUpM: z.number(),
    horizontal95M: z.number(),
    velocityEnuMps: z.tuple([z.number(), z.number(), z.number()]),
    /** local (ENU) from body (FRD), w x y z. */
    localFromBody: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    label: Label,
    anchorAgeS: z.number().nullable(),
    latencyMs: z.number().optional(),
  }),
  "nav.estimate_gap": z.looseObject({
    fromNs: Nanoseconds,
    toNs: Nanoseconds.nullable(),
    reason: z.string(),
  }),
  "sensor.gps": z.looseObject({
    fix: z.enum(["none", "2d", "3d"]),
    latitudeDeg: Latitude,
    longitudeDeg: Longitude,
    heightM: z.number(),
    velocityEnuMps: z.tuple([z.number(), z.number(), z.number()]),
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
    satellites: z.int(),
    integrity: z.enum(["ok", "jammed", "spoofed", "unknown"]),
  }),
  "c5.source_label": z.looseObject({
    from: Label.nullable(),
    to: Label,
    reason: z.string(),
  }),
  "c5.cold_start_origin.set": z.looseObject({
    latitudeDeg: Latitude,
    longitudeDeg: Longitude,
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
  }),
  "c5.cold_start_origin.unavailable": z.looseObject({ reason: z.string() }),
  "c5.gps_bounded_delta.accept": GpsBoundedDelta,
  "c5.gps_bounded_delta.reject": GpsBoundedDelta,
  "package.verified": z.looseObject({ name: z.string(), files: z.int(), bytes: z.int() }),
} as const satisfies Record<string, z.ZodType>;

export type FdrKind = keyof typeof FDR_KINDS;
export type FdrPayload<K extends FdrKind> = z.input<(typeof FDR_KINDS)[K]>;

/** Raw camera frames are never recorded. */
export const FDR_KINDS_FORBIDDEN: readonly string[] = ["raw_nav_frame", "raw_ai_cam_frame"];

/** One record as it stands in the file. */
export const FdrRecordSchema = z.looseObject({
  schemaVersion: z.string(),
  kind: z.string(),
  producerId: z.string(),
  /** Canonical clock. */
  timestampNs: Nanoseconds,
  /** ISO 8601 UTC, for people. */
  wallTime: z.string(),
  flightId: z.uuid(),
  payload: z.record(z.string(), z.unknown()),
});
export type FdrRecord = z.infer<typeof FdrRecordSchema>;

/** JSON Schema (draft 2020-12) of a whole record of this kind. */
export function fdrJsonSchema(kind: FdrKind): string {
  return JSON.stringify(
    z.toJSONSchema(FdrRecordSchema.extend({ payload: FDR_KINDS[kind] }), { io: "output" }),
  );
}
