/**
 * `eskf`: the error-state Kalman filter behind the {@link StateEstimator} contract. See README.md
 * for the state and the equations.
 *
 * @module
 */
import {
  type Enu,
  horizontalCovarianceM2,
  type MonotonicNs,
  type WgsPosition,
} from "../../core/mod.ts";
import { defaultEskfConfig, type EskfConfig } from "./config.ts";
import type {
  AttitudeSample,
  BaroSample,
  EstimatorEvent,
  EstimatorHealth,
  GpsSample,
  ImuSample,
  MeasurementOutcome,
  PoseAnchor,
  StateEstimate,
  StateEstimator,
  TakeoffOrigin,
  VioMeasurement,
} from "./contract.ts";
import { anchorAgeS, estimateOutput, horizontal95M } from "./estimate_output.ts";
import {
  EstimateUnavailableError,
  EstimatorAlreadyStartedError,
  StateEstimatorConfigError,
} from "./errors.ts";
import { type FilterState, NEVER_NS } from "./filter_state.ts";
import { GpsTrust } from "./gps_trust.ts";
import { ImuStream } from "./imu_stream.ts";
import { initialise } from "./initial_state.ts";
import {
  checkAnchor,
  checkAttitude,
  checkBaro,
  checkGps,
  checkVio,
  copyAnchor,
  copyAttitude,
  copyVio,
} from "./measurement_check.ts";
import type { TimelineEvent } from "./measurement_log.ts";
import { SourceLabelMachine } from "./source_label.ts";
import { SpoofPromotionGate } from "./spoof_promotion_gate.ts";
import type { KnownOrigin } from "./state_table.ts";
import { Timeline } from "./timeline.ts";

type Kind = MeasurementOutcome["kind"];

export interface EskfOptions {
  readonly config?: EskfConfig;
  /** For GPS: the flight's local frame. */
  readonly frame: { localFromWgs(position: WgsPosition): Enu };
  /** Where changes of label, of trust in GPS and of the origin are told. */
  readonly onEvent?: (event: EstimatorEvent) => void;
}

export class Eskf implements StateEstimator {
  readonly strategyLabel = "eskf";
  readonly #config: EskfConfig;
  readonly #frame: EskfOptions["frame"];
  readonly #onEvent: (event: EstimatorEvent) => void;
  readonly #stream: ImuStream;
  readonly #timeline: Timeline;
  readonly #labels: SourceLabelMachine;
  readonly #gps: GpsTrust;
  readonly #promotion: SpoofPromotionGate;
  readonly #fused: Record<Kind, number> = { baro: 0, attitude: 0, vio: 0, anchor: 0, gps: 0 };
  readonly #rejected: Record<Kind, number> = { baro: 0, attitude: 0, vio: 0, anchor: 0, gps: 0 };
  readonly #slots: Partial<Record<Kind, number>> = {};
  #origin: KnownOrigin | undefined;
  #touched = false;
  #active = false;
  #failed = false;
  #imuRefused = 0;
  #frameIntervalS = 0;
  #baroHeightM: number | undefined;
  #labelledNs = -Infinity;

