/**
 * Configuration of the error-state filter. Every sigma is 1 sigma; noise densities are one-sided.
 *
 * Defaults: consumer MEMS of the BMI088 class (Bosch BST-BMI088-DS001: gyroscope 0.014 °/s/√Hz,
 * accelerometer 175–230 µg/√Hz), inflated for the vibration of an airframe and the scale-factor
 * errors that the state does not carry.
 *
 * @module
 */
import * as z from "zod";
import { quantity, radiansFromDegrees } from "../../core/mod.ts";

const degreesAsRadians = (fallbackDeg: number) =>
  quantity.angleRad.default(radiansFromDegrees(fallbackDeg));

const ImuNoiseSchema = z.strictObject({
  /** Whether a sample is the mean since the one before it, or the value at its moment. */
  sampling: z.enum(["interval_mean", "instant"]).default("interval_mean"),
  /** m/s²/√Hz. */
  accelerometerDensity: quantity.noiseDensity.default(0.015),
  /** rad/s/√Hz. */
  gyroscopeDensity: quantity.noiseDensity.default(7e-4),
  /** m/s²/√s. */
  accelerometerBiasWalk: quantity.noiseDensity.default(1e-3),
  /** rad/s/√s. */
  gyroscopeBiasWalk: quantity.noiseDensity.default(3e-5),
  accelerometerBiasSigmaMps2: quantity.accelerationMps2.default(0.15),
  gyroscopeBiasSigmaRps: quantity.rateRps.default(4e-3),
  /** A longer gap between two samples is bridged with the two sigmas below. */
  gapMaxS: quantity.durationS.default(0.1),
  gapAccelerationSigmaMps2: quantity.accelerationMps2.default(3),
  gapRateSigmaRps: quantity.rateRps.default(0.3),
});

/** When an IMU sample cannot be right, and when the IMU as a whole is left out (imu_intake.ts). */
const ImuChecksSchema = z.strictObject({
  /** End of the range of each axis, ±16 g… */
  forceMaxMps2: quantity.accelerationMps2.default(154),
  /** …and ±2000 °/s. */
  rateMaxRps: quantity.rateRps.default(34),
  /** A force of this size, mean over the time below, is none of an aircraft. */
  forceLongMps2: quantity.accelerationMps2.default(80),
  forceWindowS: quantity.durationS.default(0.1),
  /** One sample that repeats itself for so long while the attitude turns otherwise. */
  stuckS: quantity.durationS.default(0.1),
  /** Gyroscopes that turn otherwise than the attitude, over a short and over a long time. */
  turnFastRps: quantity.rateRps.default(1),
  turnFastS: quantity.durationS.default(0.25),
  turnSlowRps: quantity.rateRps.default(0.3),
  turnSlowS: quantity.durationS.default(1),
  /** Mean vertical acceleration that nothing keeps up for so long. */
  climbMaxMps2: quantity.accelerationMps2.default(8),
  climbWindowS: quantity.durationS.default(1),
  /** Without a sample for so long the attitude stands for the IMU. */
  missingS: quantity.durationS.default(0.3),
  /** An IMU that is left out agrees with the pictures when its change of velocity differs by less than this… */
  agreementMps: quantity.speedMps.default(2),
  /** …and so much a second… */
  agreementMps2: quantity.accelerationMps2.default(0.3),
  /** …and without pictures when it says less than this. */
  blindMps2: quantity.accelerationMps2.default(8),
  /** Its gyroscopes agree with the attitude when they differ by less than this over a second. */
  agreementRad: degreesAsRadians(2),
  /** Smaller differences from the filter without the IMU are no fault of the IMU's. */
  contradictionMps: quantity.speedMps.default(1.5),
  contradictionM: quantity.lengthM.default(5),
  contradictionRad: degreesAsRadians(5),
});

/** White noise of a motion of which nothing but the controller's attitude is known. */
const WithoutImuSchema = z.strictObject({
  /** m/s²/√Hz: 2 m/s² for a second at a time. */
  accelerometerDensity: quantity.noiseDensity.default(3),
  /** rad/s/√Hz. */
  gyroscopeDensity: quantity.noiseDensity.default(8e-3),
});

const InitialSchema = z.strictObject({
  defaultTakeoffOriginSigmaHorizM: quantity.lengthM.default(5),
  defaultTakeoffOriginSigmaVertM: quantity.lengthM.default(10),
  /** Without a take-off origin nothing is known of the position. */
  unknownSigmaHorizM: quantity.lengthM.default(20_000),
  unknownSigmaVertM: quantity.lengthM.default(1000),
  velocitySigmaHorizMps: quantity.speedMps.default(20),
  velocitySigmaVertMps: quantity.speedMps.default(3),
});

const AttitudeSchema = z.strictObject({
  /** Samples closer than this are thinned. */
  intervalS: quantity.durationS.default(1),
  /** Correlation time of the controller's attitude error. */
  correlationTimeS: quantity.durationS.default(60),
});

