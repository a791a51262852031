/**
 * On-manifold pre-integration of IMU samples between two moments, with covariance and the Jacobians
 * towards the biases, so that a smoother can change its mind about a bias without integrating anew.
 *
 * Source: C. Forster, L. Carlone, F. Dellaert, D. Scaramuzza, "On-Manifold Preintegration for
 * Real-Time Visual-Inertial Odometry", IEEE Transactions on Robotics 33(1), 2017, equations 32–44;
 * here with the attitude of the middle of each interval for the specific force.
 *
 * It holds no samples: it reads an {@link ImuStream}.
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  type Quaternion,
  QUATERNION_IDENTITY,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  rotate,
  type Vector3,
} from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import { IMU_WIDTH, type ImuStream } from "./imu_stream.ts";

export interface ImuBias {
  /** m/s². */
  readonly accelerometer: Vector3;
  /** rad/s. */
  readonly gyroscope: Vector3;
}

/** Motion in the body axes of the first moment, gravity and first velocity left out. */
interface PreintegratedMotion {
  readonly durationS: number;
  /** body(from) from body(to). */
  readonly rotation: Quaternion;
  readonly velocityMps: Vector3;
  readonly positionM: Vector3;
}

export interface NavigationState {
  readonly positionLocalM: Vector3;
  readonly velocityLocalMps: Vector3;
  readonly localFromBody: Quaternion;
}

type Noise = Pick<EskfConfig["imu"], "accelerometerDensity" | "gyroscopeDensity">;

const ZERO: Matrix3 = [0, 0, 0, 0, 0, 0, 0, 0, 0];
const SIZE = 9;

export class ImuPreintegrator {
  readonly bias: ImuBias;
  /** Row-major 9×9 of (rotation, velocity, position), right perturbation. */
  readonly covariance = new Float64Array(SIZE * SIZE);
  readonly #noise: Noise;
  #durationS = 0;
  #rotation: Quaternion = QUATERNION_IDENTITY;
  #velocity: Vector3 = [0, 0, 0];
  #position: Vector3 = [0, 0, 0];
  #rotationByGyroscope = ZERO;
  #velocityByGyroscope = ZERO;
  #positionByGyroscope = ZERO;
  #velocityByAccelerometer = ZERO;
  #positionByAccelerometer = ZERO;

  constructor(bias: ImuBias, noise: Noise) {
    this.bias = bias;
    this.#noise = noise;
  }

  /** Integrates the samples of [fromNs, toNs]; both ends are interpolated. */
  integrate(stream: ImuStream, fromNs: number, toNs: number): this {
    const mean = new Float64Array(IMU_WIDTH);
    let index = stream.indexAtOrBefore(fromNs), atNs = fromNs;
    while (atNs < toNs) {
      const nextNs = index + 1 < stream.count ? stream.timeNs(index + 1) : Infinity;
      const endNs = Math.min(toNs, nextNs);
      stream.meanInto(mean, index, atNs, endNs);
      this.step([mean[0], mean[1], mean[2]], [mean[3], mean[4], mean[5]], (endNs - atNs) * 1e-9);
      atNs = endNs;
      if (endNs === nextNs) index++;
    }
    return this;
  }

