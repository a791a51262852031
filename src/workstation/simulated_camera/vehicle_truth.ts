/**
 * Where a simulated vehicle truly is, from the messages in which simulators say so.
 *
 * @module
 */
import {
  enuFromNed,
  type MonotonicNs,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  type Vector3,
} from "../../core/mod.ts";
import type { Message } from "../../link/mavlink/mod.ts";

/** One moment of the vehicle. */
export interface TrueMoment {
  /** When its message came. */
  readonly receivedNs: MonotonicNs;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** As the simulator counts it: over mean sea level. */
  readonly altitudeM: number;
  /** East, north, up from body FRD. */
  readonly localFromBody: Quaternion;
  /** East, north, up, m/s. */
  readonly velocityEnuMps: Vector3;
  /** Body FRD, rad/s. */
  readonly angularRateRps: Vector3;
}

/**
 * SIM_STATE of ArduPilot and HIL_STATE_QUATERNION of PX4; undefined for every other message, and where a
 * value is impossible. (ArduPilot's SIMSTATE has no altitude.)
 */
export function trueMoment(message: Message, receivedNs: MonotonicNs): TrueMoment | undefined {
  const moment = read(message, receivedNs);
  if (moment === undefined) return undefined;
  const { latitudeDeg, longitudeDeg, altitudeM, localFromBody, velocityEnuMps } = moment;
  const isPossible = Math.abs(latitudeDeg) <= 89 && Math.abs(longitudeDeg) <= 180 &&
    Math.abs(altitudeM) < 100_000 &&
    [...velocityEnuMps, ...moment.angularRateRps].every(Number.isFinite) &&
    Math.abs(Math.hypot(...localFromBody) - 1) < 0.01;
  return isPossible ? { ...moment, localFromBody: quaternionNormalise(localFromBody) } : undefined;
}

function read(message: Message, receivedNs: MonotonicNs): TrueMoment | undefined {
  if (message.name === "SIM_STATE") {
    // Degrees as floats are good to a metre; the extensions to a centimetre.
    const isExact = message.latInt !== 0 || message.lonInt !== 0;
    return {
      receivedNs,
      latitudeDeg: isExact ? message.latInt * 1e-7 : message.lat,
      longitudeDeg: isExact ? message.lonInt * 1e-7 : message.lon,
      altitudeM: message.alt,
      localFromBody: enuFromNed([message.q1, message.q2, message.q3, message.q4]),
      velocityEnuMps: [message.ve, message.vn, -message.vd],
      angularRateRps: [message.xgyro, message.ygyro, message.zgyro],
    };
  }
  if (message.name === "HIL_STATE_QUATERNION") {
    const [w, x, y, z] = message.attitudeQuaternion;
    return {
      receivedNs,
      latitudeDeg: message.lat * 1e-7,
      longitudeDeg: message.lon * 1e-7,
      altitudeM: message.alt * 1e-3,
      localFromBody: enuFromNed([w, x, y, z]),
      velocityEnuMps: [message.vy * 0.01, message.vx * 0.01, -message.vz * 0.01],
      angularRateRps: [message.rollspeed, message.pitchspeed, message.yawspeed],
    };
  }
  return undefined;
}

/** A moment in the frame of the ground. */
interface GroundPose {
  readonly positionLocalM: Vector3;
  readonly localFromBody: Quaternion;
}

/** Carried on by the velocities, for the moments of an exposure. */
export function poseAfter(
  moment: TrueMoment,
  at: { readonly positionLocalM: Vector3; readonly seconds: number },
): GroundPose {
  const [east, north, up] = at.positionLocalM, [ve, vn, vu] = moment.velocityEnuMps;
  const [p, q, r] = moment.angularRateRps, { seconds } = at;
  const turned = quaternionFromRotationVector([p * seconds, q * seconds, r * seconds]);
  return {
    positionLocalM: [east + ve * seconds, north + vn * seconds, up + vu * seconds],
    localFromBody: quaternionMultiply(moment.localFromBody, turned),
  };
}
