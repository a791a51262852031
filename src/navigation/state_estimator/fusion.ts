/**
 * Applies one measurement to a state: linearise, gate, update, keep the books.
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  quaternionConjugate,
  quaternionMultiply,
} from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { MeasurementOutcome } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import { type FilterState, NEVER_NS } from "./filter_state.ts";
import { KalmanUpdate } from "./kalman_update.ts";
import type { TimelineEvent } from "./measurement_log.ts";
import { linearisePoseAnchor } from "./model_anchor.ts";
import { lineariseAttitude, lineariseBaro, lineariseGps } from "./model_controller.ts";
import { lineariseOdometry } from "./model_odometry.ts";
import { type Propagator, variancesArePositive } from "./propagation.ts";
import { refusedFixesAgree, withRefusedFix } from "./relocalisation.ts";
import { ERROR } from "./state_table.ts";

/** Chi-square: 99.9 % for 3 degrees of freedom; five sigma for one. */
const ATTITUDE_GATE = 16.27;
const BARO_GATE = 25;
/** Translation residual, metres, from which odometry is linearised anew, and how often. */
const RELINEARISE_M = 0.5;
const ITERATIONS = 3;
const IDENTITY: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

type Measured = Exclude<TimelineEvent, { kind: "frame" }>;
type Moved = Extract<TimelineEvent, { kind: "vio" }>;
type Anchored = Extract<TimelineEvent, { kind: "anchor" }>;

export class Fusion {
  readonly #config: EskfConfig;
  readonly #propagator: Propagator;
  readonly #update = new KalmanUpdate();

  constructor(config: EskfConfig, propagator: Propagator) {
    this.#config = config;
    this.#propagator = propagator;
  }

  /** `state` stands at the event's time. Undefined for a frame, which measures nothing. */
  apply(state: FilterState, event: TimelineEvent): MeasurementOutcome | undefined {
    this.#propagator.applyGaussMarkovDecay(state);
    if (event.kind === "frame") {
      state.clone();
      return undefined;
    }
    const outcome = this.#measure(state, event);
    if (!variancesArePositive(state)) {
      throw new EstimatorDivergedError(`a variance is not positive after a ${event.kind}`);
    }
    return outcome;
  }

