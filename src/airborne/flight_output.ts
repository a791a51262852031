/**
 * What a flight is passed to as it happens: the flight record, the tile maker, the lines of `--json`,
 * the counts of the summary.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { ControllerEvent, FrameEvent, SensorEvent } from "../flight/flight_events/mod.ts";
import type { EstimatorEvent } from "../navigation/state_estimator/mod.ts";
import type { CompanionEvent } from "./companion.ts";
import type { FrameLine } from "./json_lines.ts";
import type { FrameOutcome } from "./navigator.ts";

/** Something went wrong with one frame or sensor sample, or with the estimator; the flight goes on. */
export interface FlightFault {
  /** `estimator`: it has failed, and no estimate follows in this flight. */
  readonly source: "frame" | "sensor" | "estimator";
  /** When the loop met it, canonical clock. */
  readonly timeNs: MonotonicNs;
  /** Of the frame, where it is one. */
  readonly sequence: number | null;
  readonly error: unknown;
}

export interface FlightEnding {
  /** The sources ended by themselves: no signal and no fault stopped the flight. */
  readonly completed: boolean;
}

/**
 * One output of the flight loop. Whatever it throws is counted and reported, and stops neither the
 * flight nor another output. The loop waits for what it returns.
 */
export interface FlightOutput {
  /** For messages: "flight record". */
  readonly name: string;
  /** Before the estimator gets it. */
  onSensor?(event: SensorEvent): void;
  /** What a live controller told beside its measurements, before it takes effect. */
  onControllerEvent?(event: Exclude<ControllerEvent, SensorEvent>): void;
  /** A frame has arrived, before it is processed. */
  onFrame?(event: FrameEvent): void;
  onEstimatorEvents?(events: readonly EstimatorEvent[]): void;
  onCompanionEvents?(events: readonly CompanionEvent[]): void;
  /** A frame has been processed; `line` is its outcome in WGS84. */
  onOutcome?(event: FrameEvent, outcome: FrameOutcome, line: FrameLine): void | Promise<void>;
  /** There was no estimate at the frame's exposure: it was not processed. */
  onSkipped?(event: FrameEvent): void;
  onFault?(fault: FlightFault): void;
  /** The flight is over, for whatever reason. Called once, on the last output first. */
  end?(ending: FlightEnding): void | Promise<void>;
}

type Call = (output: FlightOutput) => void | Promise<void>;

/** The outputs of a flight, each kept apart from the others' faults. */
export class FlightOutputs {
  readonly #outputs: readonly FlightOutput[];
  readonly #report: (output: string, error: unknown) => void;
  readonly #faults = new Map<string, number>();

  /** `report` hears of the first fault of each output. */
  constructor(
    outputs: readonly FlightOutput[],
    report: (output: string, error: unknown) => void,
  ) {
    this.#outputs = outputs;
    this.#report = report;
  }

  /** Calls that failed, by the output's name; only of outputs that had any. */
  faults(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#faults);
  }

  /** For calls that return no promise. */
  each(call: (output: FlightOutput) => void): void {
    for (const output of this.#outputs) {
      try {
        call(output);
      } catch (error) {
        this.#failed(output, error);
      }
    }
  }

  /** One output after the other. */
  async eachInTurn(call: Call): Promise<void> {
    for (const output of this.#outputs) await this.#await(output, call);
  }

  async end(ending: FlightEnding): Promise<void> {
    for (const output of this.#outputs.toReversed()) {
      await this.#await(output, (one) => one.end?.(ending));
    }
  }

  async #await(output: FlightOutput, call: Call): Promise<void> {
    try {
      await call(output);
    } catch (error) {
      this.#failed(output, error);
    }
  }

  #failed({ name }: FlightOutput, error: unknown): void {
    const count = (this.#faults.get(name) ?? 0) + 1;
    this.#faults.set(name, count);
    if (count === 1) this.#report(name, error);
  }
}
