/**
 * The operator's own record, below the data folder: what commands did to the tile cache or
 * uploaded. Each command is recorded as a flight of its own.
 *
 * @module
 */
import { type SystemClock, VERSION } from "../core/mod.ts";
import { FdrConfigSchema, FlightRecorder } from "../flight/flight_recorder/mod.ts";

interface OperatorRecord {
  readonly dataDirectory: string;
  /** The command: "tiles upload". */
  readonly name: string;
  readonly clock: SystemClock;
  readonly note: (line: string) => void;
}

export async function openRecorder(
  { dataDirectory, name, clock, note }: OperatorRecord,
): Promise<FlightRecorder> {
  const recorder = new FlightRecorder({
    flightRoot: `${dataDirectory}/recorder`,
    config: FdrConfigSchema.parse({ queueSize: 1024 }),
    onAlert: ({ message }) => note(message),
  });
  await recorder.start();
  const startUtc = clock.utc(clock.now()).toISOString();
  const header = { name, software: `operator ${VERSION}`, startUtc, strategies: {} };
  const { flightId } = await recorder.openFlight({ header, clock });
  return Object.assign(recorder, {
    async [Symbol.asyncDispose]() {
      await recorder.closeFlight({ flightId, cleanShutdown: true }).catch(() => {});
      await recorder.stop();
    },
  });
}