const BaroSchema = z.strictObject({
  intervalS: quantity.durationS.default(0.5),
  /** The drift is a first-order Gauss–Markov state. */
  driftSigmaM: quantity.lengthM.default(2),
  driftTimeS: quantity.durationS.default(300),
  whiteSigmaM: quantity.lengthM.default(0.5),
  /** Refused for so long, with nothing else that measures the height, it is believed again. */
  widenAfterS: quantity.durationS.default(2.5),
});

const OdometrySchema = z.strictObject({
  /** Factor on the covariance that comes with the measurement. */
  covarianceFactor: quantity.ratio.default(1),
  translationFloorM: quantity.lengthM.default(0.02),
  /** Floor as a share of the translation's length, independent between pairs. */
  translationFloorShare: quantity.ratio.default(0.003),
  /** Also stands for the clocks: 3 ms between camera and IMU at 20°/s. */
  rotationFloorRad: degreesAsRadians(0.06),
  /**
   * A tilt of camera, lens or ground that is not known looks like a turn about the vertical: of so much for each height that
   * is flown, 1 sigma…
   */
  turnPerHeightRad: quantity.angleRad.default(0.006),
  /** …and it stays so long. */
  turnTimeS: quantity.durationS.default(60),
  /** Lens, height and ground-plane errors look like a slowly changing scale: Gauss–Markov state. */
  scaleSigma: quantity.ratio.default(0.01),
  scaleTimeS: quantity.durationS.default(120),
  /**
   * …that begins with this: a focal length, or a height of the ground, that is 30 % wrong shows in no
   * frame, and only GPS or a fix tells. They take it away within seconds.
   */
  scaleInitialSigma: quantity.ratio.default(0.1),
  /** Under this height the flat-ground scale says nothing. */
  heightMinM: quantity.lengthM.default(3),
  /** Chi-square, 6 degrees of freedom, 99.99 %. */
  gate: quantity.chiSquare.default(27.86),
});

const AnchorSchema = z.strictObject({
  covarianceFactor: quantity.ratio.default(1),
  positionFloorM: quantity.lengthM.default(0.2),
  heightFloorM: quantity.lengthM.default(0.5),
  rotationFloorRad: degreesAsRadians(0.05),
  /** Chi-square, 6 degrees of freedom, 99.9 %. */
  gate: quantity.chiSquare.default(22.46),
  /** Chi-square, 2 degrees of freedom, 99.9 %. */
  horizontalGate: quantity.chiSquare.default(13.82),
  /** Beyond this (6 degrees of freedom, 95 %) the noise is inflated (Huber weight). */
  softGate: quantity.chiSquare.default(12.59),
  /** Local registration error of the map: Gauss–Markov over the distance flown. */
  mapLocalSigmaM: quantity.lengthM.default(0.7),
  mapCorrelationLengthM: quantity.lengthM.default(60),
  /** Offset of the map as a whole: only trusted GPS takes it away. The package's own figure wins. */
  mapConstantSigmaM: quantity.lengthM.default(1.3),
  /** …but where it is smaller than this: season, light and shadows move what looks like the same place. */
  mapConstantSigmaMinM: quantity.lengthM.default(1),
  /** Distance over which fixes share what they see, as a share of the height… */
  sharedGroundShare: quantity.ratio.default(0.5),
  /** …and the most that this weakens one fix (variance): a hovering aircraft learns nothing new. */
  sharedGroundMax: z.number().min(1).max(1e6).default(100),
  /** Consistent refused fixes in a row that move the filter to them… */
  relocaliseAfter: z.int().min(2).max(1000).default(3),
  /** …and this many while the last fused fix is younger than `relocaliseRecentS`. */
  relocaliseAfterRecent: z.int().min(2).max(1000).default(5),
  relocaliseRecentS: quantity.durationS.default(10),
});

const GpsSchema = z.strictObject({
  intervalS: quantity.durationS.default(0.5),
  correlationTimeS: quantity.durationS.default(10),
  horizontalFloorM: quantity.lengthM.default(1.5),
  verticalFloorM: quantity.lengthM.default(3),
  velocitySigmaMps: quantity.speedMps.default(0.3),
  satellitesMin: z.int().min(0).max(1000).default(5),
  /** Chi-square, 6 degrees of freedom, 99.9 %. */
  gate: quantity.chiSquare.default(22.46),
  /** Without pictures the filter is widened to GPS while their differences are below these two. */
  blindPositionMaxM: quantity.lengthM.default(50),
  blindVelocityMaxMps: quantity.speedMps.default(12),
  /** With odometry alone, up to so many gates, the noise is inflated. */
  blindGateFactor: quantity.ratio.default(6),
  /** Innovations beyond the gate in a row that end the trust. */
  innovationsMax: z.int().min(1).max(100_000).default(3),
  speedMaxMps: quantity.speedMps.default(80),
  /** Horizontal, between two samples. */
  accelerationMaxMps2: quantity.accelerationMps2.default(60),
  /** Difference between the step of the position and the step that the velocity makes. */
  jumpMaxM: quantity.lengthM.default(25),
  baroDifferenceMaxM: quantity.lengthM.default(60),
  /** A position that repeats itself while the aircraft moves this far and its 95 % radius is frozen… */
  frozenMaxM: quantity.lengthM.default(6),
  /** …and so is a time stamp that falls this far behind. */
  staleMaxS: quantity.durationS.default(3),
});

