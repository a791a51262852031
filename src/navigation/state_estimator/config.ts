/**
 * Configuration of the error-state filter. Every sigma is 1 sigma; noise densities are one-sided.
 *
 * Defaults: consumer MEMS of the BMI088 class (Bosch BST-BMI088-DS001: gyroscope 0.014 °/s/√Hz,
 * accelerometer 175–230 µg/√Hz), inflated for the vibration of an airframe and the scale-factor
 * errors that the state does not carry.
 *
 * @module
 */
import { z } from "zod";
import { radiansFromDegrees } from "../../core/mod.ts";

const positive = (fallback: number) => z.number().positive().default(fallback);
const degreesAsRadians = (fallbackDeg: number) => positive(radiansFromDegrees(fallbackDeg));

const ImuNoiseSchema = z.strictObject({
  /** Whether a sample is the mean since the one before it, or the value at its moment. */
  sampling: z.enum(["interval_mean", "instant"]).default("interval_mean"),
  /** m/s²/√Hz. */
  accelerometerDensity: positive(0.015),
  /** rad/s/√Hz. */
  gyroscopeDensity: positive(7e-4),
  /** m/s²/√s. */
  accelerometerBiasWalk: positive(1e-3),
  /** rad/s/√s. */
  gyroscopeBiasWalk: positive(3e-5),
  accelerometerBiasSigmaMps2: positive(0.15),
  gyroscopeBiasSigmaRps: positive(4e-3),
  /** A longer gap between two samples is bridged with the two sigmas below. */
  gapMaxS: positive(0.1),
  gapAccelerationSigmaMps2: positive(3),
  gapRateSigmaRps: positive(0.3),
});

const InitialSchema = z.strictObject({
  defaultTakeoffOriginSigmaHorizM: positive(5),
  defaultTakeoffOriginSigmaVertM: positive(10),
  /** Without a take-off origin nothing is known of the position. */
  unknownSigmaHorizM: positive(20_000),
  unknownSigmaVertM: positive(1000),
  velocitySigmaHorizMps: positive(20),
  velocitySigmaVertMps: positive(3),
});

const AttitudeSchema = z.strictObject({
  /** Samples closer than this are thinned. */
  intervalS: positive(1),
  /** Correlation time of the controller's attitude error. */
  correlationTimeS: positive(60),
});

const BaroSchema = z.strictObject({
  intervalS: positive(0.5),
  /** The drift is a first-order Gauss–Markov state. */
  driftSigmaM: positive(2),
  driftTimeS: positive(300),
  whiteSigmaM: positive(0.5),
});

const OdometrySchema = z.strictObject({
  /** Factor on the covariance that comes with the measurement. */
  covarianceFactor: positive(1),
  translationFloorM: positive(0.02),
  /** Floor as a share of the translation's length, independent between pairs. */
  translationFloorShare: positive(0.003),
  /** Also stands for the clocks: 3 ms between camera and IMU at 20°/s. */
  rotationFloorRad: degreesAsRadians(0.06),
  /** Lens, height and ground-plane errors look like a slowly changing scale: Gauss–Markov state. */
  scaleSigma: positive(0.01),
  scaleTimeS: positive(120),
  /** Under this height the flat-ground scale says nothing. */
  heightMinM: positive(3),
  /** Chi-square, 6 degrees of freedom, 99.99 %. */
  gate: positive(27.86),
});

const AnchorSchema = z.strictObject({
  covarianceFactor: positive(1),
  positionFloorM: positive(0.2),
  heightFloorM: positive(0.5),
  rotationFloorRad: degreesAsRadians(0.05),
  /** Chi-square, 6 degrees of freedom, 99.9 %. */
  gate: positive(22.46),
  /** Chi-square, 2 degrees of freedom, 99.9 %. */
  horizontalGate: positive(13.82),
  /** Beyond this (6 degrees of freedom, 95 %) the noise is inflated (Huber weight). */
  softGate: positive(12.59),
  /** Local registration error of the map: Gauss–Markov over the distance flown. */
  mapLocalSigmaM: positive(0.7),
  mapCorrelationLengthM: positive(60),
  /** Offset of the map as a whole: only trusted GPS takes it away. The package's own figure wins. */
  mapConstantSigmaM: positive(1.3),
  /** Distance over which fixes share what they see, as a share of the height… */
  sharedGroundShare: positive(0.5),
  /** …and the most that this weakens one fix (variance): a hovering aircraft learns nothing new. */
  sharedGroundMax: z.number().min(1).default(100),
  /** Consistent refused fixes in a row that move the filter to them… */
  relocaliseAfter: z.int().min(2).default(3),
  /** …and this many while the last fused fix is younger than `relocaliseRecentS`. */
  relocaliseAfterRecent: z.int().min(2).default(5),
  relocaliseRecentS: positive(10),
});

const GpsSchema = z.strictObject({
  intervalS: positive(0.5),
  correlationTimeS: positive(10),
  horizontalFloorM: positive(1.5),
  verticalFloorM: positive(3),
  velocitySigmaMps: positive(0.3),
  satellitesMin: z.int().min(0).default(5),
  /** Chi-square, 6 degrees of freedom, 99.9 %. */
  gate: positive(22.46),
  /** Innovations beyond the gate in a row that end the trust. */
  innovationsMax: z.int().min(1).default(3),
  speedMaxMps: positive(80),
  /** Difference between the step of the position and the step that the velocity makes. */
  jumpMaxM: positive(25),
  baroDifferenceMaxM: positive(60),
});

const VelocitySchema = z.strictObject({
  intervalS: positive(0.2),
  /** Correlation time of the sensor's error. */
  correlationTimeS: positive(30),
  /** Added to the covariance that comes with the sample. */
  floorMps: positive(0.05),
  /** Chi-square, 3 degrees of freedom, 99.9 %. */
  gate: positive(16.27),
});

const LabelSchema = z.strictObject({
  anchoredAgeMaxS: positive(10),
  anchoredAxisMaxM: positive(25),
  propagatedAxisMaxM: positive(200),
  usableAxisMaxM: positive(500),
  /** A better label is taken only inside this share of its limits. */
  hysteresis: z.number().min(0.1).max(1).default(0.9),
  /** Odometry counts as tracking until its last pair is this old… */
  odometryAgeMaxS: positive(1.5),
  /** …and while GPS is spoofed, until this long after the next frame was due. */
  blindAfterS: positive(0.4),
});

const PromotionSchema = z.strictObject({
  dwellS: positive(10),
  toleranceM: positive(30),
  spoofPromotionBoundedDeltaM: positive(200),
});

export const EskfConfigSchema = z.strictObject({
  imu: ImuNoiseSchema.prefault({}),
  initial: InitialSchema.prefault({}),
  attitude: AttitudeSchema.prefault({}),
  baro: BaroSchema.prefault({}),
  odometry: OdometrySchema.prefault({}),
  anchor: AnchorSchema.prefault({}),
  gps: GpsSchema.prefault({}),
  velocity: VelocitySchema.prefault({}),
  label: LabelSchema.prefault({}),
  promotion: PromotionSchema.prefault({}),
  mountingSigmaRad: degreesAsRadians(0.5),
  /** How far back a measurement may reach. */
  historyS: positive(2),
  checkpointIntervalS: positive(0.1),
  /** Measurements may run ahead of the newest IMU sample by this much. */
  aheadMaxS: positive(1),
});
export type EskfConfig = Readonly<z.infer<typeof EskfConfigSchema>>;

/** The defaults. */
export function defaultEskfConfig(): EskfConfig {
  return EskfConfigSchema.parse({});
}
