/**
 * The flight controller's GPS while it is trusted: position and velocity, independent. Whether it is
 * trusted is judged by gps_trust.ts, the way back by spoof_promotion_gate.ts.
 *
 * @module
 */
import type { Enu, MonotonicNs, Vector3, WgsPosition } from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type {
  EstimatorEvent,
  EstimatorHealth,
  GpsSample,
  MeasurementOutcome,
} from "../contract.ts";
import { anchorAgeS, horizontal95M, pictureAgeS } from "../estimate_output.ts";
import type { FilterState } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import { ERROR } from "../state_table.ts";
import { areFinite, correlationFactor } from "./checks.ts";
import { type GpsFault, GpsTrust } from "./gps_trust.ts";
import {
  beyondGate,
  type EstimatorView,
  type FilterVerdict,
  type MeasurementSource,
  NOT_FINITE,
  SIGMA_NOT_POSITIVE,
} from "./measurement_source.ts";
import type { GpsFinding } from "../gps_finding.ts";
import type { GpsWitness } from "../gps_witness.ts";
import { SpoofPromotionGate } from "./spoof_promotion_gate.ts";

/** Without a fix for so long the filter may be the one that is wrong. */
const BLIND_S = 10;
/** Without a usable sample for so long there is no GPS, whatever was made of the last one. */
const SILENT_S = 3;
/** GPS that falls silent was as likely right as the filter where so many of its last samples were refused. */
const UNRESOLVED_SAMPLES = 2;
/** Of the height of a 2D fix, m², and of a vertical velocity that nobody measured, m²/s². */
const UNMEASURED_VARIANCE = 1e8;

export interface GpsSourceOptions {
  readonly config: EskfConfig;
  /** The flight's local frame. */
  readonly localFrame: { localFromWgs(position: WgsPosition): Enu };
  readonly onEvent: (event: EstimatorEvent) => void;
  readonly witness: GpsWitness;
}

export class GpsSource implements MeasurementSource<GpsSample> {
  readonly name = "gps";
  readonly intervalS: number;
  readonly trust: GpsTrust;
  readonly #config: EskfConfig["gps"];
  readonly #localFrame: GpsSourceOptions["localFrame"];
  readonly #onEvent: GpsSourceOptions["onEvent"];
  readonly #promotion: SpoofPromotionGate;
  readonly #witness: GpsWitness;
  /** Why GPS was demoted last. */
  #fault: GpsFault | undefined;
  #baroHeightM: number | undefined;
  /** Of the newest sample that had a fix and no fault. */
  #usableNs = -Infinity;
  /** Horizontal innovations that the gate refused, since one was fused, metres. */
  #refused: readonly (readonly [eastM: number, northM: number])[] = [];
  #uncheckedM2 = 0;

  constructor({ config, localFrame, onEvent, witness }: GpsSourceOptions) {
    this.#config = config.gps;
    this.#localFrame = localFrame;
    this.#onEvent = onEvent;
    this.#witness = witness;
    this.intervalS = config.gps.intervalS;
    this.trust = new GpsTrust(config.gps);
    this.#promotion = new SpoofPromotionGate(config.promotion, config.gps.satellitesMin);
  }

  /** Height above the local frame's origin, to hold that of GPS against. */
  observeBaroHeight(heightM: number): void {
    this.#baroHeightM = heightM;
  }

  /** A fused satellite fix, horizontal 1 sigma: what a return of GPS is held against. */
  observeFix(timeNs: MonotonicNs, positionLocalM: Vector3, sigmaM: number): void {
    this.#promotion.observeFix(timeNs, positionLocalM, sigmaM);
    this.#uncheckedM2 = 0;
    if (this.health(timeNs).gps === "absent") this.#leaveUnresolved(timeNs);
  }

