/**
 * Strapdown propagation of the nominal state and of the error covariance through one IMU interval.
 *
 * Sources: J. Solà, arXiv:1711.02508, section 5 (error-state kinematics, here with the right
 * perturbation R·Exp(δθ) in body axes); midpoint attitude for the specific force.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { FilterState } from "./filter_state.ts";
import { IMU_WIDTH, type ImuStream } from "./imu_stream.ts";
import { rotationInto, turnQuaternion } from "./linear_algebra.ts";
import {
  CORE_SIZE,
  ERROR,
  type GaussMarkov,
  NOMINAL,
  PLACED_BLOCKS,
  type PlacedBlock,
  STATE_SIZE as N,
} from "./state_table.ts";

/** m/s², down. */
export const GRAVITY_MPS2 = 9.80665;
/** Attitudes further apart than this leave the acceleration between them unknown. */
export const SUBSTITUTE_SPAN_MAX_S = 0.5;
/** The errors that the motion itself changes come first: position, velocity, attitude. */
const DRIVEN = ERROR.accelerometerBias;
// Module constants: the loops below run for every IMU sample.
const POSITION = NOMINAL.position, VELOCITY = NOMINAL.velocity, ATTITUDE = NOMINAL.attitude;
const FORCE_BIAS = NOMINAL.accelerometerBias, RATE_BIAS = NOMINAL.gyroscopeBias;
const VELOCITY_ERROR = ERROR.velocity, ATTITUDE_ERROR = ERROR.attitude;
const FORCE_BIAS_ERROR = ERROR.accelerometerBias, RATE_BIAS_ERROR = ERROR.gyroscopeBias;

type ImuNoise = Pick<
  EskfConfig["imu"],
  "accelerometerDensity" | "gyroscopeDensity" | "accelerometerBiasWalk" | "gyroscopeBiasWalk"
>;

export class Propagator {
  readonly #noise: EskfConfig["imu"];
  readonly #substituteNoise: EskfConfig["withoutImu"];
  readonly #decaying: readonly (readonly [block: PlacedBlock, model: GaussMarkov])[];
  readonly #mean = new Float64Array(IMU_WIDTH);
  readonly #rotation = new Float64Array(9);
  readonly #middle = new Float64Array(4);
  /** Velocity by attitude, velocity by accelerometer bias, attitude by attitude. */
  readonly #velocityByAttitude = new Float64Array(9);
  readonly #velocityByBias = new Float64Array(9);
  readonly #attitudeByAttitude = new Float64Array(9);
  /** Attitude by gyroscope bias, seconds: how long that bias has acted. */
  #rateBiasStepS = 0;

