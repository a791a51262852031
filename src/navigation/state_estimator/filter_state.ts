/**
 * What the filter believes at one moment: nominal state, error covariance, and the bookkeeping that
 * a roll-back has to take back with them.
 *
 * Error state, `STATE_SIZE` long: position (local), velocity (local), attitude (body, right), the
 * two biases, mounting (right), barometer drift, odometry scale, local map error (east, north), offset
 * of the map as a whole (east, north), the clone
 * of position and attitude at the last frame, and the fixed point: position, velocity and attitude
 * at a moment that is being smoothed (unused otherwise; its covariance is then zero and stays so).
 *
 * @module
 */
import type { Quaternion, Vector3 } from "../../core/mod.ts";
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
  mapOffset: 22,
  clonePosition: 24,
  cloneAttitude: 27,
  fixedPosition: 30,
  fixedVelocity: 33,
  fixedAttitude: 36,
} as const;
export const STATE_SIZE = 39;
/** The part without the copies, which make the whole singular at the moment of copying. */
export const CORE_SIZE = 24;

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
  mapOffset: 24,
  clonePosition: 26,
  cloneAttitude: 29,
  fixedPosition: 33,
  fixedVelocity: 36,
  fixedAttitude: 39,
} as const;
const NOMINAL_SIZE = 43;

/** Error block → nominal block, for the blocks that add; the three rotations turn. */
const ADDITIVE: readonly (readonly [error: number, nominal: number, size: number])[] = [
  [ERROR.position, NOMINAL.position, 6],
  [ERROR.accelerometerBias, NOMINAL.accelerometerBias, 6],
  [ERROR.baroDrift, NOMINAL.baroDrift, 6],
  [ERROR.clonePosition, NOMINAL.clonePosition, 3],
  [ERROR.fixedPosition, NOMINAL.fixedPosition, 6],
];
const TURNING: readonly (readonly [error: number, nominal: number])[] = [
  [ERROR.attitude, NOMINAL.attitude],
  [ERROR.mounting, NOMINAL.mounting],
  [ERROR.cloneAttitude, NOMINAL.cloneAttitude],
  [ERROR.fixedAttitude, NOMINAL.fixedAttitude],
];

/** Errors that a copy takes over, and where it puts them. */
const CLONED: readonly (readonly [source: number, target: number])[] = [
  [ERROR.position, ERROR.clonePosition],
  [ERROR.attitude, ERROR.cloneAttitude],
];
const FIXED: readonly (readonly [source: number, target: number])[] = [
  [ERROR.position, ERROR.fixedPosition],
  [ERROR.velocity, ERROR.fixedVelocity],
  [ERROR.attitude, ERROR.fixedAttitude],
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

  constructor() {
    this.clear();
  }

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

  /** Nothing known yet: zeros, and rotations that turn nothing. */
  clear(): void {
    this.nominal.fill(0);
    for (const [, rotation] of TURNING) this.nominal[rotation] = 1;
    this.covariance.fill(0);
  }

  /** Replaces the clone by position and attitude of now (stochastic cloning). */
  clone(): void {
    const n = this.nominal;
    n.copyWithin(NOMINAL.clonePosition, NOMINAL.position, NOMINAL.position + 3);
    n.copyWithin(NOMINAL.cloneAttitude, NOMINAL.attitude, NOMINAL.attitude + 4);
    this.#copyErrors(CLONED);
    this.cloneNs = this.timeNs;
  }

  /** Makes now the fixed point: whatever is measured from here on corrects it too. */
  fixPoint(): void {
    const n = this.nominal;
    n.copyWithin(NOMINAL.fixedPosition, NOMINAL.position, NOMINAL.position + 6);
    n.copyWithin(NOMINAL.fixedAttitude, NOMINAL.attitude, NOMINAL.attitude + 4);
    this.#copyErrors(FIXED);
  }

  #copyErrors(blocks: readonly (readonly [source: number, target: number])[]): void {
    const p = this.covariance;
    for (const [source, target] of blocks) {
      for (let i = 0; i < 3; i++) {
        const from = (source + i) * STATE_SIZE, to = (target + i) * STATE_SIZE;
        p.copyWithin(to, from, from + STATE_SIZE);
      }
    }
    for (const [source, target] of blocks) {
      for (let i = 0; i < 3; i++) {
        for (let row = 0; row < STATE_SIZE; row++) {
          p[row * STATE_SIZE + target + i] = p[row * STATE_SIZE + source + i];
        }
      }
    }
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
