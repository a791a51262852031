/**
 * Maps the flight controller's clock to the canonical one.
 *
 * Every message carries the controller's time and is received some time later on the companion:
 * `received = offset + (1 + skew) · controller + delay`, delay ≥ 0. Jitter only ever delays, so the
 * line under all of the pairs is the mapping: the lower convex hull of (controller, received −
 * controller), the edge of it under the mean of the window (S. B. Moon, P. Skelly, D. Towsley,
 * "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999). The
 * shortest delay itself cannot be observed from pairs; give it as `shortestDelayNs` when it is
 * known, or let exchanges in both directions tell it (`observeExchange`).
 *
 * @module
 */
import { type ControllerNs, type MonotonicNs, monotonicNs } from "./units.ts";

interface ControllerClockOptions {
  /** Delay that every message has, nanoseconds. */
  readonly shortestDelayNs?: number;
  /** Largest skew of a crystal, parts per million. */
  readonly skewPpmMax?: number;
  /** Length of the window of pairs for the mapping, seconds. */
  readonly windowS?: number;
}

interface Pair {
  readonly controllerNs: number;
  /** received − controller. */
  readonly offsetNs: number;
}

interface Breakpoint {
  readonly controllerNs: number;
  readonly canonicalNs: number;
}

const BUCKET_NS = 1e9;
/** Below this span the skew is taken as zero. */
const SKEW_SPAN_NS = 4e9;
/** Corrections are slewed: the mapping runs at half to one and a half times the true rate. */
const SLEW = 0.5;
/**
 * A difference that jitter cannot explain: the controller restarted or the link hung; step at once.
 */
const STEP_NS = 250e6;
/** Exchanges that are compared: 20 s of two a second, in which a crystal gains 4 ms at most. */
const EXCHANGES_MAX = 40;
/** Of a serial line; what is longer is no delay but a fault of the clocks. */
const DELAY_MAX_NS = 200e6;
const BREAKPOINT_SPACING_NS = 4e6;
const BREAKPOINTS_MAX = 1024;

/** Continuous and strictly monotone in controller time, whatever the order of arrival. */
export class ControllerClock {
  #shortestDelayNs: number;
  readonly #skewMax: number;
  readonly #bucketsMax: number;
  /** The pair with the shortest delay of each second. */
  #buckets: Pair[] = [];
  /** The controller's time of the last message of each stream. */
  readonly #newestByStream = new Map<string, number>();
  #breakpoints: Breakpoint[] = [];
  #exchanges: { readonly roundTripNs: number; readonly offsetNs: number }[] = [];
  #line = { controllerNs: 0, offsetNs: 0, skew: 0 };

  constructor(options: ControllerClockOptions = {}) {
    this.#shortestDelayNs = options.shortestDelayNs ?? 0;
    this.#skewMax = (options.skewPpmMax ?? 200) * 1e-6;
    this.#bucketsMax = Math.max(2, Math.ceil(options.windowS ?? 30));
  }

  /** Rate of the canonical clock against the controller's, minus one. */
  get skew(): number {
    return this.#line.skew;
  }

