/**
 * C1: visual odometry. Relative motion between frames with its covariance and scale quality.
 *
 * @module
 */
import type { Matrix3, MonotonicNs, Quaternion, Vector3 } from "../../core/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { GroundPlane, Terrain } from "../terrain/mod.ts";

export type VioState = "initialising" | "tracking" | "degraded" | "lost";
type ScaleQuality = "metric" | "direction_only" | "unknown";

/** Where the estimator thinks the camera was at both exposures; only the difference matters. */
export interface MotionHint {
  readonly from: CameraHint;
  readonly to: CameraHint;
}

export interface CameraHint {
  readonly positionLocalM: Vector3;
  /** Through the estimated mounting; gives the ground's normal and the height its meaning. */
  readonly localFromCamera: Matrix3;
  /** The ground below, and the plane that fits it best; absent: level, at up = 0. */
  readonly ground?: GroundPlane & { readonly terrain: Terrain };
}

export interface VioFrame {
  readonly timeNs: MonotonicNs;
  readonly frame: VisionFrame;
  /** Nominal mounting. */
  readonly bodyFromCamera: Quaternion;
  /** As the camera delivered it, for a strategy that works in another process. */
  readonly picture?: {
    readonly jpeg: Uint8Array<ArrayBuffer>;
    /** In place of a JPEG: 8 bits a pixel, row-major, full size. */
    readonly grey?: Uint8Array<ArrayBuffer>;
  };
}

/** Of the IMU, times on the clock of the frames. */
export interface VioImuSample {
  readonly timeNs: MonotonicNs;
  /** Body axes. */
  readonly specificForceMps2: Vector3;
  readonly angularRateRps: Vector3;
}

/** Motion from the last frame to this one, in the body axes (nominal mounting) of the last. */
export interface VioMotion {
  readonly fromNs: MonotonicNs;
  readonly toNs: MonotonicNs;
  readonly translationM: Vector3;
  readonly rotationFromTo: Quaternion;
  /** 6×6 of (translation m, rotation rad). */
  readonly covariance: Float64Array;
  /** The strategy knows none: `covariance` is what its configuration assumes. */
  readonly covarianceUnknown?: true;
  readonly scaleQuality: ScaleQuality;
  /** Height over the ground that gave the scale. */
  readonly scaleHeightM: number;
  /** Of that ground under the camera of the last frame, over up = 0, metres. */
  readonly groundUpM: number;
}

export interface VioOutput {
  readonly state: VioState;
  /** null: this frame did not register with the last. */
  readonly motion: VioMotion | null;
  readonly tracks: number;
  readonly inliers: number;
  /** Root mean square reprojection error of the inliers, pixels. */
  readonly residualPx: number;
  /** Why there is no motion, or why it is another strategy's; empty otherwise. */
  readonly reason: string;
  /** Whose motion it is, where the strategy leans on another one. */
  readonly source?: string;
}

export interface VioHealth {
  readonly state: VioState;
  readonly frames: number;
  readonly registered: number;
  readonly consecutiveFailures: number;
}

export interface VioStrategy {
  readonly strategyLabel: string;
  /**
   * Takes the frame over until the next one replaces it (or reset), even where it throws: the
   * caller must not close it, and the next frame is compared with it.
   * `hint` is null while nothing is known of the motion. A frame that does not register by it is tried
   * again by `otherHint`, asked for only then: a wrong estimate must not blind what could show that it is.
   */
  addFrame(
    frame: VioFrame,
    hint: MotionHint | null,
    otherHint?: () => MotionHint | null,
  ): Promise<VioOutput>;
  /** A strategy that integrates the IMU itself; samples that are not younger than the last are left out. */
  addImu?(sample: VioImuSample): void;
  /** The time of the frame that the next one will be compared with; null before the first. */
  lastFrameNs(): MonotonicNs | null;
  reset(): Promise<void>;
  health(): VioHealth;
  close(): Promise<void>;
}
