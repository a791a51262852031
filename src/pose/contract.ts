/**
 * C4: a camera pose with an honest covariance from correspondences, or the reason why not.
 *
 * @module
 */
import type { Matrix3, MonotonicNs, Quaternion, Vector3 } from "../core/mod.ts";
import type { RayAndGround } from "../vision/mod.ts";

/** What the correspondences claim, and what is known of the flight apart from them. */
export interface PoseQuestion {
  readonly timeNs: MonotonicNs;
  readonly correspondences: readonly RayAndGround[];
  /** Start of the refinement. */
  readonly guess: { readonly positionLocalM: Vector3; readonly localFromCamera: Matrix3 };
  /** One pixel of the map resolution that the tie points were found at, metres. */
  readonly gsdM: number;
  /** Nominal mounting. */
  readonly bodyFromCamera: Quaternion;
  /** Attitude and height from the estimator, to check the answer against: never fused into it. */
  readonly expected: {
    readonly localFromCamera: Matrix3;
    readonly heightM: number;
    readonly sigmaTiltRad: number;
    readonly sigmaHeadingRad: number;
    readonly sigmaHeightM: number;
  };
}

/** Position of the camera and attitude of the body that its nominal mounting implies. */
export interface PoseFix {
  readonly status: "fix";
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
  readonly localFromBody: Quaternion;
  readonly localFromCamera: Matrix3;
  /** 6×6 of (position local m, rotation error in body axes rad). */
  readonly covariance: Float64Array;
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
  solve(question: PoseQuestion): Promise<PoseOutcome>;
}
