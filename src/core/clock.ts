/**
 * The canonical clock: integer nanoseconds since start, and its mapping to UTC.
 *
 * @module
 */
import { type MonotonicNs, monotonicNs } from "./units.ts";

export interface Clock {
  /** Nanoseconds since this clock started; never goes back. */
  now(): MonotonicNs;
  /** Wall-clock time of a time on this clock. */
  utc(at: MonotonicNs): Date;
}

/**
 * Process time. Its UTC mapping is fixed at start, so that a step of the wall clock changes
 * nothing.
 */
export class SystemClock implements Clock {
  readonly #startMs = performance.now();
  readonly #startUtcMs = Date.now();

  now(): MonotonicNs {
    return monotonicNs(Math.round((performance.now() - this.#startMs) * 1e6));
  }

  utc(at: MonotonicNs): Date {
    return new Date(this.#startUtcMs + at / 1e6);
  }
}

/** A clock that moves only when it is set: replay, simulation and tests. */
export class ManualClock implements Clock {
  #now: MonotonicNs;
  readonly #startUtcMs: number;

  constructor(options: { startUtc?: Date; now?: MonotonicNs } = {}) {
    this.#now = options.now ?? monotonicNs(0);
    this.#startUtcMs = (options.startUtc ?? new Date(0)).getTime();
  }

  now(): MonotonicNs {
    return this.#now;
  }

  /** Moves to `at`; a time in the past is refused. */
  set(at: MonotonicNs): void {
    if (at < this.#now) {
      throw new RangeError(`a clock cannot go back from ${this.#now} to ${at} ns`);
    }
    this.#now = at;
  }

  utc(at: MonotonicNs): Date {
    return new Date(this.#startUtcMs + at / 1e6);
  }
}
