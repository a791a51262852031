/**
 * The gate before every upload: the aircraft must be known to be on the ground.
 *
 * @module
 */
import { type Logger, messageOf } from "../../../../core/mod.ts";
import type { FlightStateSignal, FlightStateSource } from "../contract.ts";
import { FlightStateNotOnGroundError } from "../errors.ts";

interface FlightStateGateParts {
  readonly source: FlightStateSource;
  readonly logger: Logger;
}

export class FlightStateGate {
  readonly #parts: FlightStateGateParts;

  constructor(parts: FlightStateGateParts) {
    this.#parts = parts;
  }

  /**
   * Reads its source once: no polling, no retry.
   *
   * @throws FlightStateNotOnGroundError for every other state, and for a source that throws.
   */
  confirmOnGround(): FlightStateSignal {
    const { source, logger } = this.#parts;
    let signal: FlightStateSignal;
    let cause: unknown;
    try {
      signal = source.flightState();
    } catch (error) {
      cause = error;
      const reason = messageOf(error);
      signal = { state: "UNKNOWN", source: source.name, observedAt: null, reason };
    }
    const fields = { state: signal.state, source: signal.source };
    if (signal.state === "ON_GROUND") {
      logger.info("c11.gate.pass", fields, "the aircraft is on the ground");
      return signal;
    }
    const why = signal.reason === undefined ? "" : ` (${signal.reason})`;
    const refusal = new FlightStateNotOnGroundError(
      signal.state,
      `Cannot upload: the flight state is ${signal.state} according to the ${signal.source}${why}, not ON_GROUND; ` +
        "land first, or supply the recorder files of a flight that ended with a footer",
      cause === undefined ? {} : { cause },
    );
    logger.error("c11.gate.refused", fields, refusal.message, cause);
    throw refusal;
  }
}
