/**
 * An anchor: where the camera stood by picture and satellite map:
 *
 *     z_p = p + local map error + map offset + noise,    Z_R = R · M · Exp(noise)
 *
 * with the mounting error M. Position noise and rotation noise come jointly (6×6): a fix from a
 * nearly vertical picture determines "position less height times tilt" far better than either.
 *
 * @module
 */
import {
  horizontalCovarianceM2,
  type Matrix3,
  matrixFromQuaternion,
  matrixTranspose,
  type MonotonicNs,
  quaternionConjugate,
  quaternionMultiply,
  quaternionNormalise,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { MeasurementOutcome, PoseAnchor } from "../contract.ts";
import { type FilterState, NEVER_NS } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import { isCovariance } from "../linear_algebra.ts";
import { ERROR } from "../state_table.ts";
import { widenAttitude, widenPosition } from "../widening.ts";
import { areFinite, isRotation } from "./checks.ts";
import {
  beyondGate,
  type FilterVerdict,
  type MeasurementSource,
  NOT_FINITE,
  NOT_POSITIVE_DEFINITE,
} from "./measurement_source.ts";
import { refusedFixesAgree, withRefusedFix } from "./relocalisation.ts";

/** Remark of a fix that moved the filter. */
export const REINITIALISED = "re-initialised on consistent fixes";

const IDENTITY: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

interface AnchorListener {
  /** Each fused anchor: its time, place and horizontal 1 sigma. */
  fused(timeNs: MonotonicNs, positionLocalM: Vector3, sigmaM: number): void;
  /** Why no picture is of use at present; undefined: they are. */
  objection(): string | undefined;
  /** Height and its 1 sigma of each that is where the filter expected it, fused or not. */
  height(timeNs: MonotonicNs, heightM: number, sigmaM: number): void;
}

export class AnchorSource implements MeasurementSource<PoseAnchor> {
  readonly name = "anchor";
  readonly intervalS = 0;
  readonly #config: EskfConfig["anchor"];
  readonly #velocitySigmaMps: number;
  readonly #hears: AnchorListener;

  constructor({ anchor, initial }: EskfConfig, hears: AnchorListener) {
    this.#config = anchor;
    this.#velocitySigmaMps = initial.velocitySigmaVertMps;
    this.#hears = hears;
  }

  timeNs(anchor: PoseAnchor): MonotonicNs {
    return anchor.timeNs;
  }

  fault(anchor: PoseAnchor): string | undefined {
    if (!areFinite(...anchor.positionLocalM, ...anchor.localFromBody)) return NOT_FINITE;
    if (!isRotation(anchor.localFromBody)) return "the attitude is not a unit quaternion";
    return isCovariance(anchor.covariance, 6) ? undefined : NOT_POSITIVE_DEFINITE;
  }

  copy(anchor: PoseAnchor): PoseAnchor {
    return {
      ...anchor,
      positionLocalM: [...anchor.positionLocalM],
      localFromBody: quaternionNormalise(anchor.localFromBody),
      covariance: anchor.covariance.slice(),
    };
  }

  admit(): string | undefined {
    return this.#hears.objection();
  }

  fuse(state: FilterState, anchor: PoseAnchor, update: KalmanUpdate): FilterVerdict {
    const config = this.#config, out = update.measurement;
    this.linearise(state, anchor, out);
    let distance = update.prepare(state);
    const numbers = update.numbers();
    const testRatio = Math.max(
      distance / config.gate,
      update.pairDistance(0, 1) / config.horizontalGate,
    );
    const beyond = !(testRatio <= 1);
    if (beyond) {
      if (!this.#isFound(state, anchor, out)) return beyondGate(testRatio, numbers);
      this.#forgetPosition(state, out);
      this.linearise(state, anchor, out);
      distance = update.prepare(state);
    }
    const inflation = Math.max(1, distance / config.softGate) * this.#sharedGround(state, anchor);
    if (inflation > 1) {
      out.scaleNoise(inflation);
      update.prepare(state);
    }
    update.apply(state);
    state.refusedFixes = [];
    const remark = beyond ? { reason: REINITIALISED } : {};
    return { fused: true, ...remark, testRatio, numbers };
  }

  linearise(state: FilterState, anchor: PoseAnchor, out: LinearMeasurement): void {
    const config = this.#config;
    out.reset(6);
    out.observation.set(anchor.positionLocalM);
    out.observation.set(rotationVectorFromQuaternion(anchor.localFromBody), 3);
    const mounting = state.quaternion("mounting");
    const predicted = quaternionMultiply(state.quaternion("attitude"), mounting);
    const rotation = rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(predicted), anchor.localFromBody),
    );
    for (let i = 0; i < 3; i++) {
      const map = i < 2 ? state.value("map", i) + state.value("mapOffset", i) : 0;
      out.residual[i] = anchor.positionLocalM[i] - state.value("position", i) - map;
      out.residual[3 + i] = rotation[i];
    }
    out.setBlock(0, ERROR.position, IDENTITY);
    for (const offset of [ERROR.map, ERROR.mapOffset]) {
      out.setDerivative(0, offset, 1);
      out.setDerivative(1, offset + 1, 1);
    }
    out.setBlock(3, ERROR.attitude, matrixTranspose(matrixFromQuaternion(mounting)));
    out.setBlock(3, ERROR.mounting, IDENTITY);
    out.setNoise(anchor.covariance, config.covarianceFactor);
    for (let i = 0; i < 3; i++) {
      const floorM = i < 2 ? config.positionFloorM : config.heightFloorM;
      out.addNoise(i, i, floorM ** 2);
      out.addNoise(3 + i, 3 + i, config.rotationFloorRad ** 2);
    }
  }

  judged(anchor: PoseAnchor, outcome: MeasurementOutcome): void {
    const { innovation, innovationVariance, observationVariance } = outcome;
    const isExpected = [0, 1].every((i) => innovation[i] ** 2 < 9 * innovationVariance[i]);
    if (isExpected) {
      const sigmaM = Math.sqrt(observationVariance[2]);
      this.#hears.height(anchor.timeNs, anchor.positionLocalM[2], sigmaM);
    }
    if (!outcome.fused) return;
    const [eastEast, , northNorth] = horizontalCovarianceM2(anchor.covariance);
    this.#hears.fused(
      anchor.timeNs,
      anchor.positionLocalM,
      Math.sqrt(Math.max(eastEast, northNorth)),
    );
  }

  /**
   * Fixes that follow each other closely look at the same ground and err alike (relief, distortion of
   * the map): with correlation ρ between neighbours, n of them are worth n · (1 − ρ) / (1 + ρ).
   */
  #sharedGround(state: FilterState, anchor: PoseAnchor): number {
    const config = this.#config, lastNs = state.lastFusedNs(this.name);
    if (lastNs === NEVER_NS) return 1;
    const elapsedS = (anchor.timeNs - lastNs) * 1e-9;
    const flownM = elapsedS * state.horizontalSpeedMps();
    const heightM = Math.max(1, state.value("position", 2));
    const correlation = Math.exp(-flownM / (config.sharedGroundShare * heightM));
    return Math.min(config.sharedGroundMax, (1 + correlation) / (1 - correlation));
  }

  /** Notes a refused fix; true when it and those before it agree that the filter is lost. */
  #isFound(state: FilterState, anchor: PoseAnchor, measurement: LinearMeasurement): boolean {
    const config = this.#config, lastNs = state.lastFusedNs(this.name);
    const earlier = state.refusedFixes.at(-1);
    const elapsedS = earlier === undefined ? 0 : (anchor.timeNs - earlier.timeNs) * 1e-9;
    state.refusedFixes = withRefusedFix(state.refusedFixes, {
      timeNs: anchor.timeNs,
      innovationEastM: measurement.residual[0],
      innovationNorthM: measurement.residual[1],
      sigmaM: Math.sqrt(measurement.variance(0) + measurement.variance(1)),
      flownM: elapsedS * state.horizontalSpeedMps(),
    });
    const recent = lastNs !== NEVER_NS && anchor.timeNs - lastNs < config.relocaliseRecentS * 1e9;
    return refusedFixesAgree(
      state.refusedFixes,
      recent ? config.relocaliseAfterRecent : config.relocaliseAfter,
    );
  }

  /**
   * Widens position and attitude by the innovation that the fixes agree on, in common for now and
   * for the clone: what odometry says of the motion between the two stays true.
   */
  #forgetPosition(state: FilterState, { residual }: LinearMeasurement): void {
    widenPosition(state, residual[0] ** 2 + residual[1] ** 2 + residual[2] ** 2);
    widenAttitude(state, residual[3] ** 2 + residual[4] ** 2 + residual[5] ** 2);
    for (let i = ERROR.velocity; i < ERROR.velocity + 3; i++) {
      state.addCovariance(i, i, this.#velocitySigmaMps ** 2);
    }
  }
}
