/**
 * A small aeroplane that flies eights about the place where it was armed: take-off, cruise, landing, all
 * as functions of time, so that hours of it need no memory.
 *
 * The way is p(u) = (A sin u, B sin 2u) with u = Ω·s(t); s runs as the time does but for the start and
 * the end, where it begins and ends without a jerk. Attitude: nose along the way, banked for a
 * coordinated turn. Frames: local (east, north, up about the place of arming, true north), body FRD.
 *
 * @module
 */
import {
  localFromBody,
  type Quaternion,
  quaternionConjugate,
  quaternionMultiply,
  rotate,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../../core/mod.ts";
import type { FlightState } from "../../flight_events/mod.ts";

/** What is true of it at one moment. */
export interface VehicleTruth {
  /** Metres from the place of arming. */
  readonly positionEnuM: Vector3;
  readonly velocityEnuMps: Vector3;
  readonly localFromBody: Quaternion;
  /** Without gravity, body FRD, m/s²: at rest and level [0, 0, −9.80665]. */
  readonly specificForceMps2: Vector3;
  /** Body FRD, rad/s. */
  readonly angularRateRps: Vector3;
  readonly state: FlightState;
}

export interface SimulatedVehicle {
  /** When everything has been told, seconds. */
  readonly endS: number;
  truthAt(timeS: number): VehicleTruth;
}

const GRAVITY_MPS2 = 9.80665;
/** On the ground before and after the flight. */
const GROUND_S = 10;
/** From standing to full speed and height, and back. */
const CLIMB_S = 30;
const HEIGHT_M = 120;
const EAST_M = 300, NORTH_M = 100;
/** 10 to 18 m/s. */
const ANGULAR_RPS = 0.05;
/** Half of the interval that the angular rate is taken over. */
const HALF_S = 1e-3;

/** @param flownS from take-off to landing, seconds; at least one minute */
export function simulatedVehicle(flownS: number): SimulatedVehicle {
  const ramp = new Ramp(GROUND_S, GROUND_S + flownS);
  return {
    endS: flownS + 2 * GROUND_S,
    truthAt: (timeS) => truthAt(timeS, ramp),
  };
}

function truthAt(timeS: number, ramp: Ramp): VehicleTruth {
  const { positionEnuM, velocityEnuMps, accelerationMps2 } = motion(timeS, ramp);
  const attitude = attitudeAt(timeS, ramp);
  const turned = quaternionMultiply(
    quaternionConjugate(attitudeAt(timeS - HALF_S, ramp)),
    attitudeAt(timeS + HALF_S, ramp),
  );
  const [x, y, z] = rotationVectorFromQuaternion(turned);
  const [east, north, up] = accelerationMps2;
  return {
    positionEnuM,
    velocityEnuMps,
    localFromBody: attitude,
    specificForceMps2: rotate(quaternionConjugate(attitude), [east, north, up + GRAVITY_MPS2]),
    angularRateRps: [x / (2 * HALF_S), y / (2 * HALF_S), z / (2 * HALF_S)],
    state: stateAt(timeS, ramp),
  };
}

function motion(timeS: number, ramp: Ramp) {
  const { runS, rate, rateChange, share, shareRate, shareChange } = ramp.at(timeS);
  const u = ANGULAR_RPS * runS, du = ANGULAR_RPS * rate, ddu = ANGULAR_RPS * rateChange;
  const along: Vector3 = [EAST_M * Math.cos(u), 2 * NORTH_M * Math.cos(2 * u), 0];
  const bend: Vector3 = [-EAST_M * Math.sin(u), -4 * NORTH_M * Math.sin(2 * u), 0];
  const positionEnuM: Vector3 = [
    EAST_M * Math.sin(u),
    NORTH_M * Math.sin(2 * u),
    HEIGHT_M * share,
  ];
  const velocityEnuMps: Vector3 = [along[0] * du, along[1] * du, HEIGHT_M * shareRate];
  const accelerationMps2: Vector3 = [
    bend[0] * du * du + along[0] * ddu,
    bend[1] * du * du + along[1] * ddu,
    HEIGHT_M * shareChange,
  ];
  return { positionEnuM, velocityEnuMps, accelerationMps2, along };
}

/** It stands along the way, too, so that the nose never jumps. */
function attitudeAt(timeS: number, ramp: Ramp): Quaternion {
  const { accelerationMps2: [east, north], along } = motion(timeS, ramp);
  const yawRad = Math.atan2(along[0], along[1]);
  const toTheRightMps2 = east * Math.cos(yawRad) - north * Math.sin(yawRad);
  return localFromBody({ rollRad: Math.atan2(toTheRightMps2, GRAVITY_MPS2), pitchRad: 0, yawRad });
}

function stateAt(timeS: number, { startS, endS }: Ramp): FlightState {
  if (timeS < startS || timeS >= endS) return "on_ground";
  if (timeS < startS + CLIMB_S) return "taking_off";
  return timeS < endS - CLIMB_S ? "in_flight" : "landing";
}

/** How far the flight has got, with its first two derivatives: twice differentiable everywhere. */
class Ramp {
  constructor(readonly startS: number, readonly endS: number) {}

  at(timeS: number) {
    const up = smooth((timeS - this.startS) / CLIMB_S);
    const down = smooth((this.endS - timeS) / CLIMB_S);
    const isFirst = timeS < this.startS + CLIMB_S;
    const { value, slope, bend } = isFirst ? up : down;
    const sign = isFirst ? 1 : -1;
    const wholeS = this.endS - this.startS - CLIMB_S;
    return {
      // The integral of `share`: half of the climb's time is lost at either end.
      runS: isFirst ? CLIMB_S * up.integral : wholeS - CLIMB_S * down.integral,
      rate: value,
      rateChange: sign * slope / CLIMB_S,
      share: value,
      shareRate: sign * slope / CLIMB_S,
      shareChange: bend / CLIMB_S ** 2,
    };
  }
}

/** 6x⁵ − 15x⁴ + 10x³ between 0 and 1, its derivatives, and its integral from 0. */
function smooth(x: number) {
  if (x <= 0) return { value: 0, slope: 0, bend: 0, integral: 0 };
  if (x >= 1) return { value: 1, slope: 0, bend: 0, integral: x - 0.5 };
  return {
    value: x ** 3 * (x * (6 * x - 15) + 10),
    slope: 30 * x ** 2 * (x - 1) ** 2,
    bend: 60 * x * (2 * x - 1) * (x - 1),
    integral: x ** 4 * (x * (x - 3) + 2.5),
  };
}
