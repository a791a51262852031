/**
 * Makes the recorder, starts it and opens a flight: the first three steps of the take-off sequence. An
 * aircraft never arms its output without a running recorder, so the flight controller's adapter is
 * made after this, and not at all when it throws.
 *
 * @module
 */
import { FdrOpenError } from "./errors.ts";
import {
  FlightRecorder,
  type FlightRecorderOptions,
  type FlightStart,
  type OpenedFlight,
} from "./flight_recorder.ts";

interface StartRecorderOptions extends FlightRecorderOptions {
  readonly flight: FlightStart;
  /** Takes one line without its end. */
  readonly stderr: (line: string) => void;
}

/**
 * @throws FdrOpenError (exit code 2) after an ERROR log and a line on stderr, with the writer stopped.
 */
export async function startFlightRecorder(
  options: StartRecorderOptions,
): Promise<{ readonly recorder: FlightRecorder; readonly flight: OpenedFlight }> {
  const recorder = new FlightRecorder(options);
  try {
    await recorder.start();
    const flight = await recorder.openFlight(options.flight);
    return { recorder, flight };
  } catch (error) {
    const fault = error instanceof FdrOpenError
      ? error
      : new FdrOpenError(options.flightRoot, error);
    const { flightRoot } = options;
    options.logger?.child("flight_recorder")
      .error("c13.open_failed", { flightRoot }, fault.message, fault);
    await recorder.stop();
    options.stderr(`FATAL: ${fault.message}`);
    throw fault;
  }
}
