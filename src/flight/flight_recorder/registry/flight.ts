/**
 * Record kinds of the recorder itself (C13): the flight's header and footer, losses, log lines,
 * pictures.
 *
 * @module
 */
import * as z from "zod";
import { Count, Fault, LatitudeDeg, LongitudeDeg, Nanoseconds } from "./shapes.ts";

/** What a replay needs in addition to the streams; the names are those of a recorded flight. */
const REPLAY_SHAPE = {
  createdBy: z.string().optional(),
  seed: z.union([z.number(), z.string()]).nullable().optional(),
  /** See `CameraCalibration` of navigation/camera. */
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
  /** The last position that the aircraft trusted; null: none is known. */
  takeoff: z.looseObject({
    latitudeDeg: LatitudeDeg,
    longitudeDeg: LongitudeDeg,
    heightM: z.number(),
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
  }).nullable().optional(),
  /** Noise of the controller's streams, 1 sigma. */
  sigmas: z.looseObject({ tiltDeg: z.number(), headingDeg: z.number(), baroM: z.number() })
    .optional(),
};

export const FLIGHT_KINDS = {
  flight_header: z.looseObject({
    name: z.string(),
    software: z.string(),
    aircraft: z.string().optional(),
    packageName: z.string().optional(),
    /** UTC at time zero of the clock, ISO 8601. */
    startUtc: z.string(),
    /** The strategy of each component. */
    strategies: z.record(z.string(), z.string()),
    ...REPLAY_SHAPE,
  }).describe(
    "The aircraft, its software and camera, and everything that a replay needs beside the streams",
  ),
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
    /** The time span that a loss of power may destroy, as configured and as measured. */
    durabilityMs: z.number().optional(),
    durabilityMsMax: z.number().optional(),
    /** For each producer: produced is the sum of the others. */
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
  }).describe("How the flight ended, and the counters of records written and lost"),
  segment_rollover: z.looseObject({
    /** File name of the deleted segment. */
    segment: z.string(),
    droppedRecords: Count,
    droppedBytes: Count,
    /** Bytes of the flight's folder afterwards. */
    totalBytes: Count.optional(),
    flightCapBytes: Count.optional(),
    firstNs: Nanoseconds.optional(),
    lastNs: Nanoseconds.optional(),
    reason: z.string().optional(),
  }).describe("The capacity cap deleted the oldest closed segment"),
  log: z.looseObject({
    level: z.enum(["WARN", "ERROR"]),
    component: z.string(),
    /** Name of the event, which never changes. */
    kind: z.string().optional(),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
    error: Fault.optional(),
    /** The parts that did not fit: "message: 900 of 20000 characters". */
    cut: z.array(z.string()).optional(),
  }).describe("A log line of level WARN or ERROR"),
  overrun: z.looseObject({
    droppedCount: z.int().min(1),
    /** The producer whose records are missing. */
    producerId: z.string(),
    /** The reason: "ring" when absent. */
    reason: z.string().optional(),
    /** Their kind, when all were of one kind. */
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
    /** Tiles that were deleted to make space. */
    removed: z.array(z.string()).optional(),
  }).describe("The picture of a tile that the flight made was stored beside the segments"),
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
