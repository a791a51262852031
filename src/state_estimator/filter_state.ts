/**
 * What the filter believes at one moment: nominal state, error covariance, and the bookkeeping that
 * a roll-back has to take back with them.
 *
 * Error state, `STATE_SIZE` long: position (local), velocity (local), attitude (body, right), the
 * two biases, mounting (right), barometer drift, odometry scale, map error (east, north), and the
 * clone of position and attitude at the last frame.
 *
 * @module
 */
import type { Quaternion, Vector3 } from "../core/mod.ts";
import { turnQuaternion } from "./linear_algebra.ts";
import type { RefusedFix } from "./relocalisation.ts";

/** Offsets in the error state. */
export const ERROR = {
  position: 0,
  velocity: 3,
  attitude: 6,
  accelerometerBias: 9,
  gyroscopeBias: 12,
  mounting: 15,
  baroDrift: 18,
  odometryScale: 19,
  map: 20,
  clonePosition: 22,
  cloneAttitude: 25,
} as const;
export const STATE_SIZE = 28;
/** The part without the clone; the clone is a copy, so that the whole may be singular. */
export const CORE_SIZE = 22;

/** Offsets in the nominal state. */
export const NOMINAL = {
  position: 0,
  velocity: 3,
  attitude: 6,
  accelerometerBias: 10,
  gyroscopeBias: 13,
  mounting: 16,
  baroDrift: 20,
  odometryScale: 21,
  map: 22,
  clonePosition: 24,
  cloneAttitude: 27,
} as const;
const NOMINAL_SIZE = 31;

/** Error block → nominal block, for the blocks that add; the three rotations turn. */
const ADDITIVE: readonly (readonly [error: number, nominal: number, size: number])[] = [
  [ERROR.position, NOMINAL.position, 6],
  [ERROR.accelerometerBias, NOMINAL.accelerometerBias, 6],
  [ERROR.baroDrift, NOMINAL.baroDrift, 4],
  [ERROR.clonePosition, NOMINAL.clonePosition, 3],
];
const TURNING: readonly (readonly [error: number, nominal: number])[] = [
  [ERROR.attitude, NOMINAL.attitude],
  [ERROR.mounting, NOMINAL.mounting],
  [ERROR.cloneAttitude, NOMINAL.cloneAttitude],
];

export const NEVER_NS = -1;

export class FilterState {
  timeNs = 0;
  readonly nominal = new Float64Array(NOMINAL_SIZE);
  /** Row-major, symmetric. */
  readonly covariance = new Float64Array(STATE_SIZE * STATE_SIZE);
  /** Time and distance since the Gauss–Markov states were last decayed. */
  decayS = 0;
  decayM = 0;
  cloneNs = NEVER_NS;
  anchorNs = NEVER_NS;
  odometryNs = NEVER_NS;
  attitudeNs = NEVER_NS;
  gpsNs = NEVER_NS;
  refusedFixes: readonly RefusedFix[] = [];

  copyFrom(other: FilterState): void {
    this.timeNs = other.timeNs;
    this.nominal.set(other.nominal);
    this.covariance.set(other.covariance);
    this.decayS = other.decayS;
    this.decayM = other.decayM;
    this.cloneNs = other.cloneNs;
    this.anchorNs = other.anchorNs;
    this.odometryNs = other.odometryNs;
    this.attitudeNs = other.attitudeNs;
    this.gpsNs = other.gpsNs;
    this.refusedFixes = other.refusedFixes;
  }

  vector(offset: number): Vector3 {
    const n = this.nominal;
    return [n[offset], n[offset + 1], n[offset + 2]];
  }

  quaternion(offset: number): Quaternion {
    const n = this.nominal;
    return [n[offset], n[offset + 1], n[offset + 2], n[offset + 3]];
  }

  /** Nominal ← nominal ⊞ error. */
  inject(error: Float64Array): void {
    const n = this.nominal;
    for (const [from, to, size] of ADDITIVE) {
      for (let i = 0; i < size; i++) n[to + i] += error[from + i];
    }
    for (const [from, to] of TURNING) {
      turnQuaternion(n, to, error[from], error[from + 1], error[from + 2]);
    }
  }

  /** Replaces the clone by position and attitude of now (stochastic cloning). */
  clone(): void {
    const n = this.nominal, p = this.covariance;
    n.copyWithin(NOMINAL.clonePosition, NOMINAL.position, NOMINAL.position + 3);
    n.copyWithin(NOMINAL.cloneAttitude, NOMINAL.attitude, NOMINAL.attitude + 4);
    for (let i = 0; i < 6; i++) {
      const source = i < 3 ? ERROR.position + i : ERROR.attitude + i - 3;
      const target = ERROR.clonePosition + i;
      for (let k = 0; k < CORE_SIZE; k++) {
        const value = p[source * STATE_SIZE + k];
        p[target * STATE_SIZE + k] = value;
        p[k * STATE_SIZE + target] = value;
      }
    }
    for (let i = 0; i < 6; i++) {
      for (let k = 0; k < 6; k++) {
        const column = k < 3 ? ERROR.position + k : ERROR.attitude + k - 3;
        p[(ERROR.clonePosition + i) * STATE_SIZE + ERROR.clonePosition + k] =
          p[(ERROR.clonePosition + i) * STATE_SIZE + column];
      }
    }
    this.cloneNs = this.timeNs;
  }

  /** Sets an independent variance for each of `size` errors from `offset` on. */
  setVariance(offset: number, size: number, variance: number): void {
    const p = this.covariance;
    for (let i = offset; i < offset + size; i++) {
      for (let k = 0; k < STATE_SIZE; k++) {
        p[i * STATE_SIZE + k] = 0;
        p[k * STATE_SIZE + i] = 0;
      }
      p[i * STATE_SIZE + i] = variance;
    }
  }
}
