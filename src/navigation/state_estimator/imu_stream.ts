/**
 * The one holder of IMU samples: a ring on typed arrays. Filters and integrators read it.
 *
 * @module
 */
import type { MonotonicNs } from "../../core/mod.ts";
import type { ImuSample } from "./contract.ts";

/** Numbers per sample: specific force (3), angular rate (3). */
export const IMU_WIDTH = 6;

/**
 * What a sample's numbers are: the mean since the sample before it (an IMU that integrates fast and
 * reports slowly, the usual one), or the value at its very moment.
 */
type ImuSampling = "interval_mean" | "instant";

export class ImuStream {
  readonly #sampling: ImuSampling;
  readonly #times: Float64Array;
  readonly #values: Float64Array;
  /** 1: no accelerometer has measured this one, and its rate is that of the controller's attitude. */
  readonly #substitutes: Uint8Array;
  readonly #capacity: number;
  #count = 0;

  constructor(options: { capacity?: number; sampling?: ImuSampling } = {}) {
    const capacity = options.capacity ?? 4096;
    this.#capacity = capacity;
    this.#sampling = options.sampling ?? "interval_mean";
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity * IMU_WIDTH);
    this.#substitutes = new Uint8Array(capacity);
  }

  /** Samples ever taken; sample numbers run from `first` to `count - 1`. */
  get count(): number {
    return this.#count;
  }

  get first(): number {
    return Math.max(0, this.#count - this.#capacity);
  }

  /** Nanoseconds of the newest sample; -1 before the first. */
  get newestNs(): number {
    return this.#count === 0 ? -1 : this.#times[(this.#count - 1) % this.#capacity];
  }

  timeNs(index: number): number {
    return this.#times[index % this.#capacity];
  }

  /** False (and nothing changes) where the sample is not newer or has a value that is not finite. */
  push(sample: ImuSample, isSubstitute = false): boolean {
    const f = sample.specificForceMps2, w = sample.angularRateRps;
    if (!(sample.timeNs > this.newestNs)) return false;
    if (!Number.isFinite(f[0] + f[1] + f[2] + w[0] + w[1] + w[2])) return false;
    const slot = this.#count % this.#capacity;
    this.#times[slot] = sample.timeNs;
    this.#substitutes[slot] = isSubstitute ? 1 : 0;
    const v = this.#values, at = slot * IMU_WIDTH;
    v[at] = f[0];
    v[at + 1] = f[1];
    v[at + 2] = f[2];
    v[at + 3] = w[0];
    v[at + 4] = w[1];
    v[at + 5] = w[2];
    this.#count++;
    return true;
  }

  /** Whether nothing but the attitude is known of the time from sample `index` to the next (or since the newest). */
  isSubstitute(index: number): boolean {
    const next = Math.min(index + 1, this.#count - 1);
    return this.#substitutes[next % this.#capacity] === 1;
  }

  /** All that was measured after `timeNs` is what `other` has of that time. */
  replaceAfter(timeNs: number, other: ImuStream): void {
    this.#count = this.indexAtOrBefore(timeNs) + 1;
    for (let i = other.indexAtOrBefore(timeNs) + 1; i < other.count; i++) {
      const at = (i % other.#capacity) * IMU_WIDTH, v = other.#values;
      this.push({
        timeNs: other.timeNs(i) as MonotonicNs,
        specificForceMps2: [v[at], v[at + 1], v[at + 2]],
        angularRateRps: [v[at + 3], v[at + 4], v[at + 5]],
      }, other.#substitutes[i % other.#capacity] === 1);
    }
  }

  /** Number of the newest sample at or before `timeNs`; `first - 1` where all are later. */
  indexAtOrBefore(timeNs: number): number {
    let low = this.first - 1, high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.timeNs(middle) <= timeNs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * Mean over [fromNs, toNs], which lies between samples `index` and `index + 1`; outside of the
   * samples the nearest one holds. Instants are joined by a line.
   */
  meanInto(out: Float64Array, index: number, fromNs: number, toNs: number): void {
    const low = Math.max(index, this.first), high = Math.min(index + 1, this.#count - 1);
    const lowNs = this.timeNs(low), spanNs = this.timeNs(high) - lowNs;
    let share = 1;
    // A substitute is the mean since the attitude before it.
    if (this.#sampling === "instant" && this.#substitutes[high % this.#capacity] === 0) {
      const middle = (fromNs + toNs) / 2 - lowNs;
      share = spanNs > 0 ? Math.min(1, Math.max(0, middle / spanNs)) : 0;
    }
    const a = (low % this.#capacity) * IMU_WIDTH, b = (high % this.#capacity) * IMU_WIDTH;
    const v = this.#values;
    for (let i = 0; i < IMU_WIDTH; i++) out[i] = v[a + i] + share * (v[b + i] - v[a + i]);
  }
}
