/**
 * A flight that needs no machine's time: it is over already, or is only simulated.
 *
 * @module
 */
import type { ControllerEvent, FrameEvent } from "../../flight_events/mod.ts";

export interface FlownFlight {
  /** As `health()` tells it. */
  readonly firmware: string;
  /** In order of `receivedNs`, which never goes back; to be iterated once. */
  events(): AsyncIterable<ControllerEvent | FrameEvent>;
}
