/**
 * Where a flight's records go: a sink for each component of the flight recorder, or nowhere.
 *
 * @module
 */
import {
  type Clock,
  createLogger,
  type Logger,
  LogRelay,
  messageOf,
  silentLogger,
} from "../core/mod.ts";
import {
  createLogBridge,
  type FdrConfig,
  type FdrPayload,
  type FdrSink,
  type FlightRecorder,
  startFlightRecorder,
} from "../flight_recorder/mod.ts";

/** What the flight's record came to. */
export interface RecordedFlightSummary {
  /** Folder of the flight's segments. */
  readonly folder: string;
  readonly records: number;
  /** Lost, for whatever reason; each loss is counted in the record itself. */
  readonly recordsLost: number;
  /** Footer and index are there, and nothing was lost to the disk. */
  readonly complete: boolean;
}

export interface FlightLog extends AsyncDisposable {
  /** The same for the same producer. */
  sink(producerId: string): FdrSink;
  /** WARN and ERROR go into the record. */
  readonly logger: Logger;
  /** The picture of a tile that the flight made. */
  saveTile(tile: Parameters<FlightRecorder["saveTile"]>[0]): Promise<void>;
  /** Ends the record; null where there is none. Disposal ends it uncleanly. */
  close(cleanShutdown: boolean): Promise<RecordedFlightSummary | null>;
}

export interface FlightLogOptions {
  /** Flights stand below it. */
  readonly flightRoot: string;
  readonly config: FdrConfig;
  readonly header: FdrPayload<"flight_header">;
  readonly clock: Clock;
  /** UUID; a new one where absent. */
  readonly flightId?: string;
  /** Takes one line for the crew. */
  readonly note: (line: string) => void;
}

/** No recorder was asked for. */
export const NO_FLIGHT_LOG: FlightLog = {
  sink: (producerId) => ({ producerId, enqueue: () => "ok" }),
  logger: silentLogger,
  saveTile: () => Promise.resolve(),
  close: () => Promise.resolve(null),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** @throws FdrOpenError (exit code 2): who has no recorder does not fly. */
export async function openFlightLog(options: FlightLogOptions): Promise<FlightLog> {
  const { flightRoot, config, header, clock, note } = options;
  const relay = new LogRelay("warn");
  const logger = createLogger({
    component: "airborne",
    level: "warn",
    // People are told by notes; the lines are for the record.
    sink: () => {},
    now: () => clock.utc(clock.now()),
    observer: relay,
  });
  const { recorder, flight } = await startFlightRecorder({
    flightRoot,
    config,
    logger,
    onAlert: ({ message }) => note(message),
    stderr: note,
    flight: { header, clock, ...(options.flightId ? { flightId: options.flightId } : {}) },
  });
  relay.target = createLogBridge({
    sink: recorder.client("log"),
    clock,
    diagnostics: note,
    slotBytes: config.slotBytes,
  });
  return {
    sink: (producerId) => recorder.client(producerId),
    logger,
    async saveTile(tile) {
      try {
        await recorder.saveTile(tile);
      } catch (error) {
        // A picture that is not kept costs the picture, never the flight.
        logger.warn("c13.tile_not_kept", { tileId: tile.tileId }, messageOf(error));
      }
    },
    close: (cleanShutdown) => close(recorder, flight, cleanShutdown),
    [Symbol.asyncDispose]: () => recorder.stop(),
  };
}

async function close(
  recorder: FlightRecorder,
  flight: { readonly flightId: string; readonly folder: string },
  cleanShutdown: boolean,
): Promise<RecordedFlightSummary> {
  const { folder, flightId } = flight;
  try {
    const { counters, complete } = await recorder.closeFlight({ flightId, cleanShutdown });
    return {
      folder,
      records: counters.recordsWritten,
      recordsLost: counters.recordsDroppedOverrun + counters.recordsDroppedDisk +
        counters.recordsDroppedPolicy,
      complete: complete && counters.recordsDroppedDisk === 0,
    };
  } catch {
    // The writer has died: the crew was alerted when it did.
    return { folder, records: 0, recordsLost: 0, complete: false };
  } finally {
    await recorder.stop();
  }
}
