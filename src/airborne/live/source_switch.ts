/**
 * By which source the flight controller is asked to fly: by our positions from the moment that GPS is
 * demoted, by its own GPS again once that has come through the spoof-promotion gate (both agree within
 * three sigma then).
 *
 * @module
 */
import type {
  FlightControllerAdapter,
  PositionSource,
} from "../../flight/flight_controller/mod.ts";
import type { EstimatorEvent } from "../../navigation/state_estimator/mod.ts";
import type { FlightOutput } from "../flight_output.ts";

export class SourceSwitch implements FlightOutput {
  readonly name = "source switch";
  readonly #adapter: Pick<FlightControllerAdapter, "selectSource">;
  #asked: PositionSource | null = null;

  constructor(adapter: Pick<FlightControllerAdapter, "selectSource">) {
    this.#adapter = adapter;
  }

  get asked(): PositionSource | null {
    return this.#asked;
  }

  onEstimatorEvents(events: readonly EstimatorEvent[]): void {
    for (const { type } of events) {
      if (type === "gps.demoted") this.#ask("companion");
      else if (type === "gps_bounded_delta.accept") this.#ask("controller_gps");
    }
  }

  #ask(source: PositionSource): void {
    if (this.#asked === source) return;
    this.#asked = source;
    this.#adapter.selectSource(source);
  }
}
