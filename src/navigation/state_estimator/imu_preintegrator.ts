/**
 * On-manifold pre-integration of IMU samples between two moments, with covariance and the Jacobians
 * towards the biases, so that a smoother can change its mind about a bias without integrating anew.
 *
 * Source: C. Forster, L. Carlone, F. Dellaert, D. Scaramuzza, "On-Manifold Preintegration for
 * Real-Time Visual-Inertial Odometry", IEEE Transactions on Robotics 33(1), 2017, equations 32–44;
 * here with specific force and rate constant over each interval, which is integrated in closed form (K. Eckenhoff,
 * P. Geneva, G. Huang, "Closed-form preintegration methods for graph-based visual–inertial navigation", IJRR 38(5),
 * 2019; as a series of the turn within one interval).
 *
 * It holds no samples: it reads an {@link ImuStream}. What no IMU has measured is bridged as the filter does it:
 * the attitude turns, the velocity is a random walk.
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
import { SUBSTITUTE_SPAN_MAX_S } from "./propagation.ts";

export interface ImuBias {
  /** m/s². */
  readonly accelerometer: Vector3;
  /** rad/s. */
  readonly gyroscope: Vector3;
}

/** Motion in the body axes of the first moment, gravity and first velocity left out. */
interface PreintegratedMotion {
  readonly durationS: number;
  /** How long gravity has acted on the velocity, s, and on the position, s². */
  readonly gravityS: number;
  readonly gravityS2: number;
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

/** First derivatives of the motion by the biases, row-major 3×3. */
interface BiasJacobians {
  readonly rotationByGyroscope: Matrix3;
  readonly velocityByGyroscope: Matrix3;
  readonly positionByGyroscope: Matrix3;
  readonly velocityByAccelerometer: Matrix3;
  readonly positionByAccelerometer: Matrix3;
}

const ZERO: Matrix3 = [0, 0, 0, 0, 0, 0, 0, 0, 0];
const SIZE = 9;

export class ImuPreintegrator {
  readonly bias: ImuBias;
  /** Row-major 9×9 of (rotation, velocity, position), right perturbation. */
  readonly covariance = new Float64Array(SIZE * SIZE);
  readonly #rows = new Float64Array(SIZE * SIZE);
  readonly #config: Pick<EskfConfig, "imu" | "withoutImu">;
  #durationS = 0;
  /** How long gravity has acted on the velocity, s, and on the position, s². */
  #gravityS = 0;
  #gravityS2 = 0;
  #rotation: Quaternion = QUATERNION_IDENTITY;
  #velocity: Vector3 = [0, 0, 0];
  #position: Vector3 = [0, 0, 0];
  #rotationByGyroscope = ZERO;
  #velocityByGyroscope = ZERO;
  #positionByGyroscope = ZERO;
  #velocityByAccelerometer = ZERO;
  #positionByAccelerometer = ZERO;

  constructor(bias: ImuBias, config: Pick<EskfConfig, "imu" | "withoutImu">) {
    this.bias = bias;
    this.#config = config;
  }

