/**
 * Sends a position at a steady rate by a timer of its own, from the estimator's state at the newest
 * IMU sample: a frame that takes long to match holds nothing up.
 *
 * @module
 */
import { type AlarmClock, type MonotonicNs, monotonicNs } from "../../core/mod.ts";
import type { PositionOutput } from "../../flight/flight_controller/mod.ts";
import {
  EstimateUnavailableError,
  type StateEstimate,
  type StateEstimator,
} from "../../navigation/state_estimator/mod.ts";
import type { FlightOutput } from "../flight_output.ts";
import type { OutputPolicy, Withheld } from "./output_policy.ts";

/** What was sent, and what it was made of. */
export interface SentPosition {
  readonly output: PositionOutput;
  readonly withheld: Withheld;
  readonly estimate: StateEstimate | null;
  readonly nowNs: MonotonicNs;
}

interface PositionSenderOptions {
  readonly estimator: Pick<StateEstimator, "currentEstimate" | "health">;
  readonly policy: Pick<OutputPolicy, "decide">;
  readonly unaidedS: () => number;
  readonly emit: (output: PositionOutput) => void;
  /** After each position, and what failed while one was made: the timer goes on. */
  readonly onSent: (sent: SentPosition) => void;
  readonly onFault: (error: unknown) => void;
  readonly clock: AlarmClock;
  readonly rateHz: number;
}

export class PositionSender implements FlightOutput, Disposable {
  readonly name = "positions";
  readonly #options: PositionSenderOptions;
  readonly #periodNs: number;
  #nextNs = 0;
  #alarm: Disposable | null = null;

  constructor(options: PositionSenderOptions) {
    this.#options = options;
    this.#periodNs = 1e9 / options.rateHz;
  }

  start(): void {
    this.#nextNs = this.#options.clock.now();
    this.#schedule();
  }

  /** One position, now. */
  send(): void {
    const options = this.#options;
    try {
      const nowNs = options.clock.now();
      const estimate = this.#estimate();
      const unaidedS = options.unaidedS();
      const { output, withheld } = options.policy.decide({ estimate, nowNs, unaidedS });
      options.emit(output);
      options.onSent({ output, withheld, estimate, nowNs });
    } catch (error) {
      options.onFault(error);
    }
  }

  /** Before the record is closed: what comes after it could not be recorded. */
  end(): void {
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#alarm?.[Symbol.dispose]();
    this.#alarm = null;
  }

  /** Due times stand on a grid: a late one does not delay those after it, and is not made up for. */
  #schedule(): void {
    const { clock } = this.#options;
    const nowNs = clock.now();
    const missed = Math.max(0, Math.floor((nowNs - this.#nextNs) / this.#periodNs));
    this.#nextNs += (missed + 1) * this.#periodNs;
    this.#alarm = clock.alarm(monotonicNs(Math.round(this.#nextNs)), () => {
      this.#schedule();
      this.send();
    });
  }

  #estimate(): StateEstimate | null {
    const { estimator } = this.#options;
    if (estimator.health().state !== "active") return null;
    try {
      return estimator.currentEstimate();
    } catch (error) {
      if (error instanceof EstimateUnavailableError) return null;
      throw error;
    }
  }
}
