/**
 * Kinds of the recorder itself: the flight's header and footer, what was lost, log lines, pictures.
 *
 * @module
 */
import { z } from "zod";
import { Count, Fault, LatitudeDeg, LongitudeDeg, Nanoseconds } from "./shapes.ts";

/** What a replay must know apart from the streams; the names are those of a recorded flight. */
const REPLAY_SHAPE = {
  createdBy: z.string().optional(),
  seed: z.union([z.number(), z.string()]).nullable().optional(),
  /** As camera `CameraCalibration`. */
  camera: z.looseObject({
    id: z.string(),
    widthPx: z.int(),
    heightPx: z.int(),
    fxPx: z.number(),
    fyPx: z.number(),
    cxPx: z.number(),
    cyPx: z.number(),
    /** Brown–Conrady in OpenCV's order: k1, k2, p1, p2, k3. */
    distortion: z.array(z.number()).length(5),
    /** body (FRD) from camera (optical), w x y z. */
    bodyFromCamera: z.array(z.number()).length(4),
    mountingSigmaDeg: z.number(),
  }).optional(),
  frameRateHz: z.number().optional(),
  imuRateHz: z.number().optional(),
  /** Height of the flat ground over the ellipsoid. */
  groundHeightM: z.number().optional(),
  /** The last position the aircraft trusted; null: nothing is known. */
  takeoff: z.looseObject({
    latitudeDeg: LatitudeDeg,
    longitudeDeg: LongitudeDeg,
    heightM: z.number(),
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
  }).nullable().optional(),
  /** What the controller's streams are worth, 1 sigma. */
  sigmas: z.looseObject({ tiltDeg: z.number(), headingDeg: z.number(), baroM: z.number() })
    .optional(),
};

export const FLIGHT_KINDS = {
  flight_header: z.looseObject({
    name: z.string(),
    software: z.string(),
    aircraft: z.string().optional(),
    packageName: z.string().optional(),
    /** UTC of clock zero, ISO 8601. */
    startUtc: z.string(),
    /** Which strategy each component flies with. */
    strategies: z.record(z.string(), z.string()),
    ...REPLAY_SHAPE,
  }).describe("What flies, with what, and all that a replay needs beside the streams"),
  flight_footer: z.looseObject({
    cleanShutdown: z.boolean(),
    recordsWritten: Count,
    recordsDroppedOverrun: Count,
    bytesWritten: Count,
    rolloverCount: Count,
    recordsDroppedDisk: Count.optional(),
    recordsDroppedPolicy: Count.optional(),
    recordsDroppedInvalid: Count.optional(),
    recordsDroppedCap: Count.optional(),
    /** What a power cut may lose, as it was configured and as it was measured. */
    durabilityMs: z.number().optional(),
    durabilityMsMax: z.number().optional(),
    /** By producer: produced is the sum of the others. */
    producers: z.record(
      z.string(),
      z.looseObject({
        produced: Count,
        written: Count,
        droppedOverrun: Count,
        droppedDisk: Count,
        droppedPolicy: Count,
        droppedInvalid: Count.optional(),
      }),
    ).optional(),
  }).describe("How the flight ended, and the counters of all that was written and lost"),
  segment_rollover: z.looseObject({
    /** File name of the segment that is gone. */
    segment: z.string(),
    droppedRecords: Count,
    droppedBytes: Count,
    /** The flight's folder after it. */
    totalBytes: Count.optional(),
    flightCapBytes: Count.optional(),
    firstNs: Nanoseconds.optional(),
    lastNs: Nanoseconds.optional(),
    reason: z.string().optional(),
  }).describe("The capacity cap dropped the oldest closed segment"),
  log: z.looseObject({
    level: z.enum(["WARN", "ERROR"]),
    component: z.string(),
    /** What happened, a name that never changes. */
    kind: z.string().optional(),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
    error: Fault.optional(),
    /** What did not fit: "message: 900 of 20000 characters". */
    cut: z.array(z.string()).optional(),
  }).describe("A log line of level WARN or ERROR"),
  overrun: z.looseObject({
    droppedCount: z.int().min(1),
    /** Whose records they were. */
    producerId: z.string(),
    /** Why: "ring" where it is absent. */
    reason: z.string().optional(),
    /** Of which kind, where all were of one. */
    droppedKind: z.string().optional(),
  }).describe("Records are missing here: evicted from a full ring, or over the rate of their kind"),
  mid_flight_tile_snapshot: z.looseObject({
    tileId: z.string(),
    /** Path below the flight's folder: tiles/<tileId>.jpg. */
    file: z.string(),
    bytes: z.int().min(1),
    /** Sequence of the frame that it was made from. */
    frameId: z.int().optional(),
    contentSha256: z.string().optional(),
    zoom: z.int().optional(),
    x: Count.optional(),
    y: Count.optional(),
    /** Tiles that had to go for it. */
    removed: z.array(z.string()).optional(),
  }).describe("A tile that the flight made stands as a picture beside the segments"),
  failed_tile_thumbnail: z.looseObject({
    reason: z.string(),
    format: z.enum(["jpeg", "png", "webp"]),
    /** The picture, small enough for a slot. */
    data: z.base64(),
    widthPx: z.int().min(1),
    heightPx: z.int().min(1),
    tileId: z.string().optional(),
    frameId: z.int().optional(),
  }).describe("A tile that could not be made or kept, as a small picture (at most one in 10 s)"),
};
