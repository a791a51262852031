/**
 * Recorded flights: a folder of sensor streams and pictures that `airborne replay` processes.
 * Written by the simulation (or by a converter), read here. The format is documented in README.md.
 *
 *     flight.json        aircraft, camera calibration, take-off (FlightDescription)
 *     imu.csv attitude.csv baro.csv gps.csv frames.csv
 *     velocity.csv       only where the aircraft measures its velocity over the ground
 *     frames/000000.jpg  …
 *     truth.csv          never read by airborne
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";
import { CameraCalibrationSchema } from "../../navigation/camera/mod.ts";

export const FlightDescriptionSchema = z.strictObject({
  format: z.literal("gdn-recorded-flight"),
  formatVersion: z.literal(1),
  name: z.string().min(1),
  aircraft: z.enum(["fixed_wing", "multirotor"]),
  createdBy: z.string(),
  seed: z.union([z.number(), z.string()]).nullable(),
  /** UTC at time 0 of the companion clock, ISO 8601. */
  startUtc: z.iso.datetime(),
  camera: CameraCalibrationSchema,
  frameRateHz: quantity.rateHz,
  imuRateHz: quantity.rateHz,
  /** Height of the flat ground over the ellipsoid, metres. */
  groundHeightM: quantity.groundHeightM,
  /** The last trusted position of the aircraft, with its 1-sigma errors; null: none is known. */
  takeoff: z.strictObject({
    latitudeDeg: quantity.latitudeDeg,
    longitudeDeg: quantity.longitudeDeg,
    heightM: quantity.heightM,
    sigmaHorizontalM: quantity.lengthM,
    sigmaVerticalM: quantity.lengthM,
  }).nullable(),
  /** Noise of the controller's streams, 1 sigma. */
  sigmas: z.strictObject({
    tiltDeg: quantity.angleDeg,
    headingDeg: quantity.angleDeg,
    baroM: quantity.lengthM,
  }),
});
export type FlightDescription = z.infer<typeof FlightDescriptionSchema>;

/**
 * Columns of the streams, in order. `controller_ns` is the flight controller's clock,
 * `received_ns` the canonical (companion) clock at the moment the row arrived; rows are in order of
 * both. Rotations are local (ENU) from body (FRD).
 */
export const STREAM_COLUMNS = {
  "imu.csv": [
    "controller_ns",
    "received_ns",
    "ax_mps2",
    "ay_mps2",
    "az_mps2",
    "gx_rps",
    "gy_rps",
    "gz_rps",
  ],
  "attitude.csv": ["controller_ns", "received_ns", "qw", "qx", "qy", "qz"],
  /** Height over the ellipsoid as measured by the barometer. */
  "baro.csv": ["controller_ns", "received_ns", "height_m"],
  "gps.csv": [
    "controller_ns",
    "received_ns",
    "fix",
    "latitude_deg",
    "longitude_deg",
    "height_m",
    "ve_mps",
    "vn_mps",
    "vu_mps",
    "sigma_h_m",
    "sigma_v_m",
    "satellites",
    "integrity",
  ],
  /**
   * Optional. Velocity over the ground in body axes (forward, right, down) and the upper triangle of
   * its error's covariance, row by row.
   */
  "velocity.csv": [
    "controller_ns",
    "received_ns",
    "vx_mps",
    "vy_mps",
    "vz_mps",
    "cxx_m2ps2",
    "cxy_m2ps2",
    "cxz_m2ps2",
    "cyy_m2ps2",
    "cyz_m2ps2",
    "czz_m2ps2",
  ],
  /** Exposure mid-time on the companion's clock. */
  "frames.csv": ["sequence", "exposure_mid_ns", "available_ns", "file"],
  /** Companion clock; position of the camera, height over the ellipsoid. */
  "truth.csv": [
    "time_ns",
    "latitude_deg",
    "longitude_deg",
    "height_m",
    "ve_mps",
    "vn_mps",
    "vu_mps",
    "qw",
    "qx",
    "qy",
    "qz",
  ],
} as const; // deno-fmt-ignore
export type StreamFile = keyof typeof STREAM_COLUMNS;

/** Streams that a recorded flight need not have. */
export const OPTIONAL_STREAMS: readonly StreamFile[] = ["velocity.csv"];
