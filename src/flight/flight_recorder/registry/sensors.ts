/**
 * Record kinds of the sensors: with the header and `frame.meta` a flight can be replayed, except
 * for the pixels. `controllerNs` is the flight controller's own clock, `receivedNs` the canonical
 * one on arrival.
 *
 * @module
 */
import * as z from "zod";
import { Count, LatitudeDeg, LongitudeDeg, Nanoseconds, Quaternion, Vector3 } from "./shapes.ts";

/** Samples in one `sensor.imu`: what fits a slot of 4 KiB at 72 bytes a sample. */
export const IMU_BATCH_MAX = 50;

/** One value for each sample; all columns have the same length. */
const Column = z.array(z.number()).min(1).max(IMU_BATCH_MAX);
const TimeColumn = z.array(z.int()).min(1).max(IMU_BATCH_MAX);
const CONTROLLER_TIMES = { controllerNs: z.int(), receivedNs: Nanoseconds };

const IMU_COLUMNS = {
  controllerNs: TimeColumn,
  receivedNs: TimeColumn,
  /** Specific force, body FRD. */
  axMps2: Column,
  ayMps2: Column,
  azMps2: Column,
  /** Angular rate, body FRD. */
  gxRps: Column,
  gyRps: Column,
  gzRps: Column,
};

export const SENSOR_KINDS = {
  "sensor.imu": z.looseObject(IMU_COLUMNS)
    .refine(
      (batch) =>
        Object.keys(IMU_COLUMNS).every((name) =>
          batch[name as keyof typeof IMU_COLUMNS].length === batch.controllerNs.length
        ),
      "every column has one value per sample",
    )
    .describe(`IMU samples, at most ${IMU_BATCH_MAX}, one array per column, oldest first`),
  "sensor.attitude": z.looseObject({
    ...CONTROLLER_TIMES,
    /** local (ENU) from body (FRD), w x y z. */
    localFromBody: Quaternion,
  }).describe("The flight controller's own attitude"),
  "sensor.baro": z.looseObject({
    ...CONTROLLER_TIMES,
    /** Over the ellipsoid, as measured by the barometer. */
    heightM: z.number(),
  }).describe("Height by the barometer"),
  "sensor.gps": z.looseObject({
    ...CONTROLLER_TIMES,
    fix: z.enum(["none", "2d", "3d"]),
    latitudeDeg: LatitudeDeg,
    longitudeDeg: LongitudeDeg,
    heightM: z.number(),
    velocityEnuMps: Vector3,
    sigmaHorizontalM: z.number(),
    sigmaVerticalM: z.number(),
    satellites: Count,
    integrity: z.enum(["ok", "jammed", "spoofed", "unknown"]),
    /** false: the last component of the velocity was not measured, and is 0. */
    hasVerticalVelocity: z.boolean().optional(),
    /** true: the height counts from nothing that is known. */
    heightUnknown: z.boolean().optional(),
  }).describe("The flight controller's GPS, trusted or not"),
  "sensor.velocity": z.looseObject({
    ...CONTROLLER_TIMES,
    /** Over the ground, body FRD. */
    velocityBodyMps: Vector3,
    /** 3×3 of its error, row-major, m²/s². */
    covariance: z.array(z.number()).length(9),
  }).describe("A velocity over the ground, measured in body axes"),
  "frame.meta": z.looseObject({
    sequence: Count,
    exposureMidNs: Nanoseconds,
    /** When the picture was complete in memory. */
    availableNs: Nanoseconds,
    widthPx: z.int(),
    heightPx: z.int(),
    jpegBytes: Count,
    calibrationId: z.string(),
    /** Name of the picture, when it was stored elsewhere. */
    file: z.string().optional(),
  }).describe("A camera frame; its pixels are never recorded"),
};
