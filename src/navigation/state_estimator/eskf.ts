/**
 * `eskf`: the error-state Kalman filter behind the {@link StateEstimator} contract. See README.md
 * for the state and the equations.
 *
 * @module
 */
import type { Enu, MonotonicNs, WgsPosition } from "../../core/mod.ts";
import { defaultEskfConfig, type EskfConfig } from "./config.ts";
import {
  type AttitudeSample,
  type BaroSample,
  type EstimatorEvent,
  type EstimatorHealth,
  type GpsSample,
  type ImuSample,
  type MeasurementOutcome,
  type PoseAnchor,
  SOURCE_NAMES,
  type SourceName,
  type StateEstimate,
  type StateEstimator,
  type TakeoffOrigin,
  type VelocitySample,
  type VioMeasurement,
} from "./contract.ts";
import { anchorAgeS, estimateOutput, horizontal95M, secondsBetween } from "./estimate_output.ts";
import {
  EstimateUnavailableError,
  EstimatorAlreadyStartedError,
  StateEstimatorConfigError,
} from "./errors.ts";
import { GpsWitness } from "./gps_witness.ts";
import { ImuStream } from "./imu_stream.ts";
import { initialise } from "./initial_state.ts";
import { type MeasurementEvent, measurementEvent } from "./measurement_log.ts";
import { REINITIALISED } from "./sources/anchor.ts";
import { SourceLabelMachine } from "./source_label.ts";
import {
  type EstimatorView,
  type MeasurementSource,
  NO_NUMBERS,
} from "./sources/measurement_source.ts";
import { type MeasurementSources, measurementSources } from "./sources/table.ts";
import type { KnownOrigin } from "./state_table.ts";
import { Timeline } from "./timeline.ts";
import { widenHorizontally } from "./widening.ts";

export interface EskfOptions {
  readonly config?: EskfConfig;
  /** The flight's local frame, to place GPS in. */
  readonly localFrame: { localFromWgs(position: WgsPosition): Enu };
  /** Called for measurements, and for changes of label, of trust in GPS and of the origin. */
  readonly onEvent?: (event: EstimatorEvent) => void;
}

export class Eskf implements StateEstimator {
  readonly strategyLabel = "eskf";
  readonly #config: EskfConfig;
  readonly #onEvent: (event: EstimatorEvent) => void;
  readonly #stream: ImuStream;
  readonly #timeline: Timeline;
  readonly #witness: GpsWitness;
  readonly #labels: SourceLabelMachine;
  readonly #sources: MeasurementSources;
  readonly #fused = countsOfSources();
  readonly #rejected = countsOfSources();
  /** The slot of the thinning interval that each source was last used in. */
  readonly #slots: Partial<Record<SourceName, number>> = {};
  #origin: KnownOrigin | undefined;
  #touched = false;
  #active = false;
  #failed = false;
  #imuRefused = 0;
  #labelledNs = -Infinity;

