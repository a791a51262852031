/**
 * Keeps the state true to the order of time: a late measurement goes back to the checkpoint before
 * it, is applied at its own moment, and everything after it is applied again.
 *
 * A checkpoint at time c holds all measurements up to and including c. Checkpoints stand at the
 * first IMU sample of each slot of `checkpointIntervalS`, so that they do not depend on arrivals.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { MeasurementOutcome, SourceName } from "./contract.ts";
import { FilterState } from "./filter_state.ts";
import { Fusion, type FusionListener } from "./fusion.ts";
import type { ImuStream } from "./imu_stream.ts";
import { type MeasurementEvent, MeasurementLog, type TimelineEvent } from "./measurement_log.ts";
import { Propagator } from "./propagation.ts";

/** A smoother that estimates the state of now from all that was fused of late, beside the filter that judges it. */
export interface TimelineSmoother extends FusionListener {
  /** Nothing was fused after `state`: what comes is told. */
  begin(state: FilterState): void;
  /**
   * The state at the newest node, with what has been told; undefined where the filter's own holds. "stale": what was
   * told is older than what it began with.
   */
  settle(head: FilterState): FilterState | "stale" | undefined;
  /** The state of a camera frame with all that was told since, as a fixed point; undefined where it is unknown. */
  smoothedAt(timeNs: number): FilterState | undefined;
}

export interface SmootherStrategy {
  /** Of the estimator that has it. */
  readonly label: string;
  create(parts: {
    readonly config: EskfConfig;
    readonly stream: ImuStream;
    /** It could not be solved, and begins anew. */
    readonly onFailure: (reason: string) => void;
  }): TimelineSmoother;
}

/** A smoother that begins anew does so this long before now: pictures are processed late. */
const SMOOTHER_LEAD_NS = 1.5e9;

export class Timeline {
  readonly log = new MeasurementLog();
  readonly propagator: Propagator;
  /** State at the newest IMU sample. */
  readonly head = new FilterState();
  readonly #stream: ImuStream;
  readonly #fusion: Fusion;
  readonly #historyNs: number;
  readonly #slotNs: number;
  readonly #ring: readonly FilterState[];
  readonly #scratch = new FilterState();
  readonly #smoother: TimelineSmoother | undefined;
  /** Checkpoints ever made; number i stands in slot i modulo the ring's length. */
  #made = 0;
  #kept = 0;
  #firstInsertedNs = Infinity;
  #watched: TimelineEvent | undefined;
  #watchedOutcome: MeasurementOutcome | undefined;

  constructor(config: EskfConfig, stream: ImuStream, smoother?: TimelineSmoother) {
    this.#stream = stream;
    this.#smoother = smoother;
    this.propagator = new Propagator(config);
    this.#fusion = new Fusion(this.propagator);
    this.#historyNs = config.historyS * 1e9;
    this.#slotNs = config.checkpointIntervalS * 1e9;
    const length = Math.ceil(config.historyS / config.checkpointIntervalS) + 2;
    this.#ring = Array.from({ length }, () => new FilterState());
  }

  /** Starts from `head`, which the caller has filled. */
  start(): void {
    this.#made = 0;
    this.#kept = 0;
    this.#checkpoint();
    this.#advance(this.head, this.#stream.newestNs);
    this.#beginSmoother();
  }

