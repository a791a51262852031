/**
 * By which source the flight controller is asked to fly.
 *
 * By our positions from the moment that its GPS is demoted, and when GPS is lost (no sample was fused for
 * two seconds while our position is good, or none ever in ten). By its own GPS again once that has come through the
 * spoof-promotion gate, in which both agree within three sigma; where it was only lost, after ten seconds
 * of samples that were fused.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type {
  FlightControllerAdapter,
  PositionSource,
} from "../../flight/flight_controller/mod.ts";
import type { EstimatorEvent } from "../../navigation/state_estimator/mod.ts";
import type { FlightOutput } from "../flight_output.ts";
import type { SentPosition } from "./position_sender.ts";

const LOST_NS = 2e9;
const BACK_NS = 10e9;
/** Our position has been good for so long, and GPS never gave one. */
const NEVER_NS = 10e9;

interface SourceSwitchOptions {
  readonly adapter: Pick<FlightControllerAdapter, "selectSource">;
  readonly clock: Clock;
}

export class SourceSwitch implements FlightOutput {
  readonly name = "source switch";
  readonly #options: SourceSwitchOptions;
  #asked: PositionSource | null = null;
  #demoted = false;
  /** When a GPS sample was fused last, and since when they have been without a gap. */
  #fusedNs: number | null = null;
  #steadyNs = 0;
  /** Since when our position has been good. */
  #goodNs: number | null = null;

  constructor(options: SourceSwitchOptions) {
    this.#options = options;
  }

  get asked(): PositionSource | null {
    return this.#asked;
  }

  onEstimatorEvents(events: readonly EstimatorEvent[]): void {
    for (const event of events) {
      if (event.type === "gps.demoted") {
        this.#demoted = true;
        this.#ask("companion");
      } else if (event.type === "gps_bounded_delta.accept") {
        this.#demoted = false;
        this.#ask("controller_gps");
      } else if (event.type === "measurement" && event.outcome.source === "gps") {
        if (event.outcome.fused) this.#fused();
      }
    }
  }

  positionSent({ output }: SentPosition): void {
    const nowNs = this.#options.clock.now();
    if (output.quality !== "3d") this.#goodNs = null;
    else this.#goodNs ??= nowNs;
    if (this.#goodNs === null) return;
    const isLost = this.#fusedNs === null
      ? nowNs - this.#goodNs > NEVER_NS
      : nowNs - this.#fusedNs > LOST_NS;
    if (isLost) this.#ask("companion");
  }

  #fused(): void {
    const nowNs = this.#options.clock.now();
    if (this.#fusedNs === null || nowNs - this.#fusedNs > LOST_NS) this.#steadyNs = nowNs;
    this.#fusedNs = nowNs;
    const isBack = this.#asked === "companion" && !this.#demoted;
    if (isBack && nowNs - this.#steadyNs > BACK_NS) this.#ask("controller_gps");
  }

  #ask(source: PositionSource): void {
    if (this.#asked === source) return;
    this.#asked = source;
    this.#options.adapter.selectSource(source);
  }
}