  constructor(options: EskfOptions) {
    this.#config = options.config ?? defaultEskfConfig();
    this.#onEvent = options.onEvent ?? (() => {});
    this.#stream = new ImuStream({ sampling: this.#config.imu.sampling });
    this.#timeline = new Timeline(this.#config, this.#stream);
    this.#witness = new GpsWitness(this.#config, this.#stream, this.#timeline);
    this.#labels = new SourceLabelMachine(this.#config.label);
    this.#sources = measurementSources({
      config: this.#config,
      localFrame: options.localFrame,
      onEvent: this.#onEvent,
      witness: this.#witness,
    });
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
      this.#witness.onImu();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
    if (sample.timeNs - this.#labelledNs >= 1e8) this.#label();
  }

  addAttitude(sample: AttitudeSample): MeasurementOutcome {
    const source = this.#sources.attitude;
    if (!this.#active && source.fault(sample) === undefined) {
      return this.#start(source.copy(sample));
    }
    return this.#add(source, sample);
  }

  addBaro(sample: BaroSample): MeasurementOutcome {
    return this.#add(this.#sources.barometer, sample);
  }

  addVio(measurement: VioMeasurement): MeasurementOutcome {
    return this.#add(this.#sources.odometry, measurement);
  }

  addPoseAnchor(anchor: PoseAnchor): MeasurementOutcome {
    return this.#add(this.#sources.anchor, anchor);
  }

  addGps(sample: GpsSample): MeasurementOutcome {
    return this.#add(this.#sources.gps, sample);
  }

  doubtPosition(distanceM: number): void {
    if (!this.#active || !(distanceM > 0 && Number.isFinite(distanceM))) return;
    this.#timeline.changeAll((state) => widenHorizontally(state, distanceM ** 2));
    this.#label();
  }

  distrustGps(reason: string): void {
    this.#sources.gps.distrust(reason);
  }

  addVelocity(sample: VelocitySample): MeasurementOutcome {
    return this.#add(this.#sources.velocity, sample);
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
    return timeline.log.cameraFrameTimes(count, timeline.head.timeNs).map((timeNs) =>
      this.#guarded(() => {
        const smoothed = timeline.smoothedAt(timeNs);
        if (smoothed === undefined) {
          throw new Error("a camera frame of the log is outside of the history");
        }
        const { state, anchorNs } = smoothed;
        const ageS = secondsBetween(anchorNs, timeNs);
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
      gps: this.#sources.gps.trust.state,
      gpsReason: this.#sources.gps.trust.reason,
    };
  }

  #start(attitude: AttitudeSample): MeasurementOutcome {
    this.#touched = true;
    initialise(this.#timeline.head, attitude, this.#origin, this.#config);
    this.#timeline.start();
    this.#active = true;
    this.#fused.attitude++;
    const { timeNs } = attitude;
    this.#onEvent(
      this.#origin === undefined
        ? { type: "cold_start_origin.unavailable", timeNs }
        : { type: "cold_start_origin.set", timeNs, ...this.#origin },
    );
    return this.#reported({ source: "attitude", timeNs, fused: true, testRatio: 0, ...NO_NUMBERS });
  }

  /** The way of every measurement: sound, admitted, in time, not thinned out, judged by the filter. */
  #add<T>(source: MeasurementSource<T>, given: T): MeasurementOutcome {
    this.#touched = true;
    const timeNs = source.timeNs(given);
    const fault = source.fault(given);
    if (fault !== undefined) return this.#refuse(source.name, timeNs, fault);
    const measurement = source.copy(given);
    const objection = source.admit?.(measurement, this.#viewOf(source.name));
    if (objection !== undefined) {
      this.#label();
      return this.#refuse(source.name, timeNs, objection);
    }
    const event = measurementEvent(source, measurement);
    const wrong = this.#untimely(source.name, timeNs) ?? this.#overlap(event);
    if (wrong !== undefined) return this.#refuse(source.name, timeNs, wrong);
    if (this.#isThinned(source, timeNs)) return refused(source.name, timeNs, "thinned");
    const outcome = this.#reported(this.#insert(event));
    source.judged?.(measurement, outcome);
    return outcome;
  }

  #viewOf(source: SourceName): EstimatorView {
    return {
      newestNs: this.#stream.newestNs,
      stateAt: (timeNs) =>
        this.#untimely(source, timeNs) === undefined
          ? this.#guarded(() => this.#timeline.stateAt(timeNs))
          : undefined,
    };
  }

  #untimely(source: SourceName, timeNs: MonotonicNs): string | undefined {
    if (!this.#active || this.#stream.count === 0) {
      return "the estimator has no attitude or no IMU sample yet";
    }
    const timeline = this.#timeline;
    if (!(timeNs > timeline.oldestNs)) return "older than the kept history";
    if (timeNs > timeline.head.timeNs + this.#config.aheadMaxS * 1e9) {
      return "too far ahead of the IMU samples";
    }
    return timeline.log.hasMeasurement(source, timeNs)
      ? "there is one of this moment already"
      : undefined;
  }

  #overlap({ beginsNs, timeNs }: MeasurementEvent): string | undefined {
    const { log } = this.#timeline;
    return beginsNs !== undefined && (log.spans(timeNs) || log.spans(beginsNs))
      ? "it overlaps another pair of frames"
      : undefined;
  }

  /** The first of each slot is used; the others are no refusals worth counting. */
  #isThinned(
    { name, intervalS }: Pick<MeasurementSource<unknown>, "name" | "intervalS">,
    timeNs: MonotonicNs,
  ): boolean {
    if (intervalS === 0) return false;
    const slot = Math.floor(timeNs * 1e-9 / intervalS);
    if (slot === this.#slots[name]) return true;
    this.#slots[name] = slot;
    return false;
  }

  #insert(event: MeasurementEvent): MeasurementOutcome {
    const outcome = this.#guarded(() => {
      if (event.source !== "gps") this.#witness.insert(event);
      return this.#timeline.insertMeasurement(event);
    });
    if (outcome.fused) this.#fused[outcome.source]++;
    else this.#rejected[outcome.source]++;
    if (outcome.reason === REINITIALISED) this.#relocalised(outcome);
    this.#label();
    return outcome;
  }

  #relocalised({ timeNs, innovation: [east, north] }: MeasurementOutcome): void {
    const disagreementM = this.#witness.relocalised(Math.hypot(east, north));
    if (disagreementM > 0) this.#onEvent({ type: "map_conflict", timeNs, disagreementM });
  }

  #refuse(source: SourceName, timeNs: MonotonicNs, reason: string): MeasurementOutcome {
    this.#rejected[source]++;
    return this.#reported(refused(source, timeNs, reason));
  }

  #reported(outcome: MeasurementOutcome): MeasurementOutcome {
    this.#onEvent({ type: "measurement", timeNs: outcome.timeNs, outcome });
    return outcome;
  }

  #label(): void {
    if (!this.#active) return;
    const head = this.#timeline.head;
    this.#labelledNs = head.timeNs;
    const visionNs = Math.max(head.lastFusedNs("anchor"), head.lastFusedNs("odometry"));
    const change = this.#labels.update({
      timeNs: head.timeNs,
      anchorAgeS: anchorAgeS(head),
      horizontal95M: horizontal95M(head),
      visionAgeS: secondsBetween(visionNs, head.timeNs),
      frameIntervalS: this.#sources.odometry.frameIntervalS,
      gpsSpoofed: this.#sources.gps.isSpoofed,
    });
    if (change !== undefined) this.#onEvent({ type: "label", ...change });
  }

  /** A fault inside leaves the estimator failed, and is thrown on to the caller. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}

function refused(source: SourceName, timeNs: MonotonicNs, reason: string): MeasurementOutcome {
  return { source, timeNs, fused: false, reason, testRatio: Infinity, ...NO_NUMBERS };
}

function countsOfSources(): Record<SourceName, number> {
  return Object.fromEntries(SOURCE_NAMES.map((name) => [name, 0])) as Record<SourceName, number>;
}