  /**
   * Becomes `other` (which has started), by its own samples from the beginning of the history on. With
   * `without` as if nothing of that source had been measured within the history; what was before stays in the states.
   */
  copyFrom(other: Timeline, { without }: { readonly without?: SourceName } = {}): void {
    const headNs = this.head.timeNs;
    this.#made = other.#made;
    this.#kept = other.#kept;
    for (let i = this.#made - this.#kept; i < this.#made; i++) this.#at(i).copyFrom(other.#at(i));
    this.head.copyFrom(other.head);
    this.log.copyFrom(other.log, without);
    this.#replayFrom(this.oldestNs + 1);
    this.#advance(this.head, headNs);
    this.#beginSmoother();
  }

  /** The samples after `timeNs` are other ones now. */
  replayAfter(timeNs: number): void {
    this.#replayFrom(Math.max(this.oldestNs, timeNs) + 1);
    this.#beginSmoother();
  }

  /** As if no picture had come within the history; what was before stays in the states. */
  forgetPictures(): void {
    this.log.dropPictures();
    this.replayAfter(this.oldestNs);
  }

  /** Changes the state at every moment of the history. */
  changeAll(change: (state: FilterState) => void): void {
    for (let i = this.#made - this.#kept; i < this.#made; i++) change(this.#at(i));
    change(this.head);
    // Not from earlier on: what was fused of late would take the doubt away again.
    this.#smoother?.begin(this.head);
  }

  /** Oldest moment that a measurement may still have (exclusive). */
  get oldestNs(): number {
    return this.#at(this.#made - this.#kept).timeNs;
  }

  get hasStarted(): boolean {
    return this.#kept > 0;
  }

  /** Carries the head to the newest IMU sample. */
  onImu(): void {
    const newestNs = this.#stream.newestNs;
    if (newestNs <= this.head.timeNs) return;
    const slot = Math.floor(newestNs / this.#slotNs);
    if (this.#advance(this.head, newestNs, this.#smoother)) this.#settle();
    if (slot === Math.floor(this.#at(this.#made - 1).timeNs / this.#slotNs)) return;
    this.#checkpoint();
    this.log.dropBefore(this.oldestNs);
  }

  /**
   * Inserts a measurement (later than `oldestNs`), with the camera frames that it lies between, and
   * returns what became of it.
   */
  insertMeasurement(event: MeasurementEvent): MeasurementOutcome {
    const events: TimelineEvent[] = [event];
    const clones = event.beginsNs === undefined ? [] : [event.beginsNs, event.timeNs];
    for (const timeNs of clones) {
      const known = timeNs <= this.oldestNs || this.log.hasCameraFrame(timeNs);
      if (!known) events.push({ kind: "camera_frame", timeNs });
    }
    const outcome = this.#insert(events, event);
    if (outcome === undefined) throw new Error("the timeline lost a measurement");
    return outcome;
  }

  #insert(
    events: readonly TimelineEvent[],
    watched: TimelineEvent,
  ): MeasurementOutcome | undefined {
    let firstNs = Infinity;
    for (const event of events) {
      this.log.insert(event);
      firstNs = Math.min(firstNs, event.timeNs);
    }
    this.#watched = watched;
    this.#watchedOutcome = undefined;
    if (firstNs <= this.head.timeNs) {
      this.#firstInsertedNs = firstNs;
      this.#replayFrom(firstNs, this.#smoother);
      this.#settle();
    }
    if (watched.timeNs > this.head.timeNs) {
      // Ahead of the IMU: judged on an extrapolation now, applied when the samples are there.
      this.#scratch.copyFrom(this.head);
      this.#advance(this.#scratch, watched.timeNs);
    }
    this.#watched = undefined;
    return this.#watchedOutcome;
  }

  /**
   * The state at a moment after `oldestNs` (a scratch object, valid until the next call);
   * undefined outside of the history, and before the first IMU sample. Up to one second ahead it is extrapolated.
   */
  stateAt(timeNs: number): FilterState | undefined {
    if (timeNs === this.head.timeNs) {
      this.#scratch.copyFrom(this.head);
    } else {
      if (this.#stream.count === 0) return undefined;
      const from = timeNs > this.head.timeNs ? this.head : this.#checkpointBefore(timeNs + 1);
      if (from === undefined) return undefined;
      this.#scratch.copyFrom(from);
      this.#advance(this.#scratch, timeNs);
    }
    this.propagator.applyGaussMarkovDecay(this.#scratch);
    return this.#scratch;
  }

  /**
   * The newest state with `timeNs` as its fixed point, and the state as it was believed at the time:
   * a fixed-point smoother (B. D. O. Anderson, J. B. Moore, "Optimal Filtering", 1979, 7.2).
   */
  smoothedAt(timeNs: number): { state: FilterState; anchorNs: number } | undefined {
    const state = this.stateAt(timeNs);
    if (state === undefined || timeNs > this.head.timeNs) return undefined;
    const anchorNs = state.lastFusedNs("anchor");
    const smoothed = this.#smoother?.smoothedAt(timeNs);
    if (smoothed !== undefined) return { state: smoothed, anchorNs };
    state.fixPoint();
    this.#advance(state, this.head.timeNs);
    this.propagator.applyGaussMarkovDecay(state);
    return { state, anchorNs };
  }

  #at(index: number): FilterState {
    return this.#ring[index % this.#ring.length];
  }

  #checkpoint(): void {
    this.#at(this.#made).copyFrom(this.head);
    this.#made++;
    this.#kept = Math.min(this.#kept + 1, this.#ring.length);
    const horizonNs = this.head.timeNs - this.#historyNs;
    while (this.#kept > 1 && this.#at(this.#made - this.#kept + 1).timeNs <= horizonNs) {
      this.#kept--;
    }
  }

  #checkpointBefore(timeNs: number): FilterState | undefined {
    for (let i = this.#made - 1; i >= this.#made - this.#kept; i--) {
      if (this.#at(i).timeNs < timeNs) return this.#at(i);
    }
    return undefined;
  }

  /** From a moment of the filter's history on, which is told anew. */
  #beginSmoother(leadNs = this.head.timeNs - SMOOTHER_LEAD_NS): void {
    if (this.#smoother === undefined) return;
    const from = this.#checkpointBefore(leadNs) ?? this.#at(this.#made - this.#kept);
    this.#smoother.begin(from);
    this.#replayFrom(from.timeNs + 1, this.#smoother);
    this.#correct(this.#smoother.settle(this.head));
  }

  #settle(): void {
    const settled = this.#smoother?.settle(this.head);
    if (settled === "stale") this.#beginSmoother(this.#firstInsertedNs);
    else this.#correct(settled);
  }

  /** The newest states are those that follow from `settled`, which stands at or before them. */
  #correct(settled: FilterState | "stale" | undefined): void {
    if (settled === undefined || settled === "stale") return;
    const state = this.#scratch;
    state.copyFrom(settled);
    let index = this.#made;
    while (index > this.#made - this.#kept && this.#at(index - 1).timeNs >= state.timeNs) index--;
    for (; index < this.#made; index++) {
      this.propagator.advance(state, this.#stream, this.#at(index).timeNs);
      this.#at(index).takeEstimate(state);
    }
    this.propagator.advance(state, this.#stream, this.head.timeNs);
    this.head.takeEstimate(state);
  }

  #replayFrom(timeNs: number, listener?: FusionListener): void {
    let index = this.#made - 1;
    while (this.#at(index).timeNs >= timeNs) index--;
    const state = this.#scratch;
    state.copyFrom(this.#at(index));
    for (index++; index < this.#made; index++) {
      const checkpoint = this.#at(index);
      this.#advance(state, checkpoint.timeNs, listener);
      checkpoint.copyFrom(state);
    }
    this.#advance(state, this.head.timeNs, listener);
    this.head.copyFrom(state);
  }

  /** Propagates to `toNs` and applies the measurements in (state, toNs]; true where there were any. */
  #advance(state: FilterState, toNs: number, listener?: FusionListener): boolean {
    let applied = false;
    for (let i = this.log.firstAfter(state.timeNs);; i++) {
      const event = this.log.at(i);
      if (event === undefined || event.timeNs > toNs) break;
      this.propagator.advance(state, this.#stream, event.timeNs);
      const outcome = this.#fusion.apply(state, event, listener);
      applied = true;
      if (event === this.#watched) this.#watchedOutcome = outcome;
    }
    this.propagator.advance(state, this.#stream, toNs);
    return applied;
  }
}