  /** Integrates the samples of [fromNs, toNs]; both ends are interpolated. */
  integrate(stream: ImuStream, fromNs: number, toNs: number): this {
    const mean = new Float64Array(IMU_WIDTH), { imu } = this.#config;
    let index = stream.indexAtOrBefore(fromNs), atNs = fromNs;
    while (atNs < toNs) {
      const nextNs = index + 1 < stream.count ? stream.timeNs(index + 1) : Infinity;
      const endNs = Math.min(toNs, nextNs), dt = (endNs - atNs) * 1e-9;
      const startNs = index >= stream.first ? stream.timeNs(index) : atNs;
      const spanS = (Math.min(nextNs, endNs) - startNs) * 1e-9;
      stream.meanInto(mean, index, atNs, endNs);
      const rate: Vector3 = [mean[3], mean[4], mean[5]];
      if (stream.isSubstitute(index)) {
        this.#coast(rate, dt);
        if (spanS > SUBSTITUTE_SPAN_MAX_S) this.#bridgeGap(dt, 0);
      } else {
        this.step([mean[0], mean[1], mean[2]], rate, dt);
        if (spanS > imu.gapMaxS) this.#bridgeGap(dt, imu.gapRateSigmaRps);
      }
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
    const start = matrixFromQuaternion(this.#rotation);
    const back = matrixTranspose(matrixFromQuaternion(quaternionFromRotationVector(turn)));
    const gained = turned(turn, force, [1, 1 / 2, 1 / 6, 1 / 24]);
    const moved = turned(turn, force, [1 / 2, 1 / 6, 1 / 24, 1 / 120]);
    const velocityByTurn = scaled(matrixMultiply(start, skew(gained.value)), -dt);
    const positionByTurn = scaled(matrixMultiply(start, skew(moved.value)), -dt * dt);
    this.#propagateCovariance(back, { velocityByTurn, positionByTurn }, dt, this.#config.imu);
    const byGyroscope = this.#rotationByGyroscope;
    this.#propagateJacobians({
      velocityByGyroscope: added(
        matrixMultiply(velocityByTurn, byGyroscope),
        scaled(matrixMultiply(start, gained.byTurn), -dt * dt),
      ),
      positionByGyroscope: added(
        matrixMultiply(positionByTurn, byGyroscope),
        scaled(matrixMultiply(start, moved.byTurn), -dt * dt * dt),
      ),
      velocityByAccelerometer: scaled(matrixMultiply(start, gained.byVector), -dt),
      positionByAccelerometer: scaled(matrixMultiply(start, moved.byVector), -dt * dt),
    }, dt);
    this.#rotationByGyroscope = added(
      matrixMultiply(back, byGyroscope),
      scaled(rightJacobian(turn), -dt),
    );
    const move = plus(
      times(this.#velocity, dt),
      times(matrixVector(start, moved.value), dt * dt),
    );
    this.#position = plus(this.#position, move);
    this.#velocity = plus(this.#velocity, times(matrixVector(start, gained.value), dt));
    this.#rotation = quaternionNormalise(
      quaternionMultiply(this.#rotation, quaternionFromRotationVector(turn)),
    );
    this.#gravityS2 += (this.#gravityS + dt / 2) * dt;
    this.#gravityS += dt;
    this.#durationS += dt;
  }