  /**
   * Adds one pair; pairs come in order of `receivedNs`. A sensor may be late, but each sends in order:
   * that the controller's clock was set back shows in the times of one `stream`.
   */
  observe(controllerTime: ControllerNs, receivedNs: MonotonicNs, stream = ""): void {
    const pair = { controllerNs: controllerTime, offsetNs: receivedNs - controllerTime };
    const newestNs = this.#newestByStream.get(stream) ?? -Infinity;
    if (this.#breakpoints.length > 0 && this.#isStep(pair, newestNs)) this.#restart();
    this.#newestByStream.set(stream, controllerTime);
    if (this.#takeIntoBucket(pair)) this.#fit();
    this.#advance(controllerTime);
  }

  /**
   * An exchange that ended at `receivedNs` and took `roundTripNs`; the controller's clock read
   * `controllerTime` in its middle. The quickest of a window says what the pairs cannot: how much of
   * their offset is the delay that every message has. Wrong by half of its round trip at most.
   */
  observeExchange(
    controllerTime: ControllerNs,
    receivedNs: MonotonicNs,
    roundTripNs: number,
  ): void {
    const exchange = { roundTripNs, offsetNs: receivedNs - roundTripNs / 2 - controllerTime };
    this.#exchanges.push(exchange);
    if (this.#exchanges.length > EXCHANGES_MAX) this.#exchanges.shift();
    if (this.#breakpoints.length === 0) return;
    const quickest = this.#exchanges.reduce((a, b) => b.roundTripNs < a.roundTripNs ? b : a);
    const withDelayNs = this.#lineAt(controllerTime) + this.#shortestDelayNs - controllerTime;
    this.#shortestDelayNs = Math.min(
      DELAY_MAX_NS,
      Math.max(0, withDelayNs - quickest.offsetNs),
    );
  }

  /** Canonical time of a time on the controller's clock; {@link observe} must have been called. */
  toCanonical(controllerTime: ControllerNs): MonotonicNs {
    const points = this.#breakpoints;
    if (points.length === 0) {
      throw new RangeError("a controller clock has no mapping before its first pair");
    }
    let index = points.length - 1;
    while (index > 1 && points[index - 1].controllerNs > controllerTime) index--;
    const end = points[index];
    const start = points[Math.max(0, index - 1)];
    const spanNs = end.controllerNs - start.controllerNs;
    const rate = spanNs > 0 ? (end.canonicalNs - start.canonicalNs) / spanNs : 1;
    // Beyond the newest breakpoint the line's own rate applies, not that of the last slew.
    const beyond = controllerTime > end.controllerNs ? 1 + this.#line.skew : rate;
    return monotonicNs(
      Math.round(end.canonicalNs + (controllerTime - end.controllerNs) * beyond),
    );
  }

  /**
   * Delays, even long ones, look like late arrival: a step is a stream that goes back, or a mapping
   * into the future.
   */
  #isStep(pair: Pair, newestNs: number): boolean {
    return newestNs - pair.controllerNs > STEP_NS ||
      this.#lineAt(pair.controllerNs) - (pair.controllerNs + pair.offsetNs) > STEP_NS;
  }

  #restart(): void {
    this.#buckets = [];
    this.#breakpoints = [];
    this.#exchanges = [];
    this.#newestByStream.clear();
  }

  #takeIntoBucket(pair: Pair): boolean {
    const buckets = this.#buckets;
    const last = buckets[buckets.length - 1];
    const sameSecond = last !== undefined &&
      Math.floor(last.controllerNs / BUCKET_NS) === Math.floor(pair.controllerNs / BUCKET_NS);
    if (sameSecond) {
      if (pair.offsetNs >= last.offsetNs) return false;
      buckets[buckets.length - 1] = pair;
      return true;
    }
    if (last !== undefined && pair.controllerNs < last.controllerNs) return false;
    buckets.push(pair);
    if (buckets.length > this.#bucketsMax) buckets.shift();
    return true;
  }

  /**
   * The newest bucket may hold a single late pair: the hull is never drawn above it, so it does no
   * harm.
   */
  #fit(): void {
    const buckets = this.#buckets;
    const first = buckets[0], last = buckets[buckets.length - 1];
    if (last.controllerNs - first.controllerNs < SKEW_SPAN_NS) {
      const lowest = buckets.reduce((a, b) => (b.offsetNs < a.offsetNs ? b : a));
      this.#line = { ...lowest, skew: 0 };
      return;
    }
    const hull = lowerHull(buckets);
    const middleNs = (first.controllerNs + last.controllerNs) / 2;
    let right = 1;
    while (right < hull.length - 1 && hull[right].controllerNs < middleNs) right++;
    const a = hull[right - 1], b = hull[right];
    const slope = (b.offsetNs - a.offsetNs) / (b.controllerNs - a.controllerNs);
    const skew = Math.min(this.#skewMax, Math.max(-this.#skewMax, slope));
    // A limited slope must still be below every pair.
    const offsetNs = Math.min(
      ...hull.map((p) => p.offsetNs - skew * (p.controllerNs - b.controllerNs)),
    );
    this.#line = { controllerNs: b.controllerNs, offsetNs, skew };
  }

  #lineAt(controllerTime: number): number {
    const { controllerNs, offsetNs, skew } = this.#line;
    return controllerTime + offsetNs + skew * (controllerTime - controllerNs) -
      this.#shortestDelayNs;
  }

  #advance(controllerTime: number): void {
    const points = this.#breakpoints;
    const newest = points[points.length - 1];
    if (newest === undefined) {
      points.push({ controllerNs: controllerTime, canonicalNs: this.#lineAt(controllerTime) });
      return;
    }
    const stepNs = controllerTime - newest.controllerNs;
    if (stepNs < BREAKPOINT_SPACING_NS) return;
    const wantedNs = this.#lineAt(controllerTime) - newest.canonicalNs;
    const canonicalNs = newest.canonicalNs +
      Math.min((1 + SLEW) * stepNs, Math.max((1 - SLEW) * stepNs, wantedNs));
    points.push({ controllerNs: controllerTime, canonicalNs });
    if (points.length > BREAKPOINTS_MAX) points.splice(0, BREAKPOINTS_MAX / 2);
  }
}

/** Andrew's monotone chain; pairs come in order of controller time. */
function lowerHull(pairs: readonly Pair[]): Pair[] {
  const hull: Pair[] = [];
  for (const pair of pairs) {
    while (hull.length >= 2) {
      const a = hull[hull.length - 2], b = hull[hull.length - 1];
      const turn = (b.controllerNs - a.controllerNs) * (pair.offsetNs - a.offsetNs) -
        (b.offsetNs - a.offsetNs) * (pair.controllerNs - a.controllerNs);
      if (turn > 0) break;
      hull.pop();
    }
    hull.push(pair);
  }
  return hull;
}
