/**
 * The true motion of a flight, sampled at the IMU's rate, and the ideal IMU measurements of it.
 *
 * @module
 */
import {
  matrixFromQuaternion,
  matrixTranspose,
  matrixVector,
  type Quaternion,
  quaternionConjugate,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../core/mod.ts";

/** Standard gravity, m/s², along −up; Earth's rotation and curvature are left out. */
export const GRAVITY_MPS2 = 9.80665;

/** Local frame (east, north, up above the flat ground); body FRD. */
export interface TrueState {
  readonly timeS: number;
  readonly positionLocalM: Vector3;
  readonly velocityLocalMps: Vector3;
  readonly localFromBody: Quaternion;
}

/** Mean of an interval, body FRD: what a noise-free IMU reports at the interval's end. */
export interface IdealImuSample {
  readonly specificForceMps2: Vector3;
  readonly angularRateRps: Vector3;
}

/** True states at a fixed rate from time 0. */
export class Trajectory {
  readonly rateHz: number;
  /** Ten numbers a state: position, velocity, quaternion. */
  readonly #states: Float64Array;
  readonly count: number;

  constructor(rateHz: number, states: Float64Array) {
    this.rateHz = rateHz;
    this.#states = states;
    this.count = states.length / 10;
  }

  get durationS(): number {
    return (this.count - 1) / this.rateHz;
  }

  state(index: number): TrueState {
    const s = this.#states, o = 10 * index;
    return {
      timeS: index / this.rateHz,
      positionLocalM: [s[o], s[o + 1], s[o + 2]],
      velocityLocalMps: [s[o + 3], s[o + 4], s[o + 5]],
      localFromBody: [s[o + 6], s[o + 7], s[o + 8], s[o + 9]],
    };
  }

  /** Between states: cubic Hermite for position, linear for velocity, constant rate for attitude. */
  at(timeS: number): TrueState {
    const place = Math.min(Math.max(timeS * this.rateHz, 0), this.count - 1);
    const index = Math.min(Math.floor(place), this.count - 2);
    const s = place - index;
    const a = this.state(index), b = this.state(index + 1);
    const stepS = 1 / this.rateHz;
    const h00 = (1 + 2 * s) * (1 - s) * (1 - s), h10 = s * (1 - s) * (1 - s);
    const h01 = s * s * (3 - 2 * s), h11 = s * s * (s - 1);
    const position = [0, 1, 2].map((i) =>
      h00 * a.positionLocalM[i] + h10 * stepS * a.velocityLocalMps[i] +
      h01 * b.positionLocalM[i] + h11 * stepS * b.velocityLocalMps[i]
    );
    const velocity = [0, 1, 2].map((i) =>
      (1 - s) * a.velocityLocalMps[i] + s * b.velocityLocalMps[i]
    );
    const turn = rotationBetween(a.localFromBody, b.localFromBody);
    const part: Vector3 = [s * turn[0], s * turn[1], s * turn[2]];
    return {
      timeS,
      positionLocalM: position as unknown as Vector3,
      velocityLocalMps: velocity as unknown as Vector3,
      localFromBody: quaternionNormalise(
        quaternionMultiply(a.localFromBody, quaternionFromRotationVector(part)),
      ),
    };
  }

  /**
   * The sample of the interval that ends at state `index` (1 or more): the constant body rate and
   * specific force that lead from one state's attitude and velocity to the next one's, exactly.
   * With R(τ) = R₀ Exp(ω τ): Δv = R₀ J_l(ω Δt) f Δt + g Δt (J_l: left Jacobian of SO(3)).
   */
  idealImu(index: number): IdealImuSample {
    const a = this.state(index - 1), b = this.state(index);
    const turn = rotationBetween(a.localFromBody, b.localFromBody);
    const force: Vector3 = [
      (b.velocityLocalMps[0] - a.velocityLocalMps[0]) * this.rateHz,
      (b.velocityLocalMps[1] - a.velocityLocalMps[1]) * this.rateHz,
      (b.velocityLocalMps[2] - a.velocityLocalMps[2]) * this.rateHz + GRAVITY_MPS2,
    ];
    const inBody = matrixVector(matrixTranspose(matrixFromQuaternion(a.localFromBody)), force);
    return {
      specificForceMps2: inverseLeftJacobian(turn, inBody),
      angularRateRps: [turn[0] * this.rateHz, turn[1] * this.rateHz, turn[2] * this.rateHz],
    };
  }
}

function rotationBetween(a: Quaternion, b: Quaternion): Vector3 {
  return rotationVectorFromQuaternion(quaternionMultiply(quaternionConjugate(a), b));
}

/** J_l⁻¹(θ) v = v − ½ θ×v + k θ×(θ×v). Source: Solà, Deray, Atchuthan, arXiv:1812.01537, eq. 146. */
function inverseLeftJacobian(theta: Vector3, v: Vector3): Vector3 {
  const angle2 = theta[0] ** 2 + theta[1] ** 2 + theta[2] ** 2;
  const angle = Math.sqrt(angle2);
  const k = angle < 1e-4
    ? 1 / 12
    : 1 / angle2 - (1 + Math.cos(angle)) / (2 * angle * Math.sin(angle));
  const once = cross(theta, v), twice = cross(theta, once);
  return [
    v[0] - 0.5 * once[0] + k * twice[0],
    v[1] - 0.5 * once[1] + k * twice[1],
    v[2] - 0.5 * once[2] + k * twice[2],
  ];
}

function cross(a: Vector3, b: Vector3): Vector3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** An aircraft model that advances in small steps. */
export interface FlightDynamics {
  step(stepS: number): void;
  readonly positionLocalM: Vector3;
  readonly velocityLocalMps: Vector3;
  readonly localFromBody: Quaternion;
}

/** Finest step of the dynamics. */
export const DYNAMICS_STEP_S = 0.001;

/** Flies until `durationS` have passed, `distanceM` are covered over the ground, or `isOver` says so. */
export function fly(
  dynamics: FlightDynamics,
  options: { rateHz: number; durationS: number; distanceM: number; isOver?: () => boolean },
): Trajectory {
  const substeps = Math.max(1, Math.round(1 / (options.rateHz * DYNAMICS_STEP_S)));
  const stepS = 1 / (options.rateHz * substeps);
  let states = new Float64Array(10 * 4096), count = 0;
  let flownM = 0;
  let before = dynamics.positionLocalM;
  for (let index = 0; index / options.rateHz <= options.durationS; index++) {
    if (index > 0) { for (let i = 0; i < substeps; i++) dynamics.step(stepS); }
    const position = dynamics.positionLocalM;
    if (10 * count === states.length) {
      const longer = new Float64Array(2 * states.length);
      longer.set(states);
      states = longer;
    }
    states.set(position, 10 * count);
    states.set(dynamics.velocityLocalMps, 10 * count + 3);
    states.set(dynamics.localFromBody, 10 * count + 6);
    count++;
    flownM += Math.hypot(position[0] - before[0], position[1] - before[1]);
    before = position;
    if (flownM >= options.distanceM || options.isOver?.()) break;
  }
  return new Trajectory(options.rateHz, states.slice(0, 10 * count));
}

/** `after` begins with the state that `before` ends with. */
export function joinTrajectories(before: Trajectory, after: Trajectory): Trajectory {
  const states = new Float64Array(10 * (before.count - 1 + after.count));
  const put = (trajectory: Trajectory, count: number, from: number) => {
    for (let index = 0; index < count; index++) {
      const { positionLocalM, velocityLocalMps, localFromBody } = trajectory.state(index);
      states.set([...positionLocalM, ...velocityLocalMps, ...localFromBody], 10 * (from + index));
    }
  };
  put(before, before.count - 1, 0);
  put(after, after.count, before.count - 1);
  return new Trajectory(after.rateHz, states);
}
