/**
 * C5: the state estimator. Fuses IMU, attitude, barometer, odometry, satellite fixes and GPS.
 *
 * Frames: local (east, north, up; see core `LocalFrame`, up = height above the flat ground of the
 * map), body FRD. Rotation errors are body-frame vectors: `R_true = R_estimate · Exp(error)`.
 * Covariances are row-major; metres and radians.
 *
 * @module
 */
import type { Matrix3, MonotonicNs, Quaternion, Vector3, WgsPosition } from "../../core/mod.ts";

export interface ImuSample {
  readonly timeNs: MonotonicNs;
  /** Accelerometer: specific force, body FRD, m/s² (at rest and level: [0, 0, −9.81]). */
  readonly specificForceMps2: Vector3;
  /** Gyroscope, body FRD, rad/s. */
  readonly angularRateRps: Vector3;
}

/** The flight controller's own attitude solution. */
export interface AttitudeSample {
  readonly timeNs: MonotonicNs;
  readonly localFromBody: Quaternion;
  /** 1 sigma, radians. */
  readonly sigmaTiltRad: number;
  readonly sigmaHeadingRad: number;
}

export interface BaroSample {
  readonly timeNs: MonotonicNs;
  /** Height above the local frame's origin (the ground of the map), metres. */
  readonly heightM: number;
  readonly sigmaM: number;
}

export interface GpsSample {
  readonly timeNs: MonotonicNs;
  readonly fix: "none" | "2d" | "3d";
  readonly position: WgsPosition;
  /** East, north, up, m/s. */
  readonly velocityLocalMps: Vector3;
  /** false: its up component was not measured (MAVLink's GPS_RAW_INT has none). */
  readonly hasVerticalVelocity?: boolean;
  readonly sigmaHorizontalM: number;
  readonly sigmaVerticalM: number;
  readonly satellites: number;
  /** What the controller itself reports of the signal. */
  readonly integrity: "ok" | "jammed" | "spoofed" | "unknown";
}

/** A velocity over the ground, measured in the aircraft's own axes. */
export interface VelocitySample {
  readonly timeNs: MonotonicNs;
  /** Forward, right, down, m/s. */
  readonly velocityBodyMps: Vector3;
  /** Of its error, row-major, m²/s². */
  readonly covariance: Matrix3;
}

type ScaleQuality = "metric" | "direction_only" | "unknown";

/**
 * Motion between two exposures as the camera saw it. "Body" here is the body frame that the camera's
 * nominal mounting implies: the estimator carries the mounting error as a state.
 */
export interface VioMeasurement {
  readonly fromNs: MonotonicNs;
  readonly toNs: MonotonicNs;
  /** Position at `to` relative to `from`, in the body axes at `from`, metres. */
  readonly translationM: Vector3;
  /** body(from) from body(to). */
  readonly rotationFromTo: Quaternion;
  /** 6×6 of (translation m, rotation rad). */
  readonly covariance: Float64Array;
  readonly scaleQuality: ScaleQuality;
  /**
   * Height of the camera over the ground that gave the translation its scale, metres. The true
   * translation is `translationM · (true height at `from` / scaleHeightM)`.
   */
  readonly scaleHeightM: number;
  /** Of that ground under the camera at `from`, over up = 0; absent: 0, flat ground. */
  readonly groundUpM?: number;
}

/** A satellite fix as a measurement: where the camera stood, from the picture and the map alone (no prior in it). */
export interface PoseAnchor {
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  /** local from body, through the camera's nominal mounting. */
  readonly localFromBody: Quaternion;
  /** 6×6 of (position local m, rotation error in body axes rad); may be strongly correlated. */
  readonly covariance: Float64Array;
}

/** One component of a measurement, in the order of the arrays of an outcome. */
export interface MeasurementComponent {
  readonly name: string;
  readonly unit: "m" | "m/s" | "rad";
}

const components = (unit: MeasurementComponent["unit"], ...names: readonly string[]) =>
  names.map((name): MeasurementComponent => ({ name, unit }));

/**
 * The sources of measurements, in the order in which those of one moment are applied, and what the
 * arrays of their outcomes hold. Rotations are rotation vectors; their errors stand in body axes.
 */
