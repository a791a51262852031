/**
 * C4: a camera pose with an honest covariance from correspondences, or the reason why not.
 *
 * @module
 */
import type { Matrix3, MonotonicNs, Quaternion, Vector3 } from "../../core/mod.ts";
import type { RayAndGround } from "../../native/vision/mod.ts";

/** Correspondences of one frame, and what is known of the camera apart from them. */
export interface PoseRequest {
  readonly timeNs: MonotonicNs;
  readonly correspondences: readonly RayAndGround[];
  /** Start of the refinement. */
  readonly guess: { readonly positionLocalM: Vector3; readonly localFromCamera: Matrix3 };
  /** One pixel of the map resolution that the tie points were found at, metres. */
  readonly gsdM: number;
  /** Nominal mounting. */
  readonly bodyFromCamera: Quaternion;
  /** Attitude and height from the estimator: the answer is sought near them and checked against. */
  readonly expected: {
    readonly localFromCamera: Matrix3;
    readonly heightM: number;
    readonly sigmaTiltRad: number;
    readonly sigmaHeadingRad: number;
    readonly sigmaHeightM: number;
  };
}

/** A camera position and the body attitude that its nominal mounting implies. */
export interface BodyPose {
  readonly positionLocalM: Vector3;
  readonly localFromBody: Quaternion;
  /** 6×6 of (position local m, rotation error in body axes rad). */
  readonly covariance: Float64Array;
}

export interface PoseFix {
  readonly status: "fix";
  readonly timeNs: MonotonicNs;
  /** Most probable pose, with the expected attitude and height taken in: for people and checks. */
  readonly posterior: BodyPose;
  /**
   * What picture and map say on their own: for the estimator, which has the attitude already. Tilt
   * and position are strongly correlated in it.
   */
  readonly measurementOnly: BodyPose;
  readonly localFromCamera: Matrix3;
  readonly inliers: number;
  readonly points: number;
  /** Root mean square distance between frame and map at the tie points, metres on the ground. */
  readonly residualM: number;
}

export interface PoseRejection {
  readonly status: "rejected";
  readonly reason: "few_inliers" | "residual" | "tilt" | "heading" | "height" | "unconstrained";
  readonly detail: string;
}

export type PoseOutcome = PoseFix | PoseRejection;

export interface PoseSolver {
  solve(request: PoseRequest): Promise<PoseOutcome>;
}