  constructor(config: EskfConfig) {
    this.#noise = config.imu;
    this.#substituteNoise = config.withoutImu;
    this.#decaying = PLACED_BLOCKS.flatMap((block) =>
      block.gaussMarkov === undefined ? [] : [[block, block.gaussMarkov(config)] as const]
    );
  }

  /** Carries `state` to `toNs` with the samples of `stream`. */
  advance(state: FilterState, stream: ImuStream, toNs: number): void {
    let index = stream.indexAtOrBefore(state.timeNs);
    while (state.timeNs < toNs) {
      const nextNs = index + 1 < stream.count ? stream.timeNs(index + 1) : Infinity;
      const endNs = Math.min(toNs, nextNs);
      const startNs = index >= stream.first ? stream.timeNs(index) : state.timeNs;
      stream.meanInto(this.#mean, index, state.timeNs, endNs);
      const dt = (endNs - state.timeNs) * 1e-9;
      const spanS = (Math.min(nextNs, Math.max(endNs, startNs)) - startNs) * 1e-9;
      if (stream.isSubstitute(index)) {
        this.#stepByAttitude(state, this.#mean, dt);
        if (spanS > SUBSTITUTE_SPAN_MAX_S) this.#bridgeGap(state, dt, 0);
      } else {
        this.step(state, this.#mean, dt);
        if (spanS > this.#noise.gapMaxS) this.#bridgeGap(state, dt, this.#noise.gapRateSigmaRps);
      }
      state.timeNs = endNs;
      if (endNs === nextNs) index++;
    }
  }

  /** One interval with constant specific force and rate (`imu`, 6 numbers); leaves `timeNs` alone. */
  step(state: FilterState, imu: Float64Array, dt: number): void {
    const n = state.nominal;
    const fx = imu[0] - n[FORCE_BIAS];
    const fy = imu[1] - n[FORCE_BIAS + 1];
    const fz = imu[2] - n[FORCE_BIAS + 2];
    const wx = (imu[3] - n[RATE_BIAS]) * dt;
    const wy = (imu[4] - n[RATE_BIAS + 1]) * dt;
    const wz = (imu[5] - n[RATE_BIAS + 2]) * dt;
    const middle = this.#middle, r = this.#rotation;
    for (let i = 0; i < 4; i++) middle[i] = n[ATTITUDE + i];
    turnQuaternion(middle, 0, wx / 2, wy / 2, wz / 2);
    rotationInto(r, middle, 0);
    const ax = r[0] * fx + r[1] * fy + r[2] * fz;
    const ay = r[3] * fx + r[4] * fy + r[5] * fz;
    const az = r[6] * fx + r[7] * fy + r[8] * fz - GRAVITY_MPS2;
    state.decayS += dt;
    const ve = n[VELOCITY], vn = n[VELOCITY + 1], vu = n[VELOCITY + 2];
    state.decayM += dt * Math.sqrt(ve * ve + vn * vn);
    n[POSITION] += (ve + 0.5 * ax * dt) * dt;
    n[POSITION + 1] += (vn + 0.5 * ay * dt) * dt;
    n[POSITION + 2] += (vu + 0.5 * az * dt) * dt;
    n[VELOCITY] += ax * dt;
    n[VELOCITY + 1] += ay * dt;
    n[VELOCITY + 2] += az * dt;
    turnQuaternion(n, ATTITUDE, wx, wy, wz);
    this.#linearise(fx, fy, fz, wx, wy, wz, dt);
    this.#rateBiasStepS = dt;
    this.#propagateCovariance(state.covariance, dt);
    this.#addNoise(state.covariance, dt, this.#noise);
  }

  /**
   * One interval that no IMU has measured: the controller's attitude says how the aircraft turned, the
   * velocity is a random walk, and the biases have no part in either.
   */
  #stepByAttitude(state: FilterState, imu: Float64Array, dt: number): void {
    const n = state.nominal;
    const ve = n[VELOCITY], vn = n[VELOCITY + 1], vu = n[VELOCITY + 2];
    state.decayS += dt;
    state.decayM += dt * Math.sqrt(ve * ve + vn * vn);
    n[POSITION] += ve * dt;
    n[POSITION + 1] += vn * dt;
    n[POSITION + 2] += vu * dt;
    const wx = imu[3] * dt, wy = imu[4] * dt, wz = imu[5] * dt;
    turnQuaternion(n, ATTITUDE, wx, wy, wz);
    this.#rotation.fill(0);
    this.#linearise(0, 0, 0, wx, wy, wz, dt);
    this.#rateBiasStepS = 0;
    this.#propagateCovariance(state.covariance, dt);
    const { accelerometerBiasWalk, gyroscopeBiasWalk } = this.#noise;
    const noise = { ...this.#substituteNoise, accelerometerBiasWalk, gyroscopeBiasWalk };
    this.#addNoise(state.covariance, dt, noise);
  }

  /** Decays the Gauss–Markov states over the time and distance since they were last decayed. */
  applyGaussMarkovDecay(state: FilterState): void {
    if (state.decayS === 0) return;
    for (const [block, model] of this.#decaying) {
      const exponent = "timeS" in model
        ? state.decayS / model.timeS
        : state.decayM / model.distanceM;
      decay(state, block, exponent, model.sigma);
    }
    state.decayS = 0;
    state.decayM = 0;
  }

  #linearise(
    fx: number,
    fy: number,
    fz: number,
    wx: number,
    wy: number,
    wz: number,
    dt: number,
  ): void {
    const r = this.#rotation, a = this.#velocityByAttitude, b = this.#velocityByBias;
    for (let row = 0; row < 9; row += 3) {
      const x = r[row], y = r[row + 1], z = r[row + 2];
      // −R·[f]×·dt
      a[row] = -(y * fz - z * fy) * dt;
      a[row + 1] = -(z * fx - x * fz) * dt;
      a[row + 2] = -(x * fy - y * fx) * dt;
      b[row] = -x * dt;
      b[row + 1] = -y * dt;
      b[row + 2] = -z * dt;
    }
    // Exp(−ω·dt) to second order.
    const c = this.#attitudeByAttitude;
    c[0] = 1 - (wy * wy + wz * wz) / 2;
    c[1] = wz + wx * wy / 2;
    c[2] = -wy + wx * wz / 2;
    c[3] = -wz + wx * wy / 2;
    c[4] = 1 - (wx * wx + wz * wz) / 2;
    c[5] = wx + wy * wz / 2;
    c[6] = wy + wx * wz / 2;
    c[7] = -wx + wy * wz / 2;
    c[8] = 1 - (wx * wx + wy * wy) / 2;
  }

  /** P ← F·P·Fᵀ + Q; only nine rows and columns of F differ from the identity. */
  #propagateCovariance(p: Float64Array, dt: number): void {
    for (let column = 0; column < N; column++) this.#transform(p, column, N, dt);
    for (let row = 0; row < DRIVEN; row++) this.#transform(p, row * N, 1, dt);
    for (let row = 0; row < DRIVEN; row++) {
      for (let column = row + 1; column < DRIVEN; column++) {
        const mean = 0.5 * (p[row * N + column] + p[column * N + row]);
        p[row * N + column] = mean;
        p[column * N + row] = mean;
      }
      for (let column = DRIVEN; column < N; column++) p[column * N + row] = p[row * N + column];
    }
  }

  #addNoise(p: Float64Array, dt: number, noise: ImuNoise): void {
    addToDiagonal(p, VELOCITY_ERROR, noise.accelerometerDensity ** 2 * dt);
    addToDiagonal(p, ATTITUDE_ERROR, noise.gyroscopeDensity ** 2 * dt);
    addToDiagonal(p, FORCE_BIAS_ERROR, noise.accelerometerBiasWalk ** 2 * dt);
    addToDiagonal(p, RATE_BIAS_ERROR, noise.gyroscopeBiasWalk ** 2 * dt);
  }

  /** Applies F to the error vector whose entries lie `stride` apart from `at` on. */
  #transform(p: Float64Array, at: number, stride: number, dt: number): void {
    const a = this.#velocityByAttitude, b = this.#velocityByBias, c = this.#attitudeByAttitude;
    const gyro = this.#rateBiasStepS;
    const v = at + VELOCITY_ERROR * stride, t = at + ATTITUDE_ERROR * stride;
    const f = at + FORCE_BIAS_ERROR * stride, g = at + RATE_BIAS_ERROR * stride;
    const v0 = p[v], v1 = p[v + stride], v2 = p[v + 2 * stride];
    const t0 = p[t], t1 = p[t + stride], t2 = p[t + 2 * stride];
    const f0 = p[f], f1 = p[f + stride], f2 = p[f + 2 * stride];
    p[at] += dt * v0;
    p[at + stride] += dt * v1;
    p[at + 2 * stride] += dt * v2;
    p[v] = v0 + a[0] * t0 + a[1] * t1 + a[2] * t2 + b[0] * f0 + b[1] * f1 + b[2] * f2;
    p[v + stride] = v1 + a[3] * t0 + a[4] * t1 + a[5] * t2 + b[3] * f0 + b[4] * f1 + b[5] * f2;
    p[v + 2 * stride] = v2 + a[6] * t0 + a[7] * t1 + a[8] * t2 + b[6] * f0 + b[7] * f1 + b[8] * f2;
    p[t] = c[0] * t0 + c[1] * t1 + c[2] * t2 - gyro * p[g];
    p[t + stride] = c[3] * t0 + c[4] * t1 + c[5] * t2 - gyro * p[g + stride];
    p[t + 2 * stride] = c[6] * t0 + c[7] * t1 + c[8] * t2 - gyro * p[g + 2 * stride];
  }

  /** Nothing was measured between two distant samples: unknown acceleration and rate. */
  #bridgeGap(state: FilterState, dt: number, rateSigmaRps: number): void {
    const noise = this.#noise, velocityMps = noise.gapAccelerationSigmaMps2 * dt;
    addToDiagonal(state.covariance, ERROR.position, (0.5 * velocityMps * dt) ** 2);
    addToDiagonal(state.covariance, VELOCITY_ERROR, velocityMps ** 2);
    addToDiagonal(state.covariance, ATTITUDE_ERROR, (rateSigmaRps * dt) ** 2);
  }
}

function addToDiagonal(p: Float64Array, offset: number, variance: number): void {
  for (let i = offset; i < offset + 3; i++) p[i * N + i] += variance;
}

/** First-order Gauss–Markov: x ← φ·x, variance ← φ²·variance + (1 − φ²)·sigma², φ = e^−exponent. */
function decay(state: FilterState, block: PlacedBlock, exponent: number, sigma: number): void {
  const phi = Math.exp(-exponent), p = state.covariance;
  for (let i = 0; i < block.size; i++) {
    state.nominal[block.nominal + i] *= phi;
    const row = block.error + i;
    for (let k = 0; k < N; k++) p[row * N + k] *= phi;
    for (let k = 0; k < N; k++) p[k * N + row] *= phi;
    p[row * N + row] += (1 - phi * phi) * sigma * sigma;
  }
}

/** True where the core of the covariance has only positive, finite variances. */
export function variancesArePositive(state: FilterState): boolean {
  for (let i = 0; i < CORE_SIZE; i++) {
    const variance = state.covariance[i * N + i];
    if (!(variance > 0) || variance === Infinity) return false;
  }
  return true;
}