export const MEASUREMENT_SOURCES = {
  attitude: components("rad", "about forward", "about right", "about down"),
  barometer: components("m", "height"),
  gps: [
    ...components("m", "east", "north", "up"),
    ...components("m/s", "velocity east", "velocity north", "velocity up"),
  ],
  velocity: components("m/s", "forward", "right", "down"),
  odometry: [
    ...components("m", "forward", "right", "down"),
    ...components("rad", "about forward", "about right", "about down"),
  ],
  anchor: [
    ...components("m", "east", "north", "up"),
    ...components("rad", "about forward", "about right", "about down"),
  ],
} as const satisfies Readonly<Record<string, readonly MeasurementComponent[]>>;
export type SourceName = keyof typeof MEASUREMENT_SOURCES;
export const SOURCE_NAMES = Object.keys(MEASUREMENT_SOURCES) as readonly SourceName[];
/** Place of each source in {@link SOURCE_NAMES}. */
export const SOURCE_RANK = Object.fromEntries(
  SOURCE_NAMES.map((name, rank) => [name, rank]),
) as Readonly<Record<SourceName, number>>;

/**
 * What the gate saw, a number for each component of the source; empty where a measurement was
 * refused before the filter looked at it.
 */
export interface MeasurementNumbers {
  readonly observation: readonly number[];
  /** Variance of the observation's noise, as the gate took it. */
  readonly observationVariance: readonly number[];
  /** Observation less what the state predicted. */
  readonly innovation: readonly number[];
  readonly innovationVariance: readonly number[];
}

/** Why a measurement did or did not reach the state: one shape for every source. */
export interface MeasurementOutcome extends MeasurementNumbers {
  readonly source: SourceName;
  readonly timeNs: MonotonicNs;
  readonly fused: boolean;
  /** Why not; when fused only where something is worth a remark (a re-initialisation). */
  readonly reason?: string;
  /**
   * Squared Mahalanobis distance of the innovation over its gate, the largest where there are several
   * gates: above 1 is rejected. Infinity where the filter did not look at the measurement.
   */
  readonly testRatio: number;
}

export type SourceLabel = "satellite_anchored" | "visual_propagated" | "dead_reckoned";

export interface StateEstimate {
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  readonly velocityLocalMps: Vector3;
  readonly localFromBody: Quaternion;
  /** The camera's mounting error: true body-from-camera = Exp(mounting) · nominal, radians. */
  readonly mountingErrorRad: Vector3;
  /** What the map is off by here, as far as it is known: a place in the map less its WGS84 place. */
  readonly mapErrorM?: readonly [eastM: number, northM: number];
  /**
   * 6×6 of (position local m, rotation error in body axes rad). Holds the map's own registration
   * error: it speaks of WGS84 positions, not of positions in the map.
   */
  readonly covariance: Float64Array;
  /** 3×3, m²/s². */
  readonly velocityCovariance: Float64Array;
  /** Semi-major axis of the horizontal 95 % ellipse, metres. */
  readonly horizontal95M: number;
  /** What of that nothing has confirmed, as `EstimatorHealth.unconfirmedM` was then; absent of a smoothed one. */
  readonly unconfirmedM?: number;
  readonly label: SourceLabel;
  /** Seconds since the last fused anchor; Infinity before the first. */
  readonly anchorAgeS: number;
  /** A smoothed estimate never goes to the flight controller. */
  readonly smoothed: boolean;
}

export interface EstimatorHealth {
  readonly state: "stopped" | "starting" | "active" | "failed";
  readonly imuSamples: number;
  /** Out of order, repeated, not finite, or of an IMU that cannot be right. */
  readonly imuRefused: number;
  /** Why the IMU is left out; "" while it is used. */
  readonly imuReason: string;
  /**
   * By how much the stamps of pictures are too new, seconds: their exposures are to be taken for so much earlier.
   * Measured by the turns that they saw; 0 while nothing is known against them.
   */
  readonly pictureDelayS: number;
  /**
   * Before the first fix: the share of the way that odometry and attitude together may be wrong by, 1 sigma, as
   * GPS has measured it; Infinity where it has not.
   */
  readonly motionShare: number;
  /**
   * What estimates say of each horizontal axis beyond the filter's own sigma, 1 sigma, metres, for what nothing has
   * confirmed: a start (`doubtGpsStart`), a motion (`doubtMotion`), or fixes that have overruled the filter.
   */
  readonly unconfirmedM: number;
  readonly fused: Readonly<Record<SourceName, number>>;
  readonly rejected: Readonly<Record<SourceName, number>>;
  /** absent: there was never a usable sample, or none of late. */
  readonly gps: "absent" | "trusted" | "demoted";
  /** Why it is absent or demoted, or (trusted) not fused at present; "" where nothing is wrong. */
  readonly gpsReason: string;
}