/** GPS against the filter that does without it (gps_witness.ts). */
const GpsWitnessSchema = z.strictObject({
  intervalS: quantity.durationS.default(0.5),
  /** The difference is a mean over this time, of at least so many samples. */
  windowS: quantity.durationS.default(3),
  samplesMin: z.int().min(1).max(1000).default(4),
  /** What the stamps of GPS may be wrong by: an error along the way that it flies. */
  timingSigmaS: quantity.durationS.default(0.05),
  /**
   * Chi-square, 2 degrees of freedom, 4 in a million. The errors on both sides are correlated over
   * 40 s and more, so that an hour holds fewer than a hundred independent looks.
   */
  gate: quantity.chiSquare.default(25),
  /** Where there are fixes, the last so many have to be in line with each other. */
  fixesMin: z.int().min(1).max(100).default(3),
  /** From here (99 %) GPS is not fused any more… */
  doubtGate: quantity.chiSquare.default(9.21),
  /** …which is a conflict after so long, where they never agreed… */
  doubtMaxS: quantity.durationS.default(20),
  /** …and up to here (95 %) it agrees: after so long it is the map's fault no more. */
  agreementGate: quantity.chiSquare.default(5.99),
  agreementS: quantity.durationS.default(10),
  /** Sigmas of the prior that GPS may move the map by. */
  mapOffsetMax: z.number().min(1).max(100).default(5),
  /** Without fixes and as uncertain as this the witness begins anew, from the state with GPS… */
  renew95M: quantity.lengthM.default(60),
  /** …with this much doubt about what GPS may have moved until then… */
  renewSigmaM: quantity.lengthM.default(6),
  /** …and so it does without pictures, with the IMU alone, after this time… */
  renewBlindS: quantity.durationS.default(10),
  /** …within which its velocity may be wrong by this much, and by so much more a second. */
  blindVelocityMps: quantity.speedMps.default(2.5),
  blindAccelerationMps2: quantity.accelerationMps2.default(0.5),
  /** Where pictures have gone dark GPS may walk away by so much, 1 sigma, and nothing finds it out… */
  unseenWalkMps: quantity.speedMps.default(1),
  /** …up to this much: a radius of 95 % of 200 m. */
  unseenMaxM: quantity.lengthM.default(80),
});

const VelocitySchema = z.strictObject({
  intervalS: quantity.durationS.default(0.2),
  /** Correlation time of the sensor's error. */
  correlationTimeS: quantity.durationS.default(30),
  /** Added to the covariance that comes with the sample. */
  floorMps: quantity.speedMps.default(0.05),
  /** Chi-square, 3 degrees of freedom, 99.9 %. */
  gate: quantity.chiSquare.default(16.27),
});

const LabelSchema = z.strictObject({
  anchoredAgeMaxS: quantity.durationS.default(10),
  anchoredAxisMaxM: quantity.lengthM.default(25),
  propagatedAxisMaxM: quantity.lengthM.default(200),
  usableAxisMaxM: quantity.lengthM.default(500),
  /** A better label is taken only inside this share of its limits. */
  hysteresis: z.number().min(0.1).max(1).default(0.9),
  /** Odometry counts as tracking until its last pair is this old… */
  odometryAgeMaxS: quantity.durationS.default(1.5),
  /** …and while GPS is spoofed, until this long after the next frame was due. */
  blindAfterS: quantity.durationS.default(0.4),
  /** Nothing of the camera was fused for this long, and three frames: dead reckoned. */
  blindMaxS: quantity.durationS.default(2),
});

const PromotionSchema = z.strictObject({
  dwellS: quantity.durationS.default(10),
  toleranceM: quantity.lengthM.default(30),
  spoofPromotionBoundedDeltaM: quantity.lengthM.default(200),
});

export const EskfConfigSchema = z.strictObject({
  imu: ImuNoiseSchema.prefault({}),
  imuChecks: ImuChecksSchema.prefault({}),
  withoutImu: WithoutImuSchema.prefault({}),
  initial: InitialSchema.prefault({}),
  attitude: AttitudeSchema.prefault({}),
  baro: BaroSchema.prefault({}),
  odometry: OdometrySchema.prefault({}),
  anchor: AnchorSchema.prefault({}),
  gps: GpsSchema.prefault({}),
  gpsWitness: GpsWitnessSchema.prefault({}),
  velocity: VelocitySchema.prefault({}),
  label: LabelSchema.prefault({}),
  promotion: PromotionSchema.prefault({}),
  mountingSigmaRad: degreesAsRadians(0.5),
  /** How far back a measurement may reach. */
  historyS: quantity.durationS.default(5),
  checkpointIntervalS: quantity.durationS.default(0.1),
  /** Measurements may run ahead of the newest IMU sample by this much. */
  aheadMaxS: quantity.durationS.default(1),
});
export type EskfConfig = Readonly<z.infer<typeof EskfConfigSchema>>;

/** The defaults. */
export function defaultEskfConfig(): EskfConfig {
  return EskfConfigSchema.parse({});
}
