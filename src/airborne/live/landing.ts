/**
 * The flight is over when the aircraft has stood on the ground, disarmed, for some seconds after it flew.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { ControllerEvent, FlightState } from "../../flight/flight_events/mod.ts";
import type { Note } from "../notes.ts";
import type { FlightOutput } from "../flight_output.ts";

interface LandingOptions {
  readonly clock: Clock;
  readonly landedAfterS: number;
  readonly note: Note;
  readonly onLanded: () => void;
}

export class Landing implements FlightOutput {
  readonly name = "landing";
  readonly #options: LandingOptions;
  #hasFlown = false;
  #groundNs: number | null = null;

  constructor(options: LandingOptions) {
    this.#options = options;
  }

  onControllerEvent(event: ControllerEvent): void {
    if (event.kind === "flight_state") this.#state(event.state);
  }

  /** The clock goes on where nothing arrives. */
  positionSent(): void {
    const { clock, landedAfterS, note, onLanded } = this.#options;
    if (!this.#hasFlown || this.#groundNs === null) return;
    if (clock.now() - this.#groundNs < landedAfterS * 1e9) return;
    this.#hasFlown = false;
    note("landed: the flight ends");
    onLanded();
  }

  #state(state: FlightState): void {
    if (state === "in_flight") this.#hasFlown = true;
    if (state !== "on_ground") this.#groundNs = null;
    else this.#groundNs ??= this.#options.clock.now();
  }
}