  /** One interval of constant specific force (m/s²) and rate (rad/s). */
  step(specificForce: Vector3, angularRate: Vector3, dt: number): void {
    if (!(dt > 0)) return;
    const force = minus(specificForce, this.bias.accelerometer);
    const turn = times(minus(angularRate, this.bias.gyroscope), dt);
    const half = times(turn, 0.5);
    const middle = matrixFromQuaternion(
      quaternionMultiply(this.#rotation, quaternionFromRotationVector(half)),
    );
    const backHalf = matrixTranspose(matrixFromQuaternion(quaternionFromRotationVector(half)));
    const back = matrixTranspose(matrixFromQuaternion(quaternionFromRotationVector(turn)));
    const velocityByTurn = scaled(matrixMultiply(middle, skew(force)), -dt);
    this.#propagateCovariance(back, matrixMultiply(velocityByTurn, backHalf), dt);
    this.#propagateJacobians(middle, back, backHalf, velocityByTurn, turn, dt);
    const acceleration = matrixVector(middle, force);
    const meanVelocity = plus(this.#velocity, times(acceleration, dt / 2));
    this.#position = plus(this.#position, times(meanVelocity, dt));
    this.#velocity = plus(this.#velocity, times(acceleration, dt));
    this.#rotation = quaternionNormalise(
      quaternionMultiply(this.#rotation, quaternionFromRotationVector(turn)),
    );
    this.#durationS += dt;
  }

  /** The motion, corrected to first order for a bias other than the one integrated with. */
  motion(bias: ImuBias = this.bias): PreintegratedMotion {
    const force = minus(bias.accelerometer, this.bias.accelerometer);
    const drift = minus(bias.gyroscope, this.bias.gyroscope);
    const rotation = quaternionFromRotationVector(matrixVector(this.#rotationByGyroscope, drift));
    return {
      durationS: this.#durationS,
      rotation: quaternionMultiply(this.#rotation, rotation),
      velocityMps: plus(
        plus(this.#velocity, matrixVector(this.#velocityByGyroscope, drift)),
        matrixVector(this.#velocityByAccelerometer, force),
      ),
      positionM: plus(
        plus(this.#position, matrixVector(this.#positionByGyroscope, drift)),
        matrixVector(this.#positionByAccelerometer, force),
      ),
    };
  }

  /** Where the aircraft is at the end, from where it was at the start. */
  predict(from: NavigationState, gravityMps2: number, bias?: ImuBias): NavigationState {
    const motion = this.motion(bias), t = motion.durationS;
    const velocity = plus(from.velocityLocalMps, rotate(from.localFromBody, motion.velocityMps));
    const position = plus(
      plus(from.positionLocalM, times(from.velocityLocalMps, t)),
      rotate(from.localFromBody, motion.positionM),
    );
    return {
      positionLocalM: plus(position, [0, 0, -0.5 * gravityMps2 * t * t]),
      velocityLocalMps: plus(velocity, [0, 0, -gravityMps2 * t]),
      localFromBody: quaternionMultiply(from.localFromBody, motion.rotation),
    };
  }

  #propagateJacobians(
    middle: Matrix3,
    back: Matrix3,
    backHalf: Matrix3,
    velocityByTurn: Matrix3,
    turn: Vector3,
    dt: number,
  ): void {
    const byGyroscope = this.#rotationByGyroscope;
    const inMiddle = added(
      matrixMultiply(backHalf, byGyroscope),
      scaled(rightJacobian(times(turn, 0.5)), -dt / 2),
    );
    const gain = matrixMultiply(velocityByTurn, inMiddle);
    const force = scaled(middle, -dt);
    this.#positionByGyroscope = added(
      added(this.#positionByGyroscope, scaled(this.#velocityByGyroscope, dt)),
      scaled(gain, dt / 2),
    );
    this.#positionByAccelerometer = added(
      added(this.#positionByAccelerometer, scaled(this.#velocityByAccelerometer, dt)),
      scaled(force, dt / 2),
    );
    this.#velocityByGyroscope = added(this.#velocityByGyroscope, gain);
    this.#velocityByAccelerometer = added(this.#velocityByAccelerometer, force);
    this.#rotationByGyroscope = added(
      matrixMultiply(back, byGyroscope),
      scaled(rightJacobian(turn), -dt),
    );
  }

  /** Σ ← A·Σ·Aᵀ + Q with A = [back 0 0; V I 0; V·dt/2 I·dt I]. */
  #propagateCovariance(back: Matrix3, velocityByRotation: Matrix3, dt: number): void {
    const a = new Float64Array(SIZE * SIZE);
    for (let i = 0; i < 3; i++) {
      for (let k = 0; k < 3; k++) {
        a[i * SIZE + k] = back[3 * i + k];
        a[(3 + i) * SIZE + k] = velocityByRotation[3 * i + k];
        a[(6 + i) * SIZE + k] = velocityByRotation[3 * i + k] * dt / 2;
      }
      a[(3 + i) * SIZE + 3 + i] = 1;
      a[(6 + i) * SIZE + 3 + i] = dt;
      a[(6 + i) * SIZE + 6 + i] = 1;
    }
    const old = this.covariance.slice(), half = new Float64Array(SIZE * SIZE);
    multiply(a, old, half, false);
    multiply(half, a, this.covariance, true);
    const gyroscope = this.#noise.gyroscopeDensity ** 2 * dt;
    const accelerometer = this.#noise.accelerometerDensity ** 2 * dt;
    for (let i = 0; i < 3; i++) {
      const velocity = 3 + i, position = 6 + i;
      this.covariance[i * SIZE + i] += gyroscope;
      this.covariance[velocity * SIZE + velocity] += accelerometer;
      this.covariance[velocity * SIZE + position] += accelerometer * dt / 2;
      this.covariance[position * SIZE + velocity] += accelerometer * dt / 2;
      this.covariance[position * SIZE + position] += accelerometer * dt * dt / 3;
    }
  }
}

/** out = left · right (or left · rightᵀ). */
function multiply(
  left: Float64Array,
  right: Float64Array,
  out: Float64Array,
  transposed: boolean,
): void {
  for (let i = 0; i < SIZE; i++) {
    for (let k = 0; k < SIZE; k++) {
      let sum = 0;
      for (let m = 0; m < SIZE; m++) {
        sum += left[i * SIZE + m] * (transposed ? right[k * SIZE + m] : right[m * SIZE + k]);
      }
      out[i * SIZE + k] = sum;
    }
  }
}

function plus(a: Vector3, b: Vector3): Vector3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}
function minus(a: Vector3, b: Vector3): Vector3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
function times(a: Vector3, factor: number): Vector3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}
function skew(v: Vector3): Matrix3 {
  return [0, -v[2], v[1], v[2], 0, -v[0], -v[1], v[0], 0];
}
function added(a: Matrix3, b: Matrix3): Matrix3 {
  return a.map((value, i) => value + b[i]) as unknown as Matrix3;
}
function scaled(a: Matrix3, factor: number): Matrix3 {
  return a.map((value) => value * factor) as unknown as Matrix3;
}
/** Right Jacobian of SO(3), to second order: I − [v]×/2 + [v]×²/6. */
function rightJacobian(v: Vector3): Matrix3 {
  const s = skew(v);
  return added(
    added([1, 0, 0, 0, 1, 0, 0, 0, 1], scaled(s, -0.5)),
    scaled(matrixMultiply(s, s), 1 / 6),
  );
}
