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
  NonThrowingSink,
  startFlightRecorder,
} from "../flight/flight_recorder/mod.ts";

/** What the flight's record came to. */
export interface RecordedFlightSummary {
  /** Folder of the flight's segments. */
  readonly folder: string;
  readonly records: number;
  /** Lost, for whatever reason; each loss is told in the record itself. null: nobody knows. */
  readonly recordsLost: number | null;
  /** Footer and index are there, and nothing was lost to the disk. */
  readonly complete: boolean;
}

export interface FlightLog extends AsyncDisposable {
  /** The same for the same producer. It never throws: what cannot be recorded is told and counted. */
  sink(producerId: string): FdrSink;
  /** WARN and ERROR go into the record. */
  readonly logger: Logger;
  /** The picture of a tile that the flight made. The flight does not wait for the disk. */
  saveTile(tile: NewTile): void;
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

type NewTile = Parameters<FlightRecorder["saveTile"]>[0];

/** Pictures on their way to the disk; one more is not kept. */
const TILES_WAITING_MAX = 16;

/** No recorder was asked for. */
export const NO_FLIGHT_LOG: FlightLog = {
  sink: (producerId) => ({ producerId, enqueue: () => "ok" }),
  logger: silentLogger,
  saveTile: () => {},
  close: () => Promise.resolve(null),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** @throws FdrOpenError (exit code 2): who has no recorder does not fly. */
export async function openFlightLog(options: FlightLogOptions): Promise<FlightLog> {
  const { flightRoot, config, header, clock } = options;
  const note = steadily(options.note);
  const relay = new LogRelay("warn");
  const lines = { level: "warn" as const, now: () => clock.utc(clock.now()) };
  const logger = createLogger({
    ...lines,
    component: "airborne",
    // People are told by notes; the lines are for the record.
    sink: () => {},
    observer: relay,
  });
  const { recorder, flight } = await startFlightRecorder({
    flightRoot,
    config,
    // What the recorder says of itself cannot stand in the record alone.
    logger: createLogger({ ...lines, component: "airborne", sink: note }),
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
  return new RecordedFlight(recorder, flight, logger);
}

/** A terminal that is full or gone costs the line, never the flight. */
function steadily(note: (line: string) => void): (line: string) => void {
  return (line) => {
    try {
      note(line);
    } catch {
      // Nobody is left who could be told.
    }
  };
}

class RecordedFlight implements FlightLog {
  readonly logger: Logger;
  readonly #recorder: FlightRecorder;
  readonly #flight: { readonly flightId: string; readonly folder: string };
  readonly #sinks = new Map<string, NonThrowingSink>();
  #tilesWaiting = 0;

  constructor(
    recorder: FlightRecorder,
    flight: { readonly flightId: string; readonly folder: string },
    logger: Logger,
  ) {
    this.#recorder = recorder;
    this.#flight = flight;
    this.logger = logger;
  }

  sink(producerId: string): FdrSink {
    const known = this.#sinks.get(producerId);
    if (known !== undefined) return known;
    const logger = this.logger.child(producerId);
    const sink = new NonThrowingSink({ sink: this.#recorder.client(producerId), logger });
    this.#sinks.set(producerId, sink);
    return sink;
  }

  saveTile(tile: NewTile): void {
    // A picture that is not kept costs the picture, never the flight.
    const notKept = (reason: string) =>
      this.logger.warn("c13.tile_not_kept", { tileId: tile.tileId }, reason);
    if (this.#tilesWaiting >= TILES_WAITING_MAX) {
      return notKept(`${this.#tilesWaiting} others still wait for the disk`);
    }
    this.#tilesWaiting++;
    this.#recorder.saveTile(tile)
      .catch((error) => notKept(messageOf(error)))
      .finally(() => this.#tilesWaiting--);
  }

  async close(cleanShutdown: boolean): Promise<RecordedFlightSummary> {
    const { folder, flightId } = this.#flight;
    const refused = this.#endSinks();
    try {
      const { counters, complete } = await this.#recorder.closeFlight({ flightId, cleanShutdown });
      return {
        folder,
        records: counters.recordsWritten,
        recordsLost: refused + counters.recordsDroppedOverrun + counters.recordsDroppedDisk +
          counters.recordsDroppedPolicy + counters.recordsDroppedInvalid,
        complete: complete && counters.recordsDroppedDisk === 0,
      };
    } catch {
      // The writer has died: the crew was alerted when it did.
      return { folder, records: 0, recordsLost: null, complete: false };
    } finally {
      await this.#recorder.stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endSinks();
    await this.#recorder.stop();
  }

  /** Tells what they refused while there is a record to tell it in; how many records that is. */
  #endSinks(): number {
    let refused = 0;
    for (const sink of this.#sinks.values()) {
      sink.report();
      refused += sink.refused;
    }
    return refused;
  }
}
