/**
 * `eskf`: the error-state Kalman filter behind the {@link StateEstimator} contract. See README.md
 * for the state and the equations.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../../core/mod.ts";
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
  type SourceName,
  type StateEstimate,
  type StateEstimator,
  type TakeoffOrigin,
  type VelocitySample,
  type VioMeasurement,
} from "./contract.ts";
import type { EskfOptions } from "./eskf_options.ts";
import { estimateOutput } from "./estimate_output.ts";
import { EstimateUnavailableError, EstimatorAlreadyStartedError } from "./errors.ts";
import type { FilterState } from "./filter_state.ts";
import { FilterRestart } from "./filter_restart.ts";
import { type FiltersAside, filtersAside } from "./filters_aside.ts";
import { HeadingCorrection } from "./heading_correction.ts";
import type { ImuFault } from "./imu_checks.ts";
import { ImuIntake } from "./imu_intake.ts";
import { initialise, knownOrigin } from "./initial_state.ts";
import { intakeFilter } from "./intake_filter.ts";
import { LabelWatch } from "./label_watch.ts";
import { type MeasurementEvent, measurementEvent } from "./measurement_log.ts";
import { OutcomeCounts, refused } from "./outcomes.ts";
import { smoothedOutput } from "./smoothed_output.ts";
import {
  type EstimatorView,
  type MeasurementSource,
  NO_NUMBERS,
} from "./sources/measurement_source.ts";
import { type MeasurementSources, measurementSources } from "./sources/table.ts";
import type { KnownOrigin } from "./state_table.ts";
import { Thinning } from "./thinning.ts";
import { Timeline } from "./timeline.ts";
import { type Elsewhere, UnprovenMotion } from "./unproven_motion.ts";
import { doubtAlongTheWay, doubtBarometer, widenHorizontally } from "./widening.ts";

export class Eskf implements StateEstimator {
  readonly strategyLabel: string;
  readonly isSmoother: boolean;
  readonly #config: EskfConfig;
  readonly #onEvent: (event: EstimatorEvent) => void;
  readonly #imu: ImuIntake;
  readonly #timeline: Timeline;
  readonly #aside: FiltersAside;
  readonly #labels: LabelWatch;
  readonly #heading: HeadingCorrection;
  readonly #sources: MeasurementSources;
  readonly #counts = new OutcomeCounts();
  readonly #thinning = new Thinning();
  readonly #restart: FilterRestart;
  readonly #unproven = new UnprovenMotion();
  readonly #localFrame: EskfOptions["localFrame"];
  #origin: KnownOrigin | undefined;
  #touched = false;
  #active = false;

  constructor(options: EskfOptions) {
    this.#config = options.config ?? defaultEskfConfig();
    this.#onEvent = options.onEvent ?? (() => {});
    this.#localFrame = options.localFrame;
    this.strategyLabel = options.smoother?.label ?? "eskf";
    this.isSmoother = options.smoother !== undefined;
    const filter = intakeFilter(() => ({
      stream: this.#imu.stream,
      timeline: this.#timeline,
      ...this.#aside,
    }));
    this.#imu = new ImuIntake(this.#config, filter, this.#onEvent);
    const onFailure = (reason: string) =>
      this.#onEvent({ type: "restarted", timeNs: this.#timeline.head.timeNs, reason });
    const { stream } = this.#imu, parts = { config: this.#config, stream, onFailure };
    this.#timeline = new Timeline(this.#config, stream, options.smoother?.create(parts));
    const onSettled = () =>
      this.#onEvent({ type: "map_conflict_settled", timeNs: this.#timeline.head.timeNs });
    this.#aside = filtersAside(this.#config, this.#imu, this.#timeline, onSettled);
    this.#restart = new FilterRestart(this.#config, this.#timeline, (reason) => {
      this.#aside.end();
      this.#onEvent({ type: "restarted", timeNs: this.#timeline.head.timeNs, reason });
    });
    this.#labels = new LabelWatch(this.#config.label, this.#onEvent);
    this.#heading = new HeadingCorrection((timeNs, turnRad, change) => {
      this.#aside.witness.end();
      this.#aside.review.end();
      for (const each of [this.#timeline, this.#aside.imuWitness]) each.changeAll(change);
      this.#onEvent({ type: "heading_correction", timeNs, turnRad });
    });
    this.#sources = measurementSources({
      config: this.#config,
      localFrame: options.localFrame,
      onBarometerRunsAway: (changedM) =>
        this.#timeline.changeAll((state) => doubtBarometer(state, changedM ** 2)),
      onPictureDelay: (delayS) => {
        this.#timeline.forgetPictures();
        this.#timeline.changeAll((state) => doubtAlongTheWay(state, delayS));
        this.#aside.end();
      },
      onEvent: (event) => {
        this.#onEvent(event);
        if (event.type !== "gps.demoted") return;
        this.#aside.review.end();
        // What GPS taught it is not taken back there: it begins anew.
        this.#aside.imuWitness.end();
        if (this.#sources.gps.isSpoofed) this.#heading.unlearn(event.timeNs as MonotonicNs);
      },
      witness: this.#aside.witness,
    });
  }

  setTakeoffOrigin(origin: TakeoffOrigin, sigmaHorizM?: number, sigmaVertM?: number): void {
    if (this.#touched) throw new EstimatorAlreadyStartedError();
    this.#origin = knownOrigin(origin, { sigmaHorizM, sigmaVertM }, this.#config);
  }

  addImu(sample: ImuSample): void {
    this.#touched = true;
    const isNew = this.#restart.kept(() => this.#imu.take(sample), () => false);
    if (isNew && this.#active) this.#advance(sample.timeNs);
  }

  addAttitude(given: AttitudeSample): MeasurementOutcome {
    const source = this.#sources.attitude;
    const isSound = source.fault(given) === undefined;
    const sample = isSound ? this.#heading.corrected(given) : given;
    if (isSound) {
      this.#restart.observeAttitude(sample);
      const isNew = this.#restart.kept(() => this.#imu.observeAttitude(sample), () => false);
      if (this.#active) {
        this.#restart.aside(this.#aside.imuWitness, (witness) => witness.onSubstitute());
        if (isNew) this.#advance(sample.timeNs);
      } else return this.#start(source.copy(sample));
    }
    return this.#add(source, sample);
  }

  #advance(timeNs: MonotonicNs): void {
    this.#restart.kept(() => this.#timeline.onImu(), () => {});
    this.#restart.aside(this.#aside.witness, (witness) => witness.onImu());
    this.#restart.aside(this.#aside.review, (review) => review.onImu());
    if (this.#labels.isDue(timeNs)) this.#label();
  }

  addBaro(sample: BaroSample): MeasurementOutcome {
    return this.#add(this.#sources.barometer, sample);
  }

  addVio(measurement: VioMeasurement): MeasurementOutcome {
    this.#heading.observePair(measurement);
    return this.#add(this.#sources.odometry, measurement);
  }

  addPoseAnchor(anchor: PoseAnchor): MeasurementOutcome {
    const { timeNs, positionLocalM, covariance: c } = anchor;
    const elsewhere = this.#compare("anchor", timeNs, positionLocalM, Math.max(c[0], c[7]));
    const outcome = this.#add(this.#sources.anchor, anchor);
    const distanceM = this.#unproven.overrulingM(outcome, elsewhere, this.#counts.fused("anchor"));
    const disagreementM = distanceM > 0 ? this.#aside.witness.relocalised(distanceM) : 0;
    if (disagreementM > 0) this.#onEvent({ type: "map_conflict", timeNs, disagreementM });
    else if (distanceM > 0) this.#unproven.overruled(distanceM);
    return outcome;
  }

  addGps(sample: GpsSample): MeasurementOutcome {
    if (sample.fix === "3d" && this.#sources.gps.fault(sample) === undefined) {
      const place = this.#localFrame.localFromWgs(sample.position);
      this.#compare("gps", sample.timeNs, place, sample.sigmaHorizontalM ** 2);
    }
    const outcome = this.#add(this.#sources.gps, sample);
    if (this.#sources.gps.health(sample.timeNs).gps === "trusted") this.#heading.observeGps(sample);
    return outcome;
  }

  doubtPosition(distanceM: number): void {
    if (!(this.#active && distanceM > 0 && distanceM < Infinity)) return;
    this.#aside.review.end();
    for (const each of [this.#timeline, this.#aside.imuWitness]) {
      each.changeAll((state) => widenHorizontally(state, distanceM ** 2));
    }
    this.#label();
  }

  doubtMotion(distanceM: number): void {
    if (this.#active) this.#unproven.add(distanceM);
  }

  doubtGpsStart(sigmaM: number): void {
    if (this.#active) this.#unproven.doubtGpsStart(sigmaM);
  }

  /** Where a place contradicts the filter, that learns what its motion is worth. */
  #compare(
    source: SourceName,
    timeNs: MonotonicNs,
    place: Vector3,
    varianceM2: number,
  ): Elsewhere | undefined {
    const { stateAt } = this.#viewOf(source);
    const elsewhere = this.#unproven.takeIfElsewhere(() => stateAt(timeNs), place, varianceM2);
    if (elsewhere !== undefined) this.doubtPosition(elsewhere.sigmaM);
    return elsewhere;
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
    if (!this.#active || this.#imu.stream.count === 0) {
      throw EstimateUnavailableError.notStarted();
    }
    const ahead = timeNs - this.#timeline.head.timeNs;
    const state = ahead <= this.#config.aheadMaxS * 1e9
      ? this.#restart.kept(() => this.#timeline.stateAt(timeNs))
      : undefined;
    if (state === undefined) {
      const { oldestNs, head } = this.#timeline;
      throw EstimateUnavailableError.outside(timeNs, oldestNs, head.timeNs);
    }
    const output = (of: FilterState) => estimateOutput(of, this.#labels.label, this.#told(of));
    return this.#restart.kept(() => output(state), () => output(this.#timeline.head));
  }

  #told(of: FilterState) {
    const { gps } = this.#sources, unproven = this.#unproven;
    return { addedM2: unproven.toldM2(of, gps), unconfirmedM: unproven.unconfirmedM(gps) };
  }

  estimateWithoutImu(timeNs: MonotonicNs): StateEstimate | undefined {
    return this.#restart.aside(this.#aside.imuWitness, (witness) => {
      const state = witness.stateAt(timeNs);
      return state && estimateOutput(state, this.#labels.label);
    });
  }

  smoothedHistory(count: number, limit = count): readonly StateEstimate[] {
    if (!this.#active) return [];
    return this.#restart.kept(() =>
      smoothedOutput(this.#timeline, { count, limit }, this.#labels.label)
    );
  }

  health(): EstimatorHealth {
    return {
      state: this.#restart.hasFailed
        ? "failed"
        : this.#active
        ? "active"
        : this.#touched
        ? "starting"
        : "stopped",
      imuSamples: this.#imu.stream.count,
      imuRefused: this.#imu.refused,
      imuReason: this.#imu.reason,
      pictureDelayS: this.#sources.odometry.pictureDelayS,
      // An attitude that the IMU contradicts may mirror the motion, and a straight way does not show that.
      motionShare: this.#imu.reason === "" ? this.#heading.motionShare : Infinity,
      unconfirmedM: this.#unproven.unconfirmedM(this.#sources.gps),
      ...this.#counts.copy(),
      ...this.#sources.gps.health(this.#timeline.head.timeNs),
    };
  }

  #start(attitude: AttitudeSample): MeasurementOutcome {
    this.#touched = true;
    initialise(this.#timeline.head, attitude, this.#origin, this.#config);
    this.#timeline.start();
    this.#active = true;
    this.#counts.add("attitude", true);
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
    if (this.#thinning.isThinned(source.name, source.intervalS, timeNs)) {
      return refused(source.name, timeNs, "thinned");
    }
    const outcome = this.#reported(this.#insert(event));
    source.judged?.(measurement, outcome);
    return outcome;
  }

  #viewOf(source: SourceName): EstimatorView {
    return {
      newestNs: this.#imu.stream.newestNs,
      stateAt: (timeNs) =>
        this.#untimely(source, timeNs) === undefined
          ? this.#restart.kept(() => this.#timeline.stateAt(timeNs))
          : undefined,
    };
  }

  #untimely(source: SourceName, timeNs: MonotonicNs): string | undefined {
    if (!this.#active || this.#imu.stream.count === 0) {
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

  #insert(event: MeasurementEvent): MeasurementOutcome {
    this.#restart.aside(this.#aside.review, (review) => review.insert(event));
    const outcome = this.#restart.kept(
      () => this.#timeline.insertMeasurement(event),
      () => refused(event.source, event.timeNs, "the filter has failed and begins anew"),
    );
    if (event.source !== "gps") {
      this.#restart.aside(this.#aside.witness, (witness) => witness.insert(event, outcome));
    }
    const fault = this.#restart.aside(this.#aside.imuWitness, (own) => own.insert(event, outcome));
    if (fault !== undefined) this.#restart.kept(() => this.#leaveImuOut(fault), () => {});
    this.#counts.add(outcome.source, outcome.fused);
    this.#unproven.observe(outcome, this.#timeline.head);
    if (outcome.fused && outcome.source === "anchor") this.#heading.found();
    this.#label();
    return outcome;
  }

  /** The camera contradicts it: the filter is the one without it from now on. */
  #leaveImuOut(fault: ImuFault): void {
    this.#imu.leaveOut(fault, this.#timeline.head.timeNs);
    this.#aside.imuWitness.replaceMain();
    this.#aside.witness.end();
    this.#aside.review.end();
  }

  #refuse(source: SourceName, timeNs: MonotonicNs, reason: string): MeasurementOutcome {
    this.#counts.add(source, false);
    return this.#reported(refused(source, timeNs, reason));
  }

  #reported(outcome: MeasurementOutcome): MeasurementOutcome {
    this.#onEvent({ type: "measurement", timeNs: outcome.timeNs, outcome });
    return outcome;
  }

  #label(): void {
    if (!this.#active) return;
    const head = this.#timeline.head;
    this.#restart.observe(head);
    this.#labels.look(head, {
      ...this.#told(head),
      frameIntervalS: this.#sources.odometry.frameIntervalS,
      gpsSpoofed: this.#sources.gps.isSpoofed,
    });
  }
}
