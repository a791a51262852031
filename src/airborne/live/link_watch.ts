/**
 * Tells why the flight controller is not heard at the start: an address that is wrong, a port that
 * another program has, a line on which nobody speaks. That it is lost later the ground station is told.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { FlightControllerAdapter } from "../../flight/flight_controller/mod.ts";
import type { FlightOutput } from "../flight_output.ts";

/** A reason that goes by itself sooner is none for a person. */
const LASTS_NS = 2e9;
const LOOK_EVERY_NS = 0.5e9;

interface LinkWatchOptions {
  readonly adapter: Pick<FlightControllerAdapter, "health">;
  /** Address of the controller, for people. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly report: (text: string) => void;
}

export class LinkWatch implements FlightOutput {
  readonly name = "link watch";
  readonly #options: LinkWatchOptions;
  #lookedNs = -Infinity;
  #fault = "";
  #sinceNs = 0;
  #told = "";
  #heard = false;

  constructor(options: LinkWatchOptions) {
    this.#options = options;
  }

  /** The clock goes on where nothing arrives. */
  positionSent(): void {
    const { adapter, clock, endpoint, report } = this.#options;
    const nowNs = clock.now();
    if (this.#heard || nowNs - this.#lookedNs < LOOK_EVERY_NS) return;
    this.#lookedNs = nowNs;
    const { connected, fault } = adapter.health();
    if (connected) {
      this.#heard = true;
      if (this.#told !== "") report(`flight controller ${endpoint}: is heard now`);
      return;
    }
    if (fault !== this.#fault) {
      this.#fault = fault;
      this.#sinceNs = nowNs;
    }
    if (fault === this.#told || nowNs - this.#sinceNs < LASTS_NS) return;
    this.#told = fault;
    report(`flight controller ${endpoint}: ${fault}; it is tried again until it is heard`);
  }
}
