/**
 * Computes the camera pose of a photograph from its tags.
 *
 * @module
 */
import {
  DataError,
  degreesFromRadians,
  localFromBody,
  type Quaternion,
  quaternionMultiply,
  radiansFromDegrees,
  rotate,
} from "../../core/mod.ts";
import type { GimbalAttitude, Photograph } from "./contract.ts";

/**
 * gimbal (x along the optical axis, y right, z down at rest) from camera (x right, y down, z along
 * the optical axis): camera x = gimbal y, camera y = gimbal z, camera z = gimbal x.
 */
const GIMBAL_FROM_CAMERA: Quaternion = [0.5, 0.5, 0.5, 0.5];

/**
 * local (ENU) from camera. `turnDeg` turns the picture about the vertical, in addition to its tag.
 */
export function localFromCamera(gimbal: GimbalAttitude, turnDeg = 0): Quaternion {
  const localFromGimbal = localFromBody({
    rollRad: radiansFromDegrees(gimbal.rollDeg),
    pitchRad: radiansFromDegrees(gimbal.pitchDeg),
    yawRad: radiansFromDegrees(gimbal.yawDeg + turnDeg),
  });
  return quaternionMultiply(localFromGimbal, GIMBAL_FROM_CAMERA);
}

/** Photographs that look further aside are neither located nor laid on the map, degrees off the vertical. */
export const TILT_MAX_DEG = 45;

/** Between the optical axis and straight down, degrees. A roll turns the picture about that axis. */
export function tiltDegOf(gimbal: GimbalAttitude): number {
  const down = -rotate(localFromCamera(gimbal), [0, 0, 1])[2];
  return degreesFromRadians(Math.acos(Math.min(1, Math.max(-1, down))));
}

/**
 * Metres of the camera over the ground: the height over take-off when the tags have it (the ground
 * is assumed to be as high as the take-off point), else GPSAltitude minus `groundAltitudeM`.
 *
 * @throws DataError when neither is known, or the camera would be on or under the ground.
 */
export function heightAboveGroundM(
  photograph: Photograph,
  groundAltitudeM: number | null = null,
): number {
  const { name, heightAboveTakeoffM, gpsAltitudeM } = photograph;
  let heightM = heightAboveTakeoffM;
  if (groundAltitudeM !== null && gpsAltitudeM !== null) heightM = gpsAltitudeM - groundAltitudeM;
  if (heightM === null) {
    throw new DataError(
      name,
      gpsAltitudeM === null
        ? "neither RelativeAltitude nor GPSAltitude: its height is not known"
        : "no RelativeAltitude tag; give the ground's altitude over sea level (--ground-altitude M)",
    );
  }
  if (!(heightM >= 1 && heightM <= 20_000)) {
    throw new DataError(
      name,
      `its tags put the camera ${heightM.toFixed(1)} m over the ground; give --ground-altitude M`,
    );
  }
  return heightM;
}
