/**
 * The measurements of the kept history, in the order in which they are applied: by time, then by
 * kind. The order of arrival plays no part.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../../core/mod.ts";
import type {
  AttitudeSample,
  BaroSample,
  GpsSample,
  PoseAnchor,
  VioMeasurement,
} from "./contract.ts";

/** `frame` makes the clone; the last at its moment, so that the clone holds all of it. */
export type TimelineEvent =
  | { readonly kind: "attitude"; readonly timeNs: MonotonicNs; readonly sample: AttitudeSample }
  | { readonly kind: "baro"; readonly timeNs: MonotonicNs; readonly sample: BaroSample }
  | {
    readonly kind: "gps";
    readonly timeNs: MonotonicNs;
    readonly sample: GpsSample;
    readonly positionLocalM: Vector3;
  }
  | { readonly kind: "vio"; readonly timeNs: MonotonicNs; readonly measurement: VioMeasurement }
  | { readonly kind: "anchor"; readonly timeNs: MonotonicNs; readonly anchor: PoseAnchor }
  | { readonly kind: "frame"; readonly timeNs: MonotonicNs };

const RANK = { attitude: 0, baro: 1, gps: 2, vio: 3, anchor: 4, frame: 5 } as const;

export class MeasurementLog {
  readonly #events: TimelineEvent[] = [];

  /** The event of this kind at this very moment. */
  find(kind: TimelineEvent["kind"], timeNs: number): TimelineEvent | undefined {
    for (let i = this.firstAfter(timeNs) - 1; i >= 0; i--) {
      if (this.#events[i].timeNs !== timeNs) return undefined;
      if (this.#events[i].kind === kind) return this.#events[i];
    }
    return undefined;
  }

  insert(event: TimelineEvent): void {
    let at = this.#events.length;
    while (at > 0 && later(this.#events[at - 1], event)) at--;
    this.#events.splice(at, 0, event);
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

  /** An odometry pair that has `timeNs` strictly inside of it: a clone there would break it. */
  pairAcross(timeNs: number): boolean {
    for (let i = this.firstAfter(timeNs); i < this.#events.length; i++) {
      const event = this.#events[i];
      if (event.kind === "vio" && event.measurement.fromNs < timeNs) return true;
    }
    return false;
  }

  /** The newest `count` frames up to `timeNs`, oldest first. */
  frames(count: number, timeNs: number): MonotonicNs[] {
    const times = this.#events
      .filter((event) => event.kind === "frame" && event.timeNs <= timeNs)
      .map((event) => event.timeNs);
    return count > 0 ? times.slice(-count) : [];
  }

  dropBefore(timeNs: number): void {
    const count = this.firstAfter(timeNs - 1);
    if (count > 0) this.#events.splice(0, count);
  }
}

function later(a: TimelineEvent, b: TimelineEvent): boolean {
  return a.timeNs > b.timeNs || (a.timeNs === b.timeNs && RANK[a.kind] > RANK[b.kind]);
}
