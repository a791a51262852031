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

/** A clock that calls back. */
export interface AlarmClock extends Clock {
  /** Calls `ring` once, when it is `at` or soon after; disposing of the alarm calls it off. */
  alarm(at: MonotonicNs, ring: () => void): Disposable;
}

/**
 * Process time. Its UTC mapping is fixed at start, so that a step of the wall clock changes
 * nothing.
 */
export class SystemClock implements AlarmClock {
  readonly #startMs = performance.now();
  readonly #startUtcMs = Date.now();

  now(): MonotonicNs {
    return monotonicNs(Math.round((performance.now() - this.#startMs) * 1e6));
  }

  utc(at: MonotonicNs): Date {
    return new Date(this.#startUtcMs + at / 1e6);
  }

  alarm(at: MonotonicNs, ring: () => void): Disposable {
    const timer = setTimeout(ring, Math.max(0, (at - this.now()) / 1e6));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }
}

interface Alarm {
  readonly at: MonotonicNs;
  readonly ring: () => void;
}

/** A clock that moves only when it is set: replay, simulation and tests. */
export class ManualClock implements AlarmClock {
  #now: MonotonicNs;
  /** By their times; of one time in the order in which they were asked for. */
  #alarms: Alarm[] = [];
  readonly #startUtcMs: number;

  constructor(options: { startUtc?: Date; now?: MonotonicNs } = {}) {
    this.#now = options.now ?? monotonicNs(0);
    this.#startUtcMs = (options.startUtc ?? new Date(0)).getTime();
  }

  now(): MonotonicNs {
    return this.#now;
  }

  /** Moves to `at`, by way of every alarm until then; a time in the past is refused. */
  set(at: MonotonicNs): void {
    if (at < this.#now) {
      throw new RangeError(`a clock cannot go back from ${this.#now} to ${at} ns`);
    }
    while (this.#alarms.length > 0 && this.#alarms[0].at <= at) {
      const [alarm] = this.#alarms.splice(0, 1);
      if (alarm.at > this.#now) this.#now = alarm.at;
      alarm.ring();
    }
    this.#now = at;
  }

  alarm(at: MonotonicNs, ring: () => void): Disposable {
    const alarm = { at, ring };
    const later = this.#alarms.findIndex((other) => other.at > at);
    this.#alarms.splice(later < 0 ? this.#alarms.length : later, 0, alarm);
    return {
      [Symbol.dispose]: () => this.#alarms = this.#alarms.filter((other) => other !== alarm),
    };
  }

  utc(at: MonotonicNs): Date {
    return new Date(this.#startUtcMs + at / 1e6);
  }
}
