/**
 * What a live flight records beside what every flight does: the positions as they were sent, the
 * link, the crew's hints.
 *
 * @module
 */
import { type Clock, horizontalCovarianceM2 } from "../../core/mod.ts";
import type { ControllerEvent, HintEvent } from "../../flight/flight_events/mod.ts";
import type { PositionQuality } from "../../flight/flight_controller/mod.ts";
import type { FdrSink } from "../../flight/flight_recorder/mod.ts";
import type { FlightOutput } from "../flight_output.ts";
import type { SentPosition } from "./position_sender.ts";

interface LiveRecordsOptions {
  readonly sink: FdrSink;
  readonly clock: Clock;
  /** Strategy of the flight controller, and where it is. */
  readonly adapter: string;
  readonly endpoint: string;
}

/** As receivers count: before the first fix 1, never 0. */
const FIX_TYPES: Readonly<Record<PositionQuality, number>> = { none: 1, "2d": 2, "3d": 3 };

export class LiveRecords implements FlightOutput {
  readonly name = "live records";
  readonly #options: LiveRecordsOptions;
  #flightState = "unknown";

  constructor(options: LiveRecordsOptions) {
    this.#options = options;
    this.#link("opened", "");
  }

  positionSent({ output, estimate, nowNs }: SentPosition): void {
    // Before the first estimate there is no place to record.
    if (estimate === null || output.position === null) return;
    const { latitudeDeg, longitudeDeg, heightM } = output.position;
    this.#options.sink.enqueue({
      kind: "c8.position_out",
      timestampNs: nowNs,
      payload: {
        message: this.#options.adapter,
        validNs: output.timeNs,
        latitudeDeg,
        longitudeDeg,
        heightM,
        covarianceEnM2: horizontalCovarianceM2(estimate.covariance),
        sigmaUpM: Math.sqrt(estimate.covariance[2 * 6 + 2]),
        velocityEnuMps: output.velocityEnuMps,
        fixType: FIX_TYPES[output.quality],
        horizontalAccuracyM: output.sigmaHorizontalM,
        verticalAccuracyM: output.sigmaVerticalM,
        speedAccuracyMps: output.sigmaSpeedMps,
        label: estimate.label,
        ageMs: (nowNs - output.measuredNs) / 1e6,
      },
    });
  }

  onControllerEvent(event: ControllerEvent): void {
    if (event.kind === "link") this.#link(event.up ? "up" : "lost", event.text);
    else if (event.kind === "flight_state") {
      this.#flightState = event.state;
      this.#link("up", `flight state ${event.state}`);
    } else if (event.kind === "hint") this.#hint(event);
  }

  end(): void {
    this.#link("closed", "");
  }

  #link(state: "opened" | "up" | "lost" | "closed", reason: string): void {
    const { sink, clock, adapter, endpoint } = this.#options;
    sink.enqueue({
      kind: "c8.link",
      timestampNs: clock.now(),
      payload: { state, adapter, endpoint, reason, flightState: this.#flightState },
    });
  }

  #hint({ latitudeDeg, longitudeDeg, radiusM }: HintEvent): void {
    const { sink, clock } = this.#options;
    sink.enqueue({
      kind: "c9.reloc_hint",
      timestampNs: clock.now(),
      payload: {
        accepted: true,
        reason: "",
        text: `RELOC:${latitudeDeg},${longitudeDeg},${radiusM}`,
        latitudeDeg,
        longitudeDeg,
        sigmaHorizontalM: radiusM / 2,
      },
    });
  }
}
