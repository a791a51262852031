/**
 * Interval statistics of a kind of record in constant memory: its median interval, and the pauses
 * in it.
 *
 * @module
 */

interface Pause {
  readonly fromNs: number;
  readonly toNs: number;
}

export interface Rhythm {
  /** Mean of the intervals within 2 % of the median; null with fewer than two records. */
  readonly medianNs: number | null;
  /**
   * Whether nine of ten intervals are about as long as the median, so that pauses are meaningful.
   */
  readonly isRegular: boolean;
  /** Longest first, at most 32; none when the intervals are not regular. */
  readonly pauses: readonly Pause[];
  readonly pauseCount: number;
}

/** Ratio between the sizes of successive histogram buckets. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
/** Covers intervals of up to 30 years. */
const BUCKETS = Math.ceil(Math.log(1e18) / LOG_GROWTH) + 1;
const PAUSES_KEPT = 32;
const PAUSE_MEDIANS = 5;
const REGULAR_COUNT_MIN = 20;
const REGULAR_MEDIANS = 1.6;

export class IntervalStatistics {
  /** Number and sum of the intervals in each bucket; allocated with the first interval. */
  #histogram = new Uint32Array(0);
  #sumsNs = new Float64Array(0);
  readonly #longest: Pause[] = [];
  #count = 0;
  #lastNs: number | null = null;

  add(timestampNs: number): void {
    const lastNs = this.#lastNs;
    this.#lastNs = lastNs === null ? timestampNs : Math.max(lastNs, timestampNs);
    if (lastNs === null || timestampNs < lastNs) return;
    const interval = timestampNs - lastNs;
    if (this.#count === 0) {
      this.#histogram = new Uint32Array(BUCKETS);
      this.#sumsNs = new Float64Array(BUCKETS);
    }
    this.#count++;
    const bucket = bucketOf(interval);
    this.#histogram[bucket]++;
    this.#sumsNs[bucket] += interval;
    this.#keep({ fromNs: lastNs, toNs: timestampNs });
  }

  rhythm(): Rhythm {
    if (this.#count === 0) return { medianNs: null, isRegular: false, pauses: [], pauseCount: 0 };
    const medianNs = this.#quantile(0.5);
    const isRegular = this.#count >= REGULAR_COUNT_MIN &&
      this.#quantile(0.9) <= REGULAR_MEDIANS * medianNs;
    if (!isRegular) return { medianNs, isRegular, pauses: [], pauseCount: 0 };
    const pauseNs = PAUSE_MEDIANS * medianNs;
    let pauseCount = 0;
    for (let bucket = bucketOf(pauseNs) + 1; bucket < BUCKETS; bucket++) {
      pauseCount += this.#histogram[bucket];
    }
    const pauses = this.#longest.filter((pause) =>
      bucketOf(pause.toNs - pause.fromNs) > bucketOf(pauseNs)
    );
    return { medianNs, isRegular, pauses, pauseCount };
  }

  #quantile(share: number): number {
    let left = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#histogram[bucket];
      if (left <= 0) return this.#sumsNs[bucket] / this.#histogram[bucket];
    }
    return Infinity;
  }

  #keep(pause: Pause): void {
    const longest = this.#longest;
    const length = pause.toNs - pause.fromNs;
    const last = longest.at(-1);
    if (longest.length === PAUSES_KEPT && last && last.toNs - last.fromNs >= length) return;
    let at = longest.length;
    while (at > 0 && longest[at - 1].toNs - longest[at - 1].fromNs < length) at--;
    longest.splice(at, 0, pause);
    if (longest.length > PAUSES_KEPT) longest.pop();
  }
}

function bucketOf(intervalNs: number): number {
  if (intervalNs <= 1) return 0;
  return Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(intervalNs) / LOG_GROWTH));
}
