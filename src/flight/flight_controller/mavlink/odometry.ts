/**
 * ODOMETRY for ArduPilot's external navigation: metres from the controller's own origin, north-aligned
 * (LOCAL_FRD; LOCAL_NED is dropped silently). Longitude is scaled by the cosine of the middle latitude:
 * with the origin's a position 100 km away is 450 m wrong.
 *
 * @module
 */
import { quaternionConjugate, quaternionMultiply, rotate } from "../../../core/mod.ts";
import { MAV_ESTIMATOR_TYPE, MAV_FRAME, type OutgoingMessage } from "../../../link/mavlink/mod.ts";
import type { PositionOutput } from "../contract.ts";
import type { DialectContext } from "./dialect.ts";

/** As the firmware scales degrees (LOCATION_SCALING_FACTOR). */
const METRES_PER_DEGREE = 111_318.845;
const NED_FROM_ENU = [0, Math.SQRT1_2, Math.SQRT1_2, 0] as const;
/** 1 sigma that our attitude is sent with, radians. */
const ATTITUDE_VARIANCE = 0.05 ** 2;
/** −1 is not fused, 0 is fused as unknown. */
const QUALITY_FAILED = -1;
const QUALITY_GOOD = 100;
/** Places of the diagonal in the upper triangle of a 6×6 matrix. */
const DIAGONAL = [0, 6, 11, 15, 18, 20];

/** Nothing before the controller's origin is known. */
export function odometryMessage(
  output: PositionOutput,
  origin: DialectContext["origin"],
): OutgoingMessage[] {
  const { position, enuFromBody, quality } = output;
  if (position === null || enuFromBody === null || origin === null) return [];
  const middleRad = (position.latitudeDeg + origin.latitudeDeg) / 2 * Math.PI / 180;
  const bodyFromEnu = quaternionConjugate(enuFromBody);
  const [vx, vy, vz] = rotate(bodyFromEnu, output.velocityEnuMps);
  const horizontal = output.sigmaHorizontalM ** 2;
  const speed = output.sigmaSpeedMps ** 2;
  return [{
    name: "ODOMETRY",
    timeUsec: Math.round(output.timeNs / 1e3),
    frameId: MAV_FRAME.LOCAL_FRD,
    childFrameId: MAV_FRAME.BODY_FRD,
    x: (position.latitudeDeg - origin.latitudeDeg) * METRES_PER_DEGREE,
    y: (position.longitudeDeg - origin.longitudeDeg) * METRES_PER_DEGREE * Math.cos(middleRad),
    z: origin.heightMslM - output.heightMslM,
    q: quaternionMultiply(NED_FROM_ENU, enuFromBody),
    vx,
    vy,
    vz,
    rollspeed: 0,
    pitchspeed: 0,
    yawspeed: 0,
    poseCovariance: upperTriangle([
      horizontal,
      horizontal,
      output.sigmaVerticalM ** 2,
      ATTITUDE_VARIANCE,
      ATTITUDE_VARIANCE,
      ATTITUDE_VARIANCE,
    ]),
    velocityCovariance: upperTriangle([speed, speed, speed, 1, 1, 1]),
    resetCounter: 0,
    estimatorType: MAV_ESTIMATOR_TYPE.VISION,
    quality: quality === "none" ? QUALITY_FAILED : QUALITY_GOOD,
  }];
}

function upperTriangle(diagonal: readonly number[]): number[] {
  const values = new Array<number>(21).fill(0);
  DIAGONAL.forEach((place, i) => values[place] = diagonal[i]);
  return values;
}
