/**
 * On-manifold pre-integration of IMU samples between two moments, with covariance and the Jacobians
 * towards the biases, so that a smoother can change its mind about a bias without integrating anew.
 *
 * Source: C. Forster, L. Carlone, F. Dellaert, D. Scaramuzza, "On-Manifold Preintegration for
 * Real-Time Visual-Inertial Odometry", IEEE Transactions on Robotics 33(1), 2017, equations 32–44;
 * here with the attitude of the middle of each interval for the specific force.
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
    const half = times(turn, 0.5);
    const middle = matrixFromQuaternion(
      quaternionMultiply(this.#rotation, quaternionFromRotationVector(half)),
    );
    const backHalf = matrixTranspose(matrixFromQuaternion(quaternionFromRotationVector(half)));
    const back = matrixTranspose(matrixFromQuaternion(quaternionFromRotationVector(turn)));
    const velocityByTurn = scaled(matrixMultiply(middle, skew(force)), -dt);
    this.#propagateCovariance(back, matrixMultiply(velocityByTurn, backHalf), dt, this.#config.imu);
    this.#propagateJacobians(middle, back, backHalf, velocityByTurn, turn, dt);
    const acceleration = matrixVector(middle, force);
    const meanVelocity = plus(this.#velocity, times(acceleration, dt / 2));
    this.#position = plus(this.#position, times(meanVelocity, dt));
    this.#velocity = plus(this.#velocity, times(acceleration, dt));
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
    this.#propagateCovariance(back, ZERO, dt, this.#config.withoutImu);
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
  #propagateCovariance(
    back: Matrix3,
    velocityByRotation: Matrix3,
    dt: number,
    noise: Noise,
  ): void {
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
