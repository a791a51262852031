/**
 * What the filter needs to know of one source of measurements. Each source is one file beside this
 * one and one line in table.ts; the rest of the estimator goes through the table.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import type { MeasurementNumbers, MeasurementOutcome, SourceName } from "../contract.ts";
import type { FilterState } from "../filter_state.ts";
import type { KalmanUpdate } from "../kalman_update.ts";

/** What became of a measurement in the filter. */
export interface FilterVerdict {
  readonly fused: boolean;
  /** Why not; when fused only where something is worth a remark. */
  readonly reason?: string;
  /** Squared Mahalanobis distance over its gate. */
  readonly testRatio: number;
  readonly numbers: MeasurementNumbers;
}

/** What a source may ask of the estimator. */
export interface EstimatorView {
  /** Of the newest IMU sample; -1 before the first. */
  readonly newestNs: number;
  /** The state at a moment; undefined where none is known. Valid until the next call. */
  stateAt(timeNs: MonotonicNs): FilterState | undefined;
}

export interface MeasurementSource<T> {
  readonly name: SourceName;
  /** Of each slot of so many seconds the first measurement is used; 0: every one is. */
  readonly intervalS: number;
  /** The moment that it is applied at. */
  timeNs(measurement: T): MonotonicNs;
  /** Why this is no measurement; undefined where nothing is wrong with it. */
  fault(measurement: T): string | undefined;
  /** The caller may reuse its buffers. */
  copy(measurement: T): T;
  /**
   * A source that measures between two moments says where its measurement begins: the filter then
   * keeps clones of the state at both, and lets no other such measurement overlap.
   */
  beginsNs?(measurement: T): MonotonicNs;
  /** Sees every sound measurement, before any is thinned out; a reason refuses it. */
  admit?(measurement: T, estimator: EstimatorView): string | undefined;
  /** Linearises, gates and updates. `state` stands at the measurement's time. */
  fuse(state: FilterState, measurement: T, update: KalmanUpdate): FilterVerdict;
  /** After the filter has judged a measurement for the first time. */
  judged?(measurement: T, outcome: MeasurementOutcome): void;
}

export const NO_NUMBERS: MeasurementNumbers = {
  observation: [],
  observationVariance: [],
  innovation: [],
  innovationVariance: [],
};

export const NOT_FINITE = "a value is not finite";
export const SIGMA_NOT_POSITIVE = "a sigma is not positive";
export const NOT_POSITIVE_DEFINITE = "the covariance is not symmetric positive definite";

/** It never reached the filter's gate. */
export function unjudged(reason: string): FilterVerdict {
  return { fused: false, reason, testRatio: Infinity, numbers: NO_NUMBERS };
}

/** Judges the linearised measurement of `update` by `gate` (chi-square) and applies it inside. */
export function fuseWithin(gate: number, state: FilterState, update: KalmanUpdate): FilterVerdict {
  const ratio = update.prepare(state) / gate;
  return applyWithin(ratio, update.numbers(), state, update);
}

/** Iterations of {@link fuseIterated}. */
const ITERATIONS = 3;

/**
 * As {@link fuseWithin}; where the first three residuals together exceed `residualMax` inside the
 * gate, `linearise` is called anew at the result. A wide prior of the velocity (the start, the end of
 * a gap) needs it: at rest the Jacobian says that the attitude has no part in the motion.
 */
export function fuseIterated(
  gate: number,
  state: FilterState,
  update: KalmanUpdate,
  { linearise, residualMax, inflation = 1 }: {
    readonly linearise: () => void;
    readonly residualMax: number;
    /** Of the noise once the gate is passed. */
    readonly inflation?: number;
  },
): FilterVerdict {
  linearise();
  const [x, y, z] = update.measurement.residual;
  const distance = update.prepare(state), numbers = update.numbers();
  const isWide = Math.hypot(x, y, z) > residualMax;
  if (isWide && distance <= gate) update.relinearise(state, linearise, ITERATIONS);
  if (inflation > 1) {
    update.measurement.scaleNoise(inflation);
    update.prepare(state);
  }
  return applyWithin(distance / gate, numbers, state, update);
}

/** Applies a prepared update where its test ratio is at most 1. */
function applyWithin(
  testRatio: number,
  numbers: MeasurementNumbers,
  state: FilterState,
  update: KalmanUpdate,
): FilterVerdict {
  if (!(testRatio <= 1)) return beyondGate(testRatio, numbers);
  update.apply(state);
  return { fused: true, testRatio, numbers };
}

/** NaN: the innovation covariance is not positive definite, so that there is nothing to judge by. */
export function beyondGate(testRatio: number, numbers: MeasurementNumbers): FilterVerdict {
  const reason = "innovation beyond its gate";
  return Number.isNaN(testRatio) ? unjudged(reason) : { fused: false, reason, testRatio, numbers };
}
