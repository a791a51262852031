/**
 * The camera's pose and its sigmas by the state estimate, through the estimated mounting.
 *
 * @module
 */
import {
  horizontalCovarianceM2,
  type Matrix3,
  matrixFromQuaternion,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  rotationCovarianceRad2,
  upVarianceM2,
  type Vector3,
} from "../core/mod.ts";
import type { VisionFrame } from "../native/vision/mod.ts";
import type { Terrain } from "../navigation/terrain/mod.ts";
import type { StateEstimate } from "../navigation/state_estimator/mod.ts";

/** Pose of the camera in the map's local frame (its registration error included) with the sigmas that searches and checks need. */
export interface CameraPrior {
  readonly positionLocalM: Vector3;
  /** Over the ground below. */
  readonly heightM: number;
  readonly localFromCamera: Matrix3;
  /** Semi-major axis, 1 sigma, metres. */
  readonly sigmaHorizontalM: number;
  readonly sigmaHeightM: number;
  readonly sigmaTiltRad: number;
  readonly sigmaHeadingRad: number;
}

/** `minimum`: of the sigmas; `terrain`: null over flat ground. */
export function cameraPrior(
  estimate: StateEstimate,
  bodyFromCamera: Quaternion,
  minimum: { readonly sigmaTiltRad: number; readonly sigmaHeadingRad: number },
  terrain: Terrain | null,
): CameraPrior {
  const mounted = quaternionMultiply(
    quaternionFromRotationVector(estimate.mountingErrorRad),
    bodyFromCamera,
  );
  const [varianceTilt, varianceHeading] = attitudeVariances(estimate);
  const [eastM, northM, upM] = estimate.positionLocalM;
  // The estimate is a WGS84 place; the picture is sought where the map shows that place.
  const [mapEastM, mapNorthM] = estimate.mapErrorM ?? [0, 0];
  const groundUpM = terrain?.upM(eastM, northM) ?? 0;
  return {
    positionLocalM: [eastM + mapEastM, northM + mapNorthM, upM],
    heightM: upM - groundUpM,
    localFromCamera: matrixFromQuaternion(quaternionMultiply(estimate.localFromBody, mounted)),
    sigmaHorizontalM: Math.sqrt(largestEigenvalue(...horizontalCovarianceM2(estimate.covariance))),
    sigmaHeightM: Math.sqrt(upVarianceM2(estimate.covariance)),
    sigmaTiltRad: Math.max(minimum.sigmaTiltRad, Math.sqrt(varianceTilt)),
    sigmaHeadingRad: Math.max(minimum.sigmaHeadingRad, Math.sqrt(varianceHeading)),
  };
}

/** Side of the ground that a frame shows, metres. */
export function footprintM(
  { camera: { widthPx, heightPx, fxPx } }: VisionFrame,
  prior: CameraPrior,
): number {
  return prior.heightM * Math.sqrt(widthPx * heightPx) / fxPx;
}

/** Larger eigenvalue of a symmetric 2×2 matrix [a b; b c]. */
export function largestEigenvalue(a: number, b: number, c: number): number {
  return (a + c) / 2 + Math.hypot((a - c) / 2, b);
}

/** Rotation covariance turned from body axes into local axes: mean of the two tilts, and heading. */
function attitudeVariances(estimate: StateEstimate): [tilt: number, heading: number] {
  const r = matrixFromQuaternion(estimate.localFromBody);
  const body = rotationCovarianceRad2(estimate.covariance);
  const variance = (axis: number) => {
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      for (let k = 0; k < 3; k++) {
        sum += r[3 * axis + i] * body[3 * i + k] * r[3 * axis + k];
      }
    }
    return Math.max(0, sum);
  };
  return [(variance(0) + variance(1)) / 2, variance(2)];
}
