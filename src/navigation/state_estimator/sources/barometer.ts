/**
 * The barometer's height, with its drift as a state:
 *
 *     z = up + drift + noise
 *
 * An accelerometer that errs more than its noise says (vibration, samples too few) carries the height
 * away, and the gate would then refuse the barometer for good. Where nothing else measures the height and
 * it was refused for a while, the height is widened to it.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { BaroSample, MeasurementOutcome, SourceName } from "../contract.ts";
import { type FilterState, NEVER_NS } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import { ERROR } from "../state_table.ts";
import { widenHeight } from "../widening.ts";
import { BarometerWatch } from "./barometer_watch.ts";
import { areFinite, correlationFactor } from "./checks.ts";
import {
  beyondGate,
  type FilterVerdict,
  type MeasurementSource,
  NOT_FINITE,
  SIGMA_NOT_POSITIVE,
  unjudged,
} from "./measurement_source.ts";

/** Five sigma, 1 degree of freedom. */
const GATE = 25;
const OTHER_HEIGHTS: readonly SourceName[] = ["gps", "anchor"];
/** So far from one sample to the next, and so far from the filter as well: it is the barometer that has changed. */
const JUMP_M = 10;
/** For so long the error of one that runs away stays the same. */
const DOUBTED_S = 60;
/** Remark of a height that moved the filter. */
const WIDENED = "height widened to the barometer";

interface BarometerListener {
  /** Every height, metres above the local frame's origin. */
  height(heightM: number): void;
  /** It has changed by so much against the fixes, and has taken the filter along; or has come to rest there. */
  runsAway(changedM: number): void;
}

export class BarometerSource implements MeasurementSource<BaroSample> {
  readonly name = "barometer";
  readonly intervalS: number;
  readonly #config: EskfConfig["baro"];
  readonly #velocitySigmaMps: number;
  readonly #hears: BarometerListener;
  readonly #watch = new BarometerWatch();
  /** Nothing else told the height when the newest sample was judged. */
  #isOnly = false;

  constructor({ baro, initial }: EskfConfig, hears: BarometerListener) {
    this.#config = baro;
    this.#velocitySigmaMps = initial.velocitySigmaVertMps;
    this.#hears = hears;
    this.intervalS = baro.intervalS;
  }

  timeNs(sample: BaroSample): MonotonicNs {
    return sample.timeNs;
  }

  fault(sample: BaroSample): string | undefined {
    if (!areFinite(sample.heightM)) return NOT_FINITE;
    return sample.sigmaM > 0 ? undefined : SIGMA_NOT_POSITIVE;
  }

  copy(sample: BaroSample): BaroSample {
    return { ...sample };
  }

  admit(sample: BaroSample): undefined {
    this.#hears.height(sample.heightM);
    this.#watch.observeBarometer(sample.timeNs, sample.heightM);
  }

  /** A fix whose place is plausible: metres above the local frame's origin, 1 sigma. */
  observeFix(timeNs: number, heightM: number, sigmaM: number): void {
    const changedM = this.#watch.observeFix(timeNs, heightM, sigmaM);
    if (changedM > 0) this.#hears.runsAway(changedM);
  }

  fuse(state: FilterState, sample: BaroSample, update: KalmanUpdate): FilterVerdict {
    const { objection } = this.#watch;
    if (objection !== undefined) return this.#fuseDoubted(state, sample, update, objection);
    this.#isOnly = !this.#wasFusedOfLate(state, sample.timeNs, OTHER_HEIGHTS);
    this.linearise(state, sample, update.measurement);
    const testRatio = update.prepare(state) / GATE, numbers = update.numbers();
    const isBeyond = !(testRatio <= 1);
    const jumpM = Math.abs(update.measurement.residual[0]);
    if (isBeyond && jumpM > JUMP_M && this.#watch.hasJumped(sample.timeNs, JUMP_M)) {
      this.#watch.object(jumpM);
    }
    if (isBeyond) {
      if (!this.#isAlone(state, sample.timeNs)) return beyondGate(testRatio, numbers);
      if (this.#wasFusedOfLate(state, sample.timeNs, ["odometry"])) {
        // Pictures would have shown that the accelerometer carries the height away.
        this.#watch.object(jumpM);
        return beyondGate(testRatio, numbers);
      }
      widenHeight(state, update.measurement.residual[0] ** 2, this.#velocitySigmaMps ** 2);
      update.prepare(state);
    }
    update.apply(state);
    return { fused: true, ...(isBeyond ? { reason: WIDENED } : {}), testRatio, numbers };
  }

  /** One that runs away may go on: alone it counts as wrong as it is off by, and each sample like the one before. */
  #fuseDoubted(
    state: FilterState,
    sample: BaroSample,
    update: KalmanUpdate,
    objection: string,
  ): FilterVerdict {
    if (!this.#isAlone(state, sample.timeNs)) return unjudged(objection);
    const out = update.measurement;
    this.linearise(state, sample, out);
    const wrongM = Math.max(Math.abs(out.residual[0]), this.#watch.changedM);
    const earlierNs = state.lastFusedNs(this.name);
    out.setVariance(0, wrongM ** 2 * correlationFactor(sample.timeNs, earlierNs, DOUBTED_S));
    const testRatio = update.prepare(state) / GATE, numbers = update.numbers();
    update.apply(state);
    return { fused: true, reason: objection, testRatio, numbers };
  }

  /** It was fused, but not of late, and nor was anything else that measures the height. */
  #isAlone(state: FilterState, timeNs: number): boolean {
    if (state.lastFusedNs(this.name) === NEVER_NS) return false;
    return !this.#wasFusedOfLate(state, timeNs, [this.name, ...OTHER_HEIGHTS]);
  }

  #wasFusedOfLate(state: FilterState, timeNs: number, sources: readonly SourceName[]): boolean {
    const beforeNs = timeNs - this.#config.widenAfterS * 1e9;
    return sources.some((source) => state.lastFusedNs(source) >= beforeNs);
  }

  /** Where nothing else tells the height, one that moves against the IMU is ahead of the filter all the time. */
  judged({ timeNs }: BaroSample, { fused, innovation: [aheadM] }: MeasurementOutcome): void {
    if (this.#isOnly && fused && aheadM !== undefined) this.#watch.observeAhead(timeNs, aheadM);
  }

  linearise(state: FilterState, sample: BaroSample, out: LinearMeasurement): void {
    const { whiteSigmaM, driftSigmaM } = this.#config;
    out.reset(1);
    out.observation[0] = sample.heightM;
    out.residual[0] = sample.heightM - state.value("position", 2) - state.value("baroDrift");
    out.setDerivative(0, ERROR.position + 2, 1);
    out.setDerivative(0, ERROR.baroDrift, 1);
    const beyondDrift = Math.max(0, sample.sigmaM ** 2 - driftSigmaM ** 2);
    out.setVariance(0, whiteSigmaM ** 2 + beyondDrift);
  }
}
