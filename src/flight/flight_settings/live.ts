/**
 * Settings of a live flight that do not depend on the aircraft.
 *
 * @module
 */
import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const LiveSettingsSchema = z.strictObject({
  /** Positions for the flight controller. */
  outputRateHz: quantity.rateHz.default(10),
  /** An estimate older than this is not sent as a good one. */
  staleAfterMs: z.int().min(50).max(5000).default(250),
  /** In flight with nothing but the IMU for this long: no fix is sent any more. */
  blackoutS: quantity.durationS.default(30),
  /** 95 % semi-axis beyond which no fix is sent… */
  axisMaxM: quantity.lengthM.default(500),
  /** …and beyond which it is sent as a 2D fix. */
  axis2dM: quantity.lengthM.default(200),
  /** 1 sigma of the velocity beyond which no fix is sent: firmwares fuse the velocity of a fix whatever it is worth. */
  speedSigmaMaxMps: quantity.speedMps.default(10),
  /** Longest wait for a first GPS position before the flight starts without one. */
  startWaitS: quantity.durationS.default(4),
  /** 1 sigma of the position that the flight controller's GPS gives the start, metres. */
  startSigmaM: quantity.lengthM.default(5),
  /** 1 sigma of the flight controller's sensors. */
  sigmas: z.strictObject({
    tiltDeg: quantity.angleDeg.default(1.5),
    headingDeg: quantity.angleDeg.default(5),
    baroM: quantity.lengthM.default(2),
  }).prefault({}),
  /** On the ground and disarmed for this long after a flight ends the flight. */
  landedAfterS: quantity.durationS.default(5),
});