  constructor(options: EskfOptions) {
    this.#config = options.config ?? defaultEskfConfig();
    this.#frame = options.frame;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#stream = new ImuStream({ sampling: this.#config.imu.sampling });
    this.#timeline = new Timeline(this.#config, this.#stream);
    this.#labels = new SourceLabelMachine(this.#config.label);
    this.#gps = new GpsTrust(this.#config.gps);
    this.#promotion = new SpoofPromotionGate(
      this.#config.promotion,
      this.#config.gps.satellitesMin,
    );
  }

  setTakeoffOrigin(origin: TakeoffOrigin, sigmaHorizM?: number, sigmaVertM?: number): void {
    if (this.#touched) throw new EstimatorAlreadyStartedError();
    const initial = this.#config.initial;
    const horizontal = sigmaHorizM ?? initial.defaultTakeoffOriginSigmaHorizM;
    const vertical = sigmaVertM ?? initial.defaultTakeoffOriginSigmaVertM;
    const values = [...origin.positionLocalM, horizontal, vertical];
    if (!values.every(Number.isFinite) || horizontal <= 0 || vertical <= 0) {
      throw new StateEstimatorConfigError(
        `Cannot set the take-off origin: position and sigmas must be finite and the sigmas > 0, ` +
          `got [${values}]`,
      );
    }
    this.#origin = {
      origin: { positionLocalM: [...origin.positionLocalM] },
      sigmaHorizM: horizontal,
      sigmaVertM: vertical,
    };
  }

  addImu(sample: ImuSample): void {
    this.#touched = true;
    if (!this.#stream.push(sample)) {
      this.#imuRefused++;
      return;
    }
    if (!this.#active) return;
    try {
      this.#timeline.onImu();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    if (sample.timeNs - this.#labelledNs >= 1e8) this.#label();
  }

  addAttitude(sample: AttitudeSample): MeasurementOutcome {
    this.#touched = true;
    const wrong = checkAttitude(sample);
    if (wrong !== undefined) return this.#refuse("attitude", sample.timeNs, wrong);
    if (!this.#active) return this.#start(copyAttitude(sample));
    const event = {
      kind: "attitude",
      timeNs: sample.timeNs,
      sample: copyAttitude(sample),
    } as const;
    return this.#thinned(event, this.#config.attitude.intervalS);
  }

  addBaro(sample: BaroSample): MeasurementOutcome {
    this.#touched = true;
    const wrong = checkBaro(sample);
    if (wrong !== undefined) return this.#refuse("baro", sample.timeNs, wrong);
    this.#baroHeightM = sample.heightM;
    const event = { kind: "baro", timeNs: sample.timeNs, sample: { ...sample } } as const;
    return this.#thinned(event, this.#config.baro.intervalS);
  }

  addVio(measurement: VioMeasurement): MeasurementOutcome {
    this.#touched = true;
    const { fromNs, toNs } = measurement;
    const wrong = checkVio(measurement) ?? this.#untimely("vio", toNs);
    if (wrong !== undefined) return this.#refuse("vio", toNs, wrong);
    const log = this.#timeline.log;
    if (log.pairAcross(toNs) || log.pairAcross(fromNs)) {
      return this.#refuse("vio", toNs, "it overlaps another pair of frames");
    }
    const event = { kind: "vio", timeNs: toNs, measurement: copyVio(measurement) } as const;
    const events: TimelineEvent[] = [event];
    for (const timeNs of [fromNs, toNs]) {
      const known = timeNs <= this.#timeline.oldestNs || log.find("frame", timeNs) !== undefined;
      if (!known) events.push({ kind: "frame", timeNs });
    }
    const outcome = this.#insert(events, event);
    const intervalS = (toNs - fromNs) * 1e-9;
    if (outcome.fused) {
      this.#frameIntervalS += (this.#frameIntervalS === 0 ? 1 : 0.1) *
        (intervalS - this.#frameIntervalS);
    }
    return outcome;
  }

  addPoseAnchor(anchor: PoseAnchor): MeasurementOutcome {
    this.#touched = true;
    const wrong = checkAnchor(anchor) ?? this.#untimely("anchor", anchor.timeNs);
    if (wrong !== undefined) return this.#refuse("anchor", anchor.timeNs, wrong);
    const event = { kind: "anchor", timeNs: anchor.timeNs, anchor: copyAnchor(anchor) } as const;
    const outcome = this.#insert([event], event);
    if (outcome.fused) {
      const [eastEast, , northNorth] = horizontalCovarianceM2(anchor.covariance);
      const sigmaM = Math.sqrt(Math.max(eastEast, northNorth));
      this.#promotion.observeFix(anchor.timeNs, anchor.positionLocalM, sigmaM);
    }
    return outcome;
  }

  addGps(sample: GpsSample): MeasurementOutcome {
    this.#touched = true;
    const wrong = checkGps(sample);
    if (wrong !== undefined) return this.#refuse("gps", sample.timeNs, wrong);
    const positionLocalM = this.#frame.localFromWgs(sample.position);
    const context = { positionLocalM, baroHeightM: this.#baroHeightM };
    const verdict = this.#gps.judge(sample, context);
    if (verdict.action !== "fuse") {
      if (verdict.action === "demote") this.#onDemotion(sample.timeNs);
      else if (this.#gps.state === "demoted") this.#considerPromotion(sample, positionLocalM);
      this.#label();
      return this.#refuse("gps", sample.timeNs, verdict.reason);
    }
    const event = {
      kind: "gps",
      timeNs: sample.timeNs,
      sample: { ...sample },
      positionLocalM,
    } as const;
    const outcome = this.#thinned(event, this.#config.gps.intervalS);
    if (outcome.innovation.length > 0) {
      this.#gps.observeOutcome(outcome.fused);
      if (this.#gps.state === "demoted") this.#onDemotion(sample.timeNs);
    }
    return outcome;
  }

  currentEstimate(): StateEstimate {
    return this.estimateAt(this.#timeline.head.timeNs as MonotonicNs);
  }

  estimateAt(timeNs: MonotonicNs): StateEstimate {
    if (!this.#active || this.#stream.count === 0) {
      throw new EstimateUnavailableError(
        "Cannot estimate: no attitude or no IMU sample has come yet (feed both first)",
      );
    }
    const ahead = timeNs - this.#timeline.head.timeNs;
    const state = ahead <= this.#config.aheadMaxS * 1e9
      ? this.#guarded(() => this.#timeline.stateAt(timeNs))
      : undefined;
    if (state === undefined) {
      throw new EstimateUnavailableError(
        `Cannot estimate at ${timeNs} ns: the history reaches from ${this.#timeline.oldestNs} to ` +
          `${this.#timeline.head.timeNs} ns (ask for a moment inside of it)`,
      );
    }
    return this.#guarded(() => estimateOutput(state, this.#labels.label));
  }

  smoothedHistory(count: number): readonly StateEstimate[] {
    if (!this.#active) return [];
    const timeline = this.#timeline;
    return timeline.log.frames(count, timeline.head.timeNs).map((timeNs) =>
      this.#guarded(() => {
        const smoothed = timeline.smoothedAt(timeNs);
        if (smoothed === undefined) throw new Error("a frame of the log is outside of the history");
        const { state, anchorNs } = smoothed;
        const ageS = anchorNs === NEVER_NS ? Infinity : (timeNs - anchorNs) * 1e-9;
        return estimateOutput(state, this.#labels.label, { timeNs, anchorAgeS: ageS });
      })
    );
  }

  health(): EstimatorHealth {
    return {
      state: this.#failed
        ? "failed"
        : this.#active
        ? "active"
        : this.#touched
        ? "starting"
        : "stopped",
      imuSamples: this.#stream.count,
      imuRefused: this.#imuRefused,
      fused: { ...this.#fused },
      rejected: { ...this.#rejected },
      gps: this.#gps.state,
      gpsReason: this.#gps.reason,
    };
  }

  #start(attitude: AttitudeSample): MeasurementOutcome {
    initialise(this.#timeline.head, attitude, this.#origin, this.#config);
    this.#timeline.start();
    this.#active = true;
    this.#fused.attitude++;
    this.#onEvent(
      this.#origin === undefined
        ? { type: "cold_start_origin.unavailable", timeNs: attitude.timeNs }
        : { type: "cold_start_origin.set", timeNs: attitude.timeNs, ...this.#origin },
    );
    return { kind: "attitude", timeNs: attitude.timeNs, fused: true, innovation: [], testRatio: 0 };
  }

  /** Lets the first sample of each slot of `intervalS` through; the rest is no refusal worth counting. */
  #thinned(
    event: Exclude<TimelineEvent, { kind: "frame" }>,
    intervalS: number,
  ): MeasurementOutcome {
    const wrong = this.#untimely(event.kind, event.timeNs);
    if (wrong !== undefined) return this.#refuse(event.kind, event.timeNs, wrong);
    const slot = Math.floor(event.timeNs * 1e-9 / intervalS);
    if (slot === this.#slots[event.kind]) return outcomeOf(event.kind, event.timeNs, "thinned");
    this.#slots[event.kind] = slot;
    return this.#insert([event], event);
  }

  #untimely(kind: Kind, timeNs: MonotonicNs): string | undefined {
    if (!this.#active || this.#stream.count === 0) {
      return "the estimator has no attitude or no IMU sample yet";
    }
    const timeline = this.#timeline;
    if (!(timeNs > timeline.oldestNs)) return "older than the kept history";
    if (timeNs > timeline.head.timeNs + this.#config.aheadMaxS * 1e9) {
      return "too far ahead of the IMU samples";
    }
    return timeline.log.find(kind, timeNs) === undefined
      ? undefined
      : "there is one of this moment already";
  }

  #insert(events: readonly TimelineEvent[], watched: TimelineEvent): MeasurementOutcome {
    const outcome = this.#guarded(() => this.#timeline.insert(events, watched));
    if (outcome === undefined) throw new Error("the timeline lost a measurement");
    if (outcome.fused) this.#fused[outcome.kind]++;
    else this.#rejected[outcome.kind]++;
    this.#label();
    return outcome;
  }

  #refuse(kind: Kind, timeNs: MonotonicNs, reason: string): MeasurementOutcome {
    this.#rejected[kind]++;
    return outcomeOf(kind, timeNs, reason);
  }

  #onDemotion(timeNs: MonotonicNs): void {
    this.#promotion.reset();
    this.#onEvent({ type: "gps.demoted", timeNs, reason: this.#gps.reason });
  }

  #considerPromotion(sample: GpsSample, positionLocalM: Enu): void {
    const state = this.#stateNear(sample.timeNs);
    if (state === undefined) return;
    const estimate = state.vector("position");
    const decision = this.#promotion.observeSample(sample, positionLocalM, estimate);
    const type = decision.accepted ? "gps_bounded_delta.accept" : "gps_bounded_delta.reject";
    this.#onEvent({
      type,
      timeNs: sample.timeNs,
      reason: decision.reason,
      deltaM: decision.deltaM,
    });
    if (decision.accepted) this.#gps.promote();
  }

  #stateNear(timeNs: MonotonicNs): FilterState | undefined {
    return this.#untimely("gps", timeNs) === undefined
      ? this.#guarded(() => this.#timeline.stateAt(timeNs))
      : undefined;
  }

  #label(): void {
    if (!this.#active) return;
    const head = this.#timeline.head;
    this.#labelledNs = head.timeNs;
    const visionNs = Math.max(head.anchorNs, head.odometryNs);
    const change = this.#labels.update({
      timeNs: head.timeNs,
      anchorAgeS: anchorAgeS(head),
      horizontal95M: horizontal95M(head),
      visionAgeS: visionNs === NEVER_NS ? Infinity : (head.timeNs - visionNs) * 1e-9,
      frameIntervalS: this.#frameIntervalS,
      gpsSpoofed: this.#gps.spoofed,
    });
    if (change !== undefined) this.#onEvent({ type: "label", ...change });
  }

  /** A fault inside leaves the estimator failed, and is told to the caller. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}

function outcomeOf(kind: Kind, timeNs: MonotonicNs, reason: string): MeasurementOutcome {
  return {
    kind,
    timeNs,
    fused: false,
    reason,
    innovation: [],
    testRatio: Infinity,
  };
}
