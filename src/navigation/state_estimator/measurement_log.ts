/**
 * The measurements of the kept history, in the order in which they are applied: by time, then by
 * source. The order of arrival plays no part.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import { SOURCE_NAMES, SOURCE_RANK, type SourceName } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import type { KalmanUpdate } from "./kalman_update.ts";
import type { FilterVerdict, MeasurementSource } from "./sources/measurement_source.ts";

export interface MeasurementEvent {
  readonly kind: "measurement";
  readonly source: SourceName;
  readonly timeNs: MonotonicNs;
  /** Only of measurements between two moments. */
  readonly beginsNs: MonotonicNs | undefined;
  fuse(state: FilterState, update: KalmanUpdate): FilterVerdict;
}

/** A camera frame makes the clone; the last at its moment, so that the clone holds all of it. */
interface CameraFrameEvent {
  readonly kind: "camera_frame";
  readonly timeNs: MonotonicNs;
}

export type TimelineEvent = MeasurementEvent | CameraFrameEvent;

export function measurementEvent<T>(
  source: MeasurementSource<T>,
  measurement: T,
): MeasurementEvent {
  return {
    kind: "measurement",
    source: source.name,
    timeNs: source.timeNs(measurement),
    beginsNs: source.beginsNs?.(measurement),
    fuse: (state, update) => source.fuse(state, measurement, update),
  };
}

export class MeasurementLog {
  readonly #events: TimelineEvent[] = [];

  hasMeasurement(source: SourceName, timeNs: number): boolean {
    return this.#has(timeNs, (event) => event.kind === "measurement" && event.source === source);
  }

  hasCameraFrame(timeNs: number): boolean {
    return this.#has(timeNs, (event) => event.kind === "camera_frame");
  }

  clear(): void {
    this.#events.length = 0;
  }

  insert(event: TimelineEvent): void {
    let at = this.#events.length;
    while (at > 0 && later(this.#events[at - 1], event)) at--;
    this.#events.splice(at, 0, event);
  }

  /** `without`: what is left out. */
  copyFrom(other: MeasurementLog, without?: SourceName): void {
    const kept = other.#events.filter((event) =>
      event.kind === "camera_frame" || event.source !== without
    );
    this.#events.splice(0, this.#events.length, ...kept);
  }

  dropPictures(): void {
    const kept = this.#events.filter((event) =>
      event.kind === "measurement" && event.source !== "odometry" && event.source !== "anchor"
    );
    this.#events.splice(0, this.#events.length, ...kept);
  }

  /** Index of the first event after `timeNs`. */
  firstAfter(timeNs: number): number {
    let low = 0, high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle].timeNs <= timeNs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(index: number): TimelineEvent | undefined {
    return this.#events[index];
  }

  /** A measurement that has `timeNs` strictly inside of it: a clone there would break it. */
  spans(timeNs: number): boolean {
    for (let i = this.firstAfter(timeNs); i < this.#events.length; i++) {
      const event = this.#events[i];
      const beginsNs = event.kind === "measurement" ? event.beginsNs : undefined;
      if (beginsNs !== undefined && beginsNs < timeNs) return true;
    }
    return false;
  }

  /** Times of the newest `count` camera frames up to `timeNs`, oldest first. */
  cameraFrameTimes(count: number, timeNs: number): MonotonicNs[] {
    const times = this.#events
      .filter((event) => event.kind === "camera_frame" && event.timeNs <= timeNs)
      .map((event) => event.timeNs);
    return count > 0 ? times.slice(-count) : [];
  }

  dropBefore(timeNs: number): void {
    const count = this.firstAfter(timeNs - 1);
    if (count > 0) this.#events.splice(0, count);
  }

  #has(timeNs: number, sought: (event: TimelineEvent) => boolean): boolean {
    for (let i = this.firstAfter(timeNs) - 1; i >= 0; i--) {
      if (this.#events[i].timeNs !== timeNs) return false;
      if (sought(this.#events[i])) return true;
    }
    return false;
  }
}

function later(a: TimelineEvent, b: TimelineEvent): boolean {
  return a.timeNs > b.timeNs || (a.timeNs === b.timeNs && rank(a) > rank(b));
}

function rank(event: TimelineEvent): number {
  return event.kind === "camera_frame" ? SOURCE_NAMES.length : SOURCE_RANK[event.source];
}