  /** One interval that no IMU has measured: the attitude turns, the velocity stays as it was. */
  #coast(angularRate: Vector3, dt: number): void {
    if (!(dt > 0)) return;
    const turn = times(angularRate, dt);
    const back = matrixTranspose(matrixFromQuaternion(quaternionFromRotationVector(turn)));
    this.#propagateCovariance(
      back,
      { velocityByTurn: ZERO, positionByTurn: ZERO },
      dt,
      this.#config.withoutImu,
    );
    this.#positionByGyroscope = added(
      this.#positionByGyroscope,
      scaled(this.#velocityByGyroscope, dt),
    );
    this.#positionByAccelerometer = added(
      this.#positionByAccelerometer,
      scaled(this.#velocityByAccelerometer, dt),
    );
    this.#rotationByGyroscope = matrixMultiply(back, this.#rotationByGyroscope);
    this.#position = plus(this.#position, times(this.#velocity, dt));
    this.#rotation = quaternionNormalise(
      quaternionMultiply(this.#rotation, quaternionFromRotationVector(turn)),
    );
    this.#gravityS2 += this.#gravityS * dt;
    this.#durationS += dt;
  }

  /** Nothing was measured between two distant samples: unknown acceleration and rate. */
  #bridgeGap(dt: number, rateSigmaRps: number): void {
    const velocityMps = this.#config.imu.gapAccelerationSigmaMps2 * dt;
    const sigmas = [rateSigmaRps * dt, velocityMps, 0.5 * velocityMps * dt];
    for (let i = 0; i < SIZE; i++) {
      this.covariance[i * SIZE + i] += sigmas[Math.floor(i / 3)] ** 2;
    }
  }

  get jacobians(): BiasJacobians {
    return {
      rotationByGyroscope: this.#rotationByGyroscope,
      velocityByGyroscope: this.#velocityByGyroscope,
      positionByGyroscope: this.#positionByGyroscope,
      velocityByAccelerometer: this.#velocityByAccelerometer,
      positionByAccelerometer: this.#positionByAccelerometer,
    };
  }

  /** The motion, corrected to first order for a bias other than the one integrated with. */
  motion(bias: ImuBias = this.bias): PreintegratedMotion {
    const force = minus(bias.accelerometer, this.bias.accelerometer);
    const drift = minus(bias.gyroscope, this.bias.gyroscope);
    const rotation = quaternionFromRotationVector(matrixVector(this.#rotationByGyroscope, drift));
    return {
      durationS: this.#durationS,
      gravityS: this.#gravityS,
      gravityS2: this.#gravityS2,
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
      positionLocalM: plus(position, [0, 0, -gravityMps2 * motion.gravityS2]),
      velocityLocalMps: plus(velocity, [0, 0, -gravityMps2 * motion.gravityS]),
      localFromBody: quaternionMultiply(from.localFromBody, motion.rotation),
    };
  }

  /** `own`: what this interval adds. */
  #propagateJacobians(own: Omit<BiasJacobians, "rotationByGyroscope">, dt: number): void {
    this.#positionByGyroscope = added(
      added(this.#positionByGyroscope, scaled(this.#velocityByGyroscope, dt)),
      own.positionByGyroscope,
    );
    this.#positionByAccelerometer = added(
      added(this.#positionByAccelerometer, scaled(this.#velocityByAccelerometer, dt)),
      own.positionByAccelerometer,
    );
    this.#velocityByGyroscope = added(this.#velocityByGyroscope, own.velocityByGyroscope);
    this.#velocityByAccelerometer = added(
      this.#velocityByAccelerometer,
      own.velocityByAccelerometer,
    );
  }

  /** Σ ← A·Σ·Aᵀ + Q with A = [back 0 0; V I 0; P I·dt I]. */
  #propagateCovariance(
    back: Matrix3,
    { velocityByTurn, positionByTurn }: {
      readonly velocityByTurn: Matrix3;
      readonly positionByTurn: Matrix3;
    },
    dt: number,
    noise: Noise,
  ): void {
    const rows = this.#rows, { covariance } = this, blocks = [back, velocityByTurn, positionByTurn];
    // A·Σ, then its transpose by Aᵀ: Σ is symmetric.
    for (const [from, to] of [[covariance, rows], [rows, covariance]]) {
      for (let row = 0; row < SIZE; row++) {
        const block = blocks[Math.floor(row / 3)], i = 3 * (row % 3);
        const [x, y, z] = [block[i], block[i + 1], block[i + 2]];
        for (let k = 0; k < SIZE; k++) {
          let sum = x * from[k] + y * from[SIZE + k] + z * from[2 * SIZE + k];
          if (row >= 3) sum += from[row * SIZE + k];
          if (row >= 6) sum += dt * from[(row - 3) * SIZE + k];
          to[k * SIZE + row] = sum;
        }
      }
    }
    const gyroscope = noise.gyroscopeDensity ** 2 * dt;
    const accelerometer = noise.accelerometerDensity ** 2 * dt;
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
// Written out, for they run for each sample.
function added(a: Matrix3, b: Matrix3): Matrix3 {
  return [
    ...[a[0] + b[0], a[1] + b[1], a[2] + b[2]] as const,
    ...[a[3] + b[3], a[4] + b[4], a[5] + b[5]] as const,
    ...[a[6] + b[6], a[7] + b[7], a[8] + b[8]] as const,
  ];
}
function scaled(a: Matrix3, f: number): Matrix3 {
  return [f * a[0], f * a[1], f * a[2], f * a[3], f * a[4], f * a[5], f * a[6], f * a[7], f * a[8]];
}
/** c₀·I + c₁·[v]× + c₂·[v]×² + c₃·[v]×³. */
function polynomial(v: Vector3, c: readonly [number, number, number, number]): Matrix3 {
  const s = skew(v), squared = matrixMultiply(s, s);
  return added(
    added([c[0], 0, 0, 0, c[0], 0, 0, 0, c[0]], scaled(s, c[1])),
    added(scaled(squared, c[2]), scaled(matrixMultiply(squared, s), c[3])),
  );
}
/** Right Jacobian of SO(3), to third order. */
function rightJacobian(v: Vector3): Matrix3 {
  return polynomial(v, [1, -1 / 2, 1 / 6, -1 / 24]);
}
/** A polynomial of [turn]× applied to a vector, and what it changes by, to second order of the turn. */
function turned(turn: Vector3, vector: Vector3, c: readonly [number, number, number, number]): {
  readonly value: Vector3;
  readonly byTurn: Matrix3;
  readonly byVector: Matrix3;
} {
  const byVector = polynomial(turn, c), s = skew(turn), v = skew(vector);
  const once = matrixVector(s, vector), twice = matrixVector(s, once);
  // d([t]×·x) = −[x]×·dt, for each of the turns in a product.
  const second = added(skew(once), matrixMultiply(s, v));
  const third = added(skew(twice), matrixMultiply(s, second));
  return {
    value: matrixVector(byVector, vector),
    byTurn: added(added(scaled(v, -c[1]), scaled(second, -c[2])), scaled(third, -c[3])),
    byVector,
  };
}
