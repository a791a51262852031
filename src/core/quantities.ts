/**
 * Types of numbers that come from outside (configurations, packages, flights, calibrations), each with
 * its unit and the range in which it can be true. Checked once, at the border: behind it a squared
 * length is finite and a quotient has a divisor.
 *
 * The ranges are wider than any aircraft, sensor or map of this project, by orders of magnitude where
 * nothing speaks against it: they keep nonsense out, and leave judgement to who sets the value.
 *
 * @module
 */
import * as z from "zod";
import { LATITUDE_MAX_DEG } from "./command_line/mod.ts";

const within = (minimum: number, maximum: number) => z.number().min(minimum).max(maximum);

export const quantity = {
  /** Where there are map tiles, and a local frame: neither reaches the poles. */
  latitudeDeg: within(-LATITUDE_MAX_DEG, LATITUDE_MAX_DEG),
  longitudeDeg: within(-180, 180),
  /** Over the ellipsoid: from below the Dead Sea to above every aircraft of this kind. */
  heightM: within(-1000, 30_000),
  /** Of the ground, over the ellipsoid; as `--ground-height` takes it. */
  groundHeightM: within(-500, 9000),
  /** A length, or the 1 sigma of one: 0.1 mm to 10,000 km. */
  lengthM: within(1e-4, 1e7),
  lengthOrZeroM: within(0, 1e7),
  /** Metres on the ground of one pixel. */
  gsdM: within(1e-4, 1e6),
  speedMps: within(1e-6, 1e4),
  accelerationMps2: within(1e-6, 1e4),
  angleDeg: within(1e-6, 360),
  angleRad: within(1e-8, 2 * Math.PI),
  rateRps: within(1e-8, 1e3),
  durationS: within(1e-6, 1e8),
  rateHz: within(1e-3, 1e6),
  lengthPx: within(1e-3, 1e5),
  lengthOrZeroPx: within(0, 1e5),
  /** From a picture that is one pixel of a sphere to a telescope. */
  focalLengthPx: within(1, 1e6),
  /** A coordinate in a picture or beside it, such as a principal point. */
  coordinatePx: within(-1e5, 1e5),
  /** A coefficient of Brown and Conrady's lens model, in units of the focal length. */
  distortion: within(-100, 100),
  /** A part of a unit quaternion. */
  quaternionPart: within(-1.01, 1.01),
  /** A part of a whole. */
  share: within(0, 1),
  /** A ratio that may exceed 1. */
  ratio: within(1e-9, 1e6),
  ratioOrZero: within(0, 1e6),
  /** A multiple of a standard deviation. */
  sigmas: within(1e-3, 1e3),
  /** A bound on a normalised squared innovation. */
  chiSquare: within(1e-6, 1e9),
  /** m/s²/√Hz, rad/s/√Hz, and their walks (…/√s). */
  noiseDensity: within(1e-12, 1e3),
} as const;
