/**
 * A place that a search found, as a fix: for ground without tie points.
 *
 * @module
 */
import {
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionFromMatrix,
  quaternionMultiply,
} from "../core/mod.ts";
import type { BodyPose, PoseFix } from "../navigation/pose/mod.ts";
import type { CameraPrior } from "./camera_prior.ts";
import type { StandingPlace } from "./search_evidence.ts";

/** The search says next to nothing of attitude and height: 1 sigma, radians and a share of the height. */
const ROTATION_SIGMA_RAD = 0.35;
const HEIGHT_SIGMA_SHARE = 0.3;

/** Attitude and height are the estimate's, with sigmas that teach the estimator nothing. */
export function placeFix(
  timeNs: MonotonicNs,
  prior: CameraPrior,
  place: StandingPlace,
  bodyFromCamera: Quaternion,
): PoseFix {
  const covariance = new Float64Array(36);
  for (let i = 0; i < 6; i++) {
    const sigma = i < 2
      ? place.sigmaM
      : i === 2
      ? HEIGHT_SIGMA_SHARE * prior.heightM
      : ROTATION_SIGMA_RAD;
    covariance[7 * i] = sigma ** 2;
  }
  const pose: BodyPose = {
    positionLocalM: [place.eastM, place.northM, prior.positionLocalM[2]],
    localFromBody: quaternionMultiply(
      quaternionFromMatrix(prior.localFromCamera),
      quaternionConjugate(bodyFromCamera),
    ),
    covariance,
  };
  return {
    status: "fix",
    timeNs,
    posterior: pose,
    measurementOnly: pose,
    localFromCamera: prior.localFromCamera,
    inliers: 0,
    points: 0,
    residualM: 0,
  };
}
