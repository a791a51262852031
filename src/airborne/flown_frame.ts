/**
 * A frame after its turn, as the maker of tiles wants to see it: the camera's pose in WGS84 terms and
 * how certain it is.
 *
 * @module
 */
import type { CameraFrame } from "../navigation/camera/mod.ts";
import {
  quaternionFromRotationVector,
  quaternionMultiply,
  radiansFromDegrees,
  type Vector3,
} from "../core/mod.ts";
import type { Terrain } from "../navigation/terrain/mod.ts";
import type { FlownFrame } from "../tiles/orthorectification/mod.ts";
import { cameraPrior } from "./camera_prior.ts";
import type { FrameOutcome } from "./navigator.ts";

/** No attitude is better known than this. */
const SIGMA_ANGLE_MIN_DEG = 0.1;

export function flownFrame(
  camera: CameraFrame,
  outcome: FrameOutcome,
  terrain: Terrain | null,
): FlownFrame {
  const { estimate } = outcome;
  const { calibration } = camera;
  const sigmaMinRad = radiansFromDegrees(SIGMA_ANGLE_MIN_DEG);
  const prior = cameraPrior(estimate, calibration.bodyFromCamera, {
    sigmaTiltRad: sigmaMinRad,
    sigmaHeadingRad: sigmaMinRad,
  }, terrain);
  const mounted = quaternionMultiply(
    quaternionFromRotationVector(estimate.mountingErrorRad),
    calibration.bodyFromCamera,
  );
  return {
    sequence: outcome.sequence,
    timeNs: outcome.timeNs,
    jpeg: camera.jpeg,
    ...(camera.grey === undefined ? {} : { grey: camera.grey }),
    view: {
      calibration,
      positionLocalM: estimate.positionLocalM,
      localFromCamera: quaternionMultiply(estimate.localFromBody, mounted),
    },
    knowledge: {
      anchored: estimate.label === "satellite_anchored",
      horizontal95M: estimate.horizontal95M,
      heightAboveGroundM: prior.heightM,
      // The optical axis is the camera's z: its share of straight down.
      tiltRad: Math.acos(Math.max(-1, Math.min(1, -prior.localFromCamera[8]))),
      sigmaTiltRad: prior.sigmaTiltRad,
      sigmaHeadingRad: prior.sigmaHeadingRad,
      sigmaHeightM: prior.sigmaHeightM,
      fixDistanceM: fixDistance(outcome, prior.positionLocalM),
    },
  };
}

/** Between this frame's fused fix and the estimate, both as places in the map; null without a fix. */
function fixDistance(outcome: FrameOutcome, estimateInMapM: Vector3): number | null {
  const { fix } = outcome.location;
  if (fix === null || outcome.fixOutcome?.fused !== true) return null;
  const [eastM, northM] = fix.posterior.positionLocalM;
  return Math.hypot(eastM - estimateInMapM[0], northM - estimateInMapM[1]);
}
