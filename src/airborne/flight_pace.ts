/**
 * A flight that is flown again goes as fast as the machine can, but not faster than its record is written.
 *
 * @module
 */
import type { FlightSource } from "./flight_loop.ts";
import type { FlightRecording } from "./flight_recording.ts";

/** The same source: its next event waits until the recorder has caught up. */
export function atRecordersPace(
  source: FlightSource,
  recording: Pick<FlightRecording, "isBehind" | "caughtUp">,
): FlightSource {
  return async function* (signal) {
    for await (const event of source(signal)) {
      yield event;
      if (recording.isBehind()) await recording.caughtUp();
    }
  };
}