/** What the recorder should know. */
export type EstimatorEvent =
  /** Every measurement that was fused or refused; not those that were thinned out. */
  | {
    readonly type: "measurement";
    readonly timeNs: number;
    readonly outcome: MeasurementOutcome;
  }
  | {
    readonly type: "label";
    readonly timeNs: number;
    readonly from: SourceLabel;
    readonly to: SourceLabel;
  }
  | {
    readonly type: "gps.demoted";
    readonly timeNs: number;
    readonly reason: string;
    /** What was taken back with it; absent where the state was kept. */
    readonly unlearnt?: UnlearntGps;
  }
  /** GPS and the map contradict each other, and nothing says which of them is wrong. */
  | { readonly type: "map_conflict"; readonly timeNs: number; readonly disagreementM: number }
  /** The fixes since then are as near to GPS as the map's package promises: there was no conflict. */
  | { readonly type: "map_conflict_settled"; readonly timeNs: number }
  | {
    readonly type: "gps_bounded_delta.accept" | "gps_bounded_delta.reject";
    readonly timeNs: number;
    readonly reason: string;
    readonly deltaM: number;
  }
  /** The turns of the controller's attitude stand for the IMU from now on… */
  | { readonly type: "imu.left_out"; readonly timeNs: number; readonly reason: string }
  /** …and it has agreed with the filter long enough. */
  | { readonly type: "imu.used_again"; readonly timeNs: number }
  /** The filter had failed; it goes on from what was known last. */
  | { readonly type: "restarted"; readonly timeNs: number; readonly reason: string }
  /** By how much pictures are older than their stamps, seconds; 0: they are right again. */
  | { readonly type: "picture_delay"; readonly timeNs: number; readonly delayS: number }
  /**
   * GPS contradicts the heading from the start on: the controller's attitude is turned by so much about the
   * vertical, anticlockwise, from now on; 0: GPS has lied, and it is not.
   */
  | { readonly type: "heading_correction"; readonly timeNs: number; readonly turnRad: number }
  | { readonly type: "cold_start_origin.unavailable"; readonly timeNs: number }
  | {
    readonly type: "cold_start_origin.set";
    readonly timeNs: number;
    readonly origin: TakeoffOrigin;
    readonly sigmaHorizM: number;
    readonly sigmaVertM: number;
  };

/** What GPS had taught the filter and is forgotten: the state is the one without GPS since then. */
export interface UnlearntGps {
  readonly sinceNs: number;
  /** How far the estimate moved by it, horizontally, metres. */
  readonly movedM: number;
}

export interface TakeoffOrigin {
  readonly positionLocalM: Vector3;
}

export interface StateEstimator {
  readonly strategyLabel: string;
  /** It smooths as it goes: its smoothed history costs next to nothing. */
  readonly isSmoother?: boolean;
  /** Before the first measurement; later: `EstimatorAlreadyStartedError`. */
  setTakeoffOrigin(origin: TakeoffOrigin, sigmaHorizM?: number, sigmaVertM?: number): void;
  addImu(sample: ImuSample): void;
  addAttitude(sample: AttitudeSample): MeasurementOutcome;
  addBaro(sample: BaroSample): MeasurementOutcome;
  /** A measurement older than the state is applied at its own time. */
  addVio(measurement: VioMeasurement): MeasurementOutcome;
  addPoseAnchor(anchor: PoseAnchor): MeasurementOutcome;
  addGps(sample: GpsSample): MeasurementOutcome;
  addVelocity(sample: VelocitySample): MeasurementOutcome;
  /** GPS was found out before this flight was interrupted: only the spoof-promotion gate lets it back. */
  distrustGps(reason: string): void;
  /**
   * Pictures contradict the position: it may be off by `distanceM` (1 sigma, each horizontal axis).
   * What is known of the motion stays.
   */
  doubtPosition(distanceM: number): void;
  /**
   * The start, or the motion since GPS or a fix last told the place, is not confirmed, and may have led it
   * this much further off (1 sigma, each horizontal axis). Estimates say so until either tells it again.
   */
  doubtMotion(distanceM: number): void;
  /**
   * GPS has told the start and no picture confirms it: both may be wrong alike, by this much (1 sigma, each horizontal
   * axis). Estimates say so until a fix is fused; the filter goes on with GPS.
   */
  doubtGpsStart(sigmaM: number): void;
  /** State at the newest IMU sample. */
  currentEstimate(): StateEstimate;
  /** State at a moment inside the kept history (e.g. an exposure); throws outside of it. */
  estimateAt(timeNs: MonotonicNs): StateEstimate;
  /**
   * What camera, map, attitude and barometer make of that moment without the IMU: another guess for whoever
   * finds the first one wrong. undefined where they say nothing.
   */
  estimateWithoutImu(timeNs: MonotonicNs): StateEstimate | undefined;
  /**
   * The newest `count` frames of the kept history with all that was measured since, oldest first;
   * each is marked `smoothed`. Frames are known from `addVio`. `limit`: no more than the oldest so many of them.
   */
  smoothedHistory(count: number, limit?: number): readonly StateEstimate[];
  health(): EstimatorHealth;
}