  #measure(state: FilterState, event: Measured): MeasurementOutcome {
    const config = this.#config, out = this.#update.measurement;
    switch (event.kind) {
      case "attitude":
        lineariseAttitude(state, event.sample, config.attitude, out);
        return this.#gated(state, event, ATTITUDE_GATE);
      case "baro":
        lineariseBaro(state, event.sample, config.baro, out);
        return this.#gated(state, event, BARO_GATE);
      case "gps":
        lineariseGps(state, event.sample, event.positionLocalM, config.gps, out);
        return this.#gated(state, event, config.gps.gate);
      case "vio":
        if (state.cloneNs !== event.measurement.fromNs) {
          return this.#outcome(event, NaN, "no frame is known at fromNs");
        }
        return this.#odometry(state, event);
      case "anchor":
        return this.#anchor(state, event);
    }
  }

  /**
   * A wide prior of the velocity (the start, the end of a gap) is linearised anew at the result: at
   * rest the Jacobian says that heading has no part in the motion.
   */
  #odometry(state: FilterState, event: Moved): MeasurementOutcome {
    const config = this.#config.odometry, update = this.#update;
    const linearise = () => lineariseOdometry(state, event.measurement, config, update.measurement);
    linearise();
    const { residual } = update.measurement;
    const distance = update.prepare(state);
    const wide = Math.hypot(residual[0], residual[1], residual[2]) > RELINEARISE_M;
    if (wide && distance <= config.gate) update.relinearise(state, linearise, ITERATIONS);
    return this.#finish(state, event, distance / config.gate);
  }

  #gated(state: FilterState, event: Measured, gate: number): MeasurementOutcome {
    return this.#finish(state, event, this.#update.prepare(state) / gate);
  }

  #finish(state: FilterState, event: Measured, ratio: number): MeasurementOutcome {
    if (!(ratio <= 1)) return this.#outcome(event, ratio, "innovation beyond its gate");
    this.#update.apply(state);
    if (event.kind === "attitude") state.attitudeNs = event.timeNs;
    if (event.kind === "gps") state.gpsNs = event.timeNs;
    if (event.kind === "vio") state.odometryNs = event.timeNs;
    return this.#outcome(event, ratio);
  }

  #anchor(state: FilterState, event: Anchored): MeasurementOutcome {
    const config = this.#config.anchor, update = this.#update, out = update.measurement;
    linearisePoseAnchor(state, event.anchor, config, out);
    let distance = update.prepare(state);
    const ratio = Math.max(
      distance / config.gate,
      update.pairDistance(0, 1) / config.horizontalGate,
    );
    if (!(ratio <= 1)) {
      if (!this.#isFound(state, event)) {
        return this.#outcome(event, ratio, "innovation beyond its gate");
      }
      this.#forgetPosition(state);
      linearisePoseAnchor(state, event.anchor, config, out);
      distance = update.prepare(state);
    }
    const inflation = Math.max(1, distance / config.softGate) * this.#sharedGround(state, event);
    if (inflation > 1) {
      out.scaleNoise(inflation);
      update.prepare(state);
    }
    const found = ratio > 1 ? "re-initialised on consistent fixes" : undefined;
    const outcome = this.#outcome(event, ratio);
    update.apply(state);
    state.anchorNs = event.timeNs;
    state.refusedFixes = [];
    return found === undefined ? outcome : { ...outcome, reason: found };
  }

  /**
   * Fixes that follow each other closely look at the same ground and err alike (relief, distortion of
   * the map): with correlation ρ between neighbours, n of them are worth n · (1 − ρ) / (1 + ρ).
   */
  #sharedGround(state: FilterState, event: Anchored): number {
    if (state.anchorNs === NEVER_NS) return 1;
    const config = this.#config.anchor;
    const elapsedS = (event.timeNs - state.anchorNs) * 1e-9;
    const flownM = elapsedS * state.horizontalSpeedMps();
    const heightM = Math.max(1, state.value("position", 2));
    const correlation = Math.exp(-flownM / (config.sharedGroundShare * heightM));
    return Math.min(config.sharedGroundMax, (1 + correlation) / (1 - correlation));
  }

  /** Notes a refused fix; true when it and those before it agree that the filter is lost. */
  #isFound(state: FilterState, event: Anchored): boolean {
    const config = this.#config.anchor, { measurement } = this.#update;
    const earlier = state.refusedFixes.at(-1);
    const elapsedS = earlier === undefined ? 0 : (event.timeNs - earlier.timeNs) * 1e-9;
    state.refusedFixes = withRefusedFix(state.refusedFixes, {
      timeNs: event.timeNs,
      innovationEastM: measurement.residual[0],
      innovationNorthM: measurement.residual[1],
      sigmaM: Math.sqrt(measurement.variance(0) + measurement.variance(1)),
      flownM: elapsedS * state.horizontalSpeedMps(),
    });
    const recent = state.anchorNs !== NEVER_NS &&
      event.timeNs - state.anchorNs < config.relocaliseRecentS * 1e9;
    return refusedFixesAgree(
      state.refusedFixes,
      recent ? config.relocaliseAfterRecent : config.relocaliseAfter,
    );
  }

  /**
   * Widens position and attitude by the innovation that the fixes agree on, in common for now and
   * for the clone: what odometry says of the motion between the two stays true.
   */
  #forgetPosition(state: FilterState): void {
    const { residual } = this.#update.measurement;
    const position = residual[0] ** 2 + residual[1] ** 2 + residual[2] ** 2;
    const rotation = residual[3] ** 2 + residual[4] ** 2 + residual[5] ** 2;
    widen(state, ERROR.position, ERROR.clonePosition, position, IDENTITY);
    // The same turn of the world is another vector in the body axes of another moment.
    const nowFromClone = matrixFromQuaternion(quaternionMultiply(
      quaternionConjugate(state.quaternion("attitude")),
      state.quaternion("cloneAttitude"),
    ));
    widen(state, ERROR.attitude, ERROR.cloneAttitude, rotation, nowFromClone);
    for (let i = ERROR.velocity; i < ERROR.velocity + 3; i++) {
      state.addCovariance(i, i, this.#config.initial.velocitySigmaVertMps ** 2);
    }
  }

  #outcome(event: Measured, testRatio: number, reason?: string): MeasurementOutcome {
    const { residual, size } = this.#update.measurement;
    return {
      kind: event.kind,
      timeNs: event.timeNs,
      fused: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      innovation: Number.isNaN(testRatio) ? [] : [...residual.subarray(0, size)],
      testRatio: Number.isNaN(testRatio) ? Infinity : testRatio,
    };
  }
}

/** Adds an isotropic error that block `a` (now) and block `b` (clone) have in common. */
function widen(state: FilterState, a: number, b: number, variance: number, aFromB: Matrix3): void {
  for (let i = 0; i < 3; i++) {
    state.addCovariance(a + i, a + i, variance);
    state.addCovariance(b + i, b + i, variance);
    for (let k = 0; k < 3; k++) {
      state.addCovariance(a + i, b + k, variance * aFromB[3 * i + k]);
      state.addCovariance(b + k, a + i, variance * aFromB[3 * i + k]);
    }
  }
}