  /**
   * GPS contradicted the fixes until it fell silent, too soon for the test of one against the other: the map
   * may be what lies.
   */
  #leaveUnresolved(timeNs: MonotonicNs): void {
    const { contestedM } = this;
    this.#refused = [];
    if (contestedM > 0) this.#doubtMap(timeNs, contestedM);
  }

  /** How far off samples have the filter that it refuses, and that agree, while the map may be what lies. */
  get contestedM(): number {
    const refused = this.#refused;
    if (refused.length < UNRESOLVED_SAMPLES || !this.#witness.mapIsInDoubt) return 0;
    const [eastM, northM] = meanOf(refused), distanceM = Math.hypot(eastM, northM);
    // Samples that differ as much among themselves say nothing of the map.
    const agree = refused.every((each) =>
      Math.hypot(each[0] - eastM, each[1] - northM) < distanceM / 3
    );
    return agree ? distanceM : 0;
  }

  /**
   * How much surer GPS has made the filter since the last fix than all else has it, variance of each horizontal axis, m²:
   * one that walks away slowly is not found out before.
   */
  get uncheckedM2(): number {
    return Math.max(this.#uncheckedM2, this.#witness.openConflictM2);
  }

  timeNs(sample: GpsSample): MonotonicNs {
    return sample.timeNs;
  }

  fault(sample: GpsSample): string | undefined {
    const { latitudeDeg, longitudeDeg, heightM } = sample.position;
    if (!areFinite(latitudeDeg, longitudeDeg, heightM, ...sample.velocityLocalMps)) {
      return NOT_FINITE;
    }
    if (Math.abs(latitudeDeg) > 90 || Math.abs(longitudeDeg) > 180) return "no place on Earth";
    return sample.sigmaHorizontalM > 0 && sample.sigmaVerticalM > 0
      ? undefined
      : SIGMA_NOT_POSITIVE;
  }

  copy(sample: GpsSample): GpsSample {
    return { ...sample };
  }

  admit(sample: GpsSample, estimator: EstimatorView): string | undefined {
    const positionLocalM = this.#localFrame.localFromWgs(sample.position);
    const verdict = this.trust.judge(sample, {
      positionLocalM,
      baroHeightM: this.#baroHeightM,
      newestNs: estimator.newestNs,
      estimate: () => {
        const state = estimator.stateAt(sample.timeNs);
        if (state === undefined) return undefined;
        return { positionLocalM: state.vector("position"), horizontal95M: horizontal95M(state) };
      },
    });
    if (verdict.action === "fuse") {
      this.#usableNs = Math.max(this.#usableNs, sample.timeNs);
      const finding = this.#witness.observe(sample, positionLocalM);
      this.#uncheckedM2 = Math.max(this.#uncheckedM2, this.#witness.uncheckedM2);
      return this.#contradicted(sample, finding);
    }
    if (verdict.action === "demote") this.#demoted(sample.timeNs, verdict.how);
    else if (this.trust.state === "demoted") {
      this.#considerPromotion(sample, positionLocalM, estimator);
    }
    return verdict.reason;
  }

  fuse(state: FilterState, sample: GpsSample, update: KalmanUpdate): FilterVerdict {
    const { gate, blindGateFactor } = this.#config;
    this.linearise(state, sample, update.measurement);
    const distance = update.prepare(state), numbers = update.numbers();
    const testRatio = distance / gate;
    if (testRatio > 1 && this.#mayWiden(state, update.measurement)) {
      this.#widen(state, sample, update);
      update.apply(state);
      return { fused: true, reason: "the filter was widened to GPS", testRatio, numbers };
    }
    const hasFixes = anchorAgeS(state) <= BLIND_S;
    if (!(testRatio <= (hasFixes ? 1 : blindGateFactor))) return beyondGate(testRatio, numbers);
    if (testRatio > 1) {
      update.measurement.scaleNoise(testRatio);
      update.prepare(state);
    }
    update.apply(state);
    return { fused: true, testRatio, numbers };
  }

  /** Without any picture the filter is the IMU, which is the worse witness up to these bounds. */
  #mayWiden(state: FilterState, { residual: r }: LinearMeasurement): boolean {
    return pictureAgeS(state) > BLIND_S &&
      Math.hypot(r[0], r[1]) < this.#config.blindPositionMaxM &&
      Math.hypot(r[3], r[4]) < this.#config.blindVelocityMaxMps;
  }

  /** Horizontally: of the height the barometer knows more. Leaves the update prepared. */
  #widen(state: FilterState, sample: GpsSample, update: KalmanUpdate): void {
    const out = update.measurement, { residual: r } = out;
    const positionM2 = r[0] ** 2 + r[1] ** 2, velocityM2ps2 = r[3] ** 2 + r[4] ** 2;
    for (let axis = 0; axis < 2; axis++) {
      const position = ERROR.position + axis, velocity = ERROR.velocity + axis;
      state.addCovariance(position, position, positionM2);
      state.addCovariance(velocity, velocity, velocityM2ps2);
    }
    this.linearise(state, sample, out);
    out.setVariance(2, UNMEASURED_VARIANCE);
    out.setVariance(5, UNMEASURED_VARIANCE);
    update.prepare(state);
  }

  linearise(state: FilterState, sample: GpsSample, out: LinearMeasurement): void {
    const config = this.#config;
    out.reset(6);
    const positionLocalM = this.#localFrame.localFromWgs(sample.position);
    out.observation.set(positionLocalM);
    out.observation.set(sample.velocityLocalMps, 3);
    const earlierNs = state.lastFusedNs(this.name);
    const factor = correlationFactor(sample.timeNs, earlierNs, config.correlationTimeS);
    const horizontal = Math.max(config.horizontalFloorM, sample.sigmaHorizontalM) ** 2;
    const vertical = Math.max(config.verticalFloorM, sample.sigmaVerticalM) ** 2;
    for (let i = 0; i < 3; i++) {
      out.residual[i] = positionLocalM[i] - state.value("position", i);
      out.residual[3 + i] = sample.velocityLocalMps[i] - state.value("velocity", i);
      out.setDerivative(i, ERROR.position + i, 1);
      out.setDerivative(3 + i, ERROR.velocity + i, 1);
      out.setVariance(i, factor * (i < 2 ? horizontal : vertical));
      out.setVariance(3 + i, config.velocitySigmaMps ** 2);
    }
    if (sample.fix === "2d") out.setVariance(2, UNMEASURED_VARIANCE);
    if (sample.hasVerticalVelocity === false) out.setVariance(5, UNMEASURED_VARIANCE);
  }

  /** As the controller reports, or as it was found out. */
  get isSpoofed(): boolean {
    return this.trust.spoofed || (this.trust.state === "demoted" && this.#fault !== "lost");
  }

  /** What is known of it at a moment. */
  health(nowNs: number): Pick<EstimatorHealth, "gps" | "gpsReason"> {
    const { state, reason } = this.trust, silentS = (nowNs - this.#usableNs) * 1e-9;
    return state === "trusted" && silentS > SILENT_S
      ? { gps: "absent", gpsReason: `no fix for ${silentS.toFixed(0)} s` }
      : { gps: state, gpsReason: reason };
  }

  distrust(reason: string): void {
    this.trust.demote(reason);
    this.#fault = "wrong";
    this.#promotion.reset();
  }

  judged(sample: GpsSample, outcome: MeasurementOutcome): void {
    if (outcome.innovation.length === 0) return;
    this.trust.observeOutcome(outcome.fused);
    const [eastM, northM] = outcome.innovation;
    this.#refused = outcome.fused ? [] : [...this.#refused, [eastM, northM]];
    if (this.trust.state !== "demoted") return;
    this.#contradiction(sample.timeNs, this.#witness.mapIsInDoubt ? Math.hypot(eastM, northM) : 0);
  }

  /** Why a sample is not to be fused after all. */
  #contradicted({ timeNs }: GpsSample, finding: GpsFinding): string | undefined {
    this.trust.doubt(finding.kind === "doubt" ? finding.reason : "");
    if (finding.kind === "none") return undefined;
    if (finding.kind === "doubt") return finding.reason;
    this.trust.demote(finding.reason);
    this.#contradiction(timeNs, finding.mapInDoubt ? finding.disagreementM : 0);
    return this.trust.reason;
  }

  /** GPS has been demoted; the map may be off by as much instead (0: it is not). */
  #contradiction(timeNs: MonotonicNs, disagreementM: number): void {
    const partedM = this.#witness.parted();
    this.#demoted(timeNs, "wrong");
    if (disagreementM > 0) this.#doubtMap(timeNs, disagreementM);
    else if (partedM > 0) this.#onEvent({ type: "map_conflict", timeNs, disagreementM: partedM });
  }

  /** What a map that is turned or scaled, and not GPS, would have a state off by, variance of each horizontal axis, m². */
  distortionM2(state: FilterState): number {
    return this.#witness.distortionM2(state);
  }

  #doubtMap(timeNs: MonotonicNs, disagreementM: number): void {
    this.#witness.doubtMap(disagreementM);
    this.#onEvent({ type: "map_conflict", timeNs, disagreementM });
  }

  #demoted(timeNs: MonotonicNs, how: GpsFault): void {
    this.#fault = how;
    this.#refused = [];
    this.#promotion.reset();
    const unlearnt = this.#witness.demoted(how);
    if (unlearnt !== undefined) this.#uncheckedM2 = 0;
    const event = { type: "gps.demoted", timeNs, reason: this.trust.reason } as const;
    this.#onEvent(unlearnt === undefined ? event : { ...event, unlearnt });
  }

  #considerPromotion(sample: GpsSample, positionLocalM: Enu, estimator: EstimatorView): void {
    const state = estimator.stateAt(sample.timeNs);
    if (state === undefined) return;
    const isWhole = sample.fix === "3d" && sample.satellites >= this.#config.satellitesMin;
    if (isWhole) this.#witness.observeDemoted(sample, positionLocalM, state);
    // A single fix may agree with much: its sigma is metres where the tilt is uncertain.
    const contradicts = this.#witness.contradicts(sample, positionLocalM, state);
    const { accepted, reason, deltaM } = this.#promotion.observeSample(
      sample,
      positionLocalM,
      state.vector("position"),
      contradicts,
    );
    const type = accepted ? "gps_bounded_delta.accept" : "gps_bounded_delta.reject";
    this.#onEvent({ type, timeNs: sample.timeNs, reason, deltaM });
    if (!accepted) return;
    this.trust.promote();
    this.#witness.conflictEnds();
  }
}

function meanOf(vectors: readonly (readonly [number, number])[]): [number, number] {
  const sum = (axis: 0 | 1) => vectors.reduce((total, vector) => total + vector[axis], 0);
  return [sum(0) / vectors.length, sum(1) / vectors.length];
}
