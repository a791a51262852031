import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const PlanarKltConfigSchema = z.strictObject({
  tracksMax: z.int().min(40).max(2000).default(288),
  /** Inlier bound of the homography, pixels of the full picture. */
  thresholdPx: quantity.lengthPx.default(1.5),
  inliersMin: z.int().min(8).max(10_000).default(24),
  inlierShareMin: quantity.share.default(0.4),
  /** The inliers must span this share of the picture. */
  spanShareMin: quantity.share.default(0.1),
  /** Tracks err together (lens, rolling ground, relief): covariance of this many times fewer. */
  correlatedTracks: z.number().min(1).max(10_000).default(12),
  /** Relief and lens leave at least this error, as a share of the distance moved. */
  translationFloorShare: quantity.ratioOrZero.default(0.004),
  translationFloorHeightShare: quantity.ratioOrZero.default(0.0002),
  rotationFloorRad: quantity.angleRad.default(0.0004),
  lostAfter: z.int().min(1).max(1_000_000).default(5),
});
export type PlanarKltConfig = z.infer<typeof PlanarKltConfigSchema>;

export const Okvis2ConfigSchema = z.strictObject({
  /** The odometry child (gdn_okvis2): the one program that airborne may start. */
  program: z.string().default(""),
  /** Folder of OKVIS2's vocabulary, small_voc.yml.gz. */
  vocabulary: z.string().default(""),
  /** Takes the reference of the tests for it. */
  allowReference: z.boolean().default(false),
  /** Pictures are sent at 1/this of their width and height. */
  pictureDenominator: z.union([z.literal(1), z.literal(2), z.literal(4)]).default(2),
  keypointsMax: z.int().min(20).max(2000).default(400),
  threads: z.int().min(1).max(16).default(2),
  /** A frame without an answer for so long: it hangs, and is started anew. */
  hangMs: z.int().min(20).max(60_000).default(250),
  /** The same of its start, which reads the vocabulary. */
  startMs: z.int().min(20).max(600_000).default(20_000),
  /** Children that wait for the death of the first: in flight airborne may start none. */
  spares: z.int().min(0).max(8).default(2),
  /** Of its IMU, 1 sigma. */
  imu: z.strictObject({
    forceNoise: z.number().min(1e-6).max(10).default(0.05),
    rateNoise: z.number().min(1e-7).max(1).default(0.002),
    forceBiasWalk: z.number().min(1e-7).max(1).default(0.001),
    rateBiasWalk: z.number().min(1e-8).max(1).default(2e-5),
    forceBiasSigma: z.number().min(1e-4).max(10).default(0.1),
    rateBiasSigma: z.number().min(1e-5).max(1).default(0.002),
  }).prefault({}),
  /** What the IMU and an aircraft allow between two answers. */
  gate: z.strictObject({
    speedMaxMps: quantity.speedMps.default(120),
    velocityMps: quantity.speedMps.default(2),
    accelerationMps2: z.number().min(0.1).max(100).default(3),
    rotationRad: quantity.angleRad.default(0.02),
    rotationRateRps: z.number().min(0.001).max(10).default(0.05),
    /** Of its way and that of planar_klt over the last seconds: one camera alone may never find its scale. */
    scaleShare: quantity.ratioOrZero.default(0.1),
    /** So many answers in a row beyond it, and it begins anew. */
    resetAfter: z.int().min(1).max(1000).default(100),
  }).prefault({}),
  /** Stand for a covariance that is unknown, and are its least where it is known. */
  translationShare: quantity.ratioOrZero.default(0.02),
  translationFloorM: z.number().min(1e-4).max(10).default(0.03),
  rotationFloorRad: quantity.angleRad.default(0.001),
});
export type Okvis2Config = z.infer<typeof Okvis2ConfigSchema>;
