/**
 * The estimate at one moment: nominal state, error covariance, and the bookkeeping that
 * a roll-back has to take back with them. The blocks stand in state_table.ts.
 *
 * @module
 */
import type { Quaternion, Vector3 } from "../../core/mod.ts";
import { SOURCE_NAMES, SOURCE_RANK, type SourceName } from "./contract.ts";
import { turnQuaternion } from "./linear_algebra.ts";
import type { RefusedFix } from "./sources/relocalisation.ts";
import {
  type BlockName,
  copiesBy,
  NOMINAL,
  NOMINAL_SIZE,
  PLACED_BLOCKS,
  STATE_SIZE,
} from "./state_table.ts";

const ROTATIONS = PLACED_BLOCKS.filter((block) => block.kind === "rotation");
const ADDITIVES = PLACED_BLOCKS.filter((block) => block.kind === "additive");
const CLONED = copiesBy("clone");
const FIXED = copiesBy("fixPoint");

export const NEVER_NS = -1;

/** What the controller's attitudes said of the filter's so far. */
interface AttitudesSoFar {
  /** So many were near it. */
  readonly near: number;
  /** So many in a row, the newest ones, are far from it, and in the same way: 0, the newest is near. */
  readonly far: number;
  readonly farSinceNs: number;
  /** Of the newest, radians, body axes. */
  readonly byRad: Vector3;
}

const NO_ATTITUDES: AttitudesSoFar = { near: 0, far: 0, farSinceNs: NEVER_NS, byRad: [0, 0, 0] };

export class FilterState {
  timeNs = 0;
  readonly nominal = new Float64Array(NOMINAL_SIZE);
  /** `STATE_SIZE` × `STATE_SIZE`, row-major, symmetric. */
  readonly covariance = new Float64Array(STATE_SIZE * STATE_SIZE);
  /** Time and distance since the Gauss–Markov states were last decayed. */
  decayS = 0;
  decayM = 0;
  cloneNs = NEVER_NS;
  /** Time of the last fused measurement of each source. */
  readonly #fusedNs = new Float64Array(SOURCE_NAMES.length).fill(NEVER_NS);
  refusedFixes: readonly RefusedFix[] = [];
  attitudes = NO_ATTITUDES;

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
    this.#fusedNs.set(other.#fusedNs);
    this.refusedFixes = other.refusedFixes;
    this.attitudes = other.attitudes;
  }

  /** What is estimated becomes that of `other`, which stands at the same moment; what was fused stays. */
  takeEstimate(other: FilterState): void {
    this.nominal.set(other.nominal);
    this.covariance.set(other.covariance);
    this.decayS = other.decayS;
    this.decayM = other.decayM;
    this.cloneNs = other.cloneNs;
  }

  /** `NEVER_NS` before the first. */
  lastFusedNs(source: SourceName): number {
    return this.#fusedNs[SOURCE_RANK[source]];
  }

  setLastFused(source: SourceName, timeNs: number): void {
    this.#fusedNs[SOURCE_RANK[source]] = timeNs;
  }

  /** One component of a block of the nominal state. */
  value(block: BlockName, component = 0): number {
    return this.nominal[NOMINAL[block] + component];
  }

  vector(block: BlockName): Vector3 {
    const n = this.nominal, offset = NOMINAL[block];
    return [n[offset], n[offset + 1], n[offset + 2]];
  }

  quaternion(block: BlockName): Quaternion {
    const n = this.nominal, offset = NOMINAL[block];
    return [n[offset], n[offset + 1], n[offset + 2], n[offset + 3]];
  }

  /** Metres a second over the ground. */
  horizontalSpeedMps(): number {
    return Math.hypot(this.value("velocity", 0), this.value("velocity", 1));
  }

  set(block: BlockName, values: ArrayLike<number>): void {
    this.nominal.set(values, NOMINAL[block]);
  }

  /** Covariance of two errors, by their places in the error state. */
  covarianceOf(row: number, column: number): number {
    return this.covariance[row * STATE_SIZE + column];
  }

  addCovariance(row: number, column: number, covariance: number): void {
    this.covariance[row * STATE_SIZE + column] += covariance;
  }

  /** Nominal ← nominal ⊞ error. */
  inject(error: Float64Array): void {
    const n = this.nominal;
    for (const { error: from, nominal: to, size } of ADDITIVES) {
      for (let i = 0; i < size; i++) n[to + i] += error[from + i];
    }
    for (const { error: from, nominal: to } of ROTATIONS) {
      turnQuaternion(n, to, error[from], error[from + 1], error[from + 2]);
    }
  }

  /** Nothing known and nothing fused yet: zeros, and rotations that turn nothing. */
  clear(): void {
    this.#fusedNs.fill(NEVER_NS);
    this.refusedFixes = [];
    this.attitudes = NO_ATTITUDES;
    this.decayS = 0;
    this.decayM = 0;
    this.nominal.fill(0);
    for (const { nominal } of ROTATIONS) this.nominal[nominal] = 1;
    this.covariance.fill(0);
  }

  /** Replaces the clone by position and attitude of now (stochastic cloning). */
  clone(): void {
    this.#copy(CLONED);
    this.cloneNs = this.timeNs;
  }

  /** Makes now the fixed point: whatever is measured from here on corrects it too. */
  fixPoint(): void {
    this.#copy(FIXED);
  }

  #copy(copies: ReturnType<typeof copiesBy>): void {
    const n = this.nominal, p = this.covariance;
    for (const [source, target] of copies) {
      n.copyWithin(target.nominal, source.nominal, source.nominal + source.nominalSize);
      for (let i = 0; i < source.size; i++) {
        const from = (source.error + i) * STATE_SIZE, to = (target.error + i) * STATE_SIZE;
        p.copyWithin(to, from, from + STATE_SIZE);
      }
    }
    for (const [source, target] of copies) {
      for (let i = 0; i < source.size; i++) {
        for (let row = 0; row < STATE_SIZE; row++) {
          p[row * STATE_SIZE + target.error + i] = p[row * STATE_SIZE + source.error + i];
        }
      }
    }
  }
}
