/**
 * The thermal publisher: reads the computer's temperatures and throttling at its own rate, and holds the
 * latest snapshot for everyone. One for each process.
 *
 * @module
 */
import type { Clock, MonotonicNs } from "../../core/mod.ts";
import type { ThermalState } from "./contract.ts";
import type { OnInferenceEvent } from "./events.ts";
import type { ThermalProbe } from "./thermal_sources.ts";

interface ThermalPublisherOptions {
  readonly clock: Pick<Clock, "now">;
  readonly pollHz: number;
  /** Sources in order of preference; the first that is there is read, and all are sought anew when it fails. */
  readonly probes: readonly (() => ThermalProbe | undefined)[];
  readonly onEvent: OnInferenceEvent;
}

/** A source that comes and goes is reported at most once a second, one that stays away every minute. */
const LOST_INTERVAL_NS = 1e9;
const ABSENT_INTERVAL_NS = 60e9;

export class ThermalPublisher {
  readonly #options: ThermalPublisherOptions;
  #probe: ThermalProbe | undefined;
  #state: ThermalState;
  #nextNs = -Infinity;
  #unavailableNs = -Infinity;

  constructor(options: ThermalPublisherOptions) {
    this.#options = options;
    this.#state = unmeasured(options.clock.now());
  }

  /** The latest snapshot; it is replaced as a whole. */
  state(): ThermalState {
    return this.#state;
  }

  /** Measures when the clock has come to the next time; to be called by whatever goes round often. */
  pollWhenDue(): void {
    const now = this.#options.clock.now();
    if (now < this.#nextNs) return;
    this.#nextNs = now + 1e9 / this.#options.pollHz;
    this.pollOnce();
  }

  /** Measures now. Without telemetry the computer counts as not throttled, and the snapshot says so. */
  pollOnce(): ThermalState {
    const { clock, onEvent } = this.#options;
    const before = this.#state;
    const now = clock.now();
    const state = this.#measured(now) ?? unmeasured(now);
    this.#state = state;
    if (state.throttled !== before.throttled) onEvent({ type: "thermal_transition", state });
    const intervalNs = before.telemetryAvailable ? LOST_INTERVAL_NS : ABSENT_INTERVAL_NS;
    if (!state.telemetryAvailable && now - this.#unavailableNs >= intervalNs) {
      this.#unavailableNs = now;
      onEvent({ type: "thermal_unavailable", state });
    }
    return state;
  }

  #measured(measuredNs: MonotonicNs): ThermalState | undefined {
    const last = this.#probe;
    this.#probe = undefined;
    for (const find of [() => last, ...this.#options.probes]) {
      try {
        const probe = find();
        const reading = probe?.read();
        if (probe === undefined || reading === undefined) continue;
        this.#probe = probe;
        return { ...reading, telemetryAvailable: true, source: probe.source, measuredNs };
      } catch {
        // A source that breaks is a source without an answer: the next one is asked.
      }
    }
    return undefined;
  }
}

/** Nothing is known: the computer counts as not throttled. */
export function unmeasured(measuredNs: MonotonicNs): ThermalState {
  return {
    throttled: false,
    telemetryAvailable: false,
    source: "none",
    temperatureC: null,
    measuredNs,
  };
}
