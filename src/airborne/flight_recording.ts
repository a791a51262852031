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
import type { Note } from "./notes.ts";
import {
  createLogBridge,
  type FdrClient,
  type FdrConfig,
  type FdrPayload,
  type FdrSink,
  type FlightRecorder,
  NonThrowingSink,
  startFlightRecorder,
} from "../flight/flight_recorder/mod.ts";

/** A flight's record after its end. */
export interface RecordedFlightSummary {
  /** Folder of the flight's segments. */
  readonly folder: string;
  readonly records: number;
  /** Lost, for whatever reason; the record says which. null: not known, the writer has died. */
  readonly recordsLost: number | null;
  /** Footer and index are there, and nothing was lost to the disk. */
  readonly complete: boolean;
}

export interface FlightRecording extends AsyncDisposable {
  /** The same for the same producer. It never throws: what cannot be recorded is counted and logged. */
  sink(producerId: string): FdrSink;
  /** WARN and ERROR go into the record. */
  readonly logger: Logger;
  /** The picture of a tile that the flight made. The flight does not wait for the disk. */
  saveTile(tile: NewTile): void;
  /** Whether the writer has much of a ring still to write: of an aircraft that flies it never has. */
  isBehind(): boolean;
  /** Resolves when it has not any more, or has died. */
  caughtUp(): Promise<void>;
  /** Ends the record; null where there is none. Disposal ends it uncleanly. */
  close(cleanShutdown: boolean): Promise<RecordedFlightSummary | null>;
}

interface FlightRecordingOptions {
  /** Flights stand below it. */
  readonly flightRoot: string;
  readonly config: FdrConfig;
  readonly header: FdrPayload<"flight_header">;
  readonly clock: Clock;
  /** UUID; a new one where absent. */
  readonly flightId?: string;
  readonly note: Note;
}

type NewTile = Parameters<FlightRecorder["saveTile"]>[0];

/** Pictures that may wait for the disk; one more is not kept. */
const TILES_WAITING_MAX = 16;

/** Share of a ring that waits for the writer. */
const BEHIND_FILL = 0.5;
const PAUSE_MS = 2;
/** A writer that takes longer has died, or its disk has. */
const PATIENCE_MS = 10_000;

/** No recorder was asked for. */
export const NO_FLIGHT_RECORDING: FlightRecording = {
  sink: (producerId) => ({ producerId, enqueue: () => "ok" }),
  logger: silentLogger,
  saveTile: () => {},
  isBehind: () => false,
  caughtUp: () => Promise.resolve(),
  close: () => Promise.resolve(null),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** @throws FdrOpenError (exit code 2): without its recorder an aircraft does not fly */
export async function openFlightRecording(
  options: FlightRecordingOptions,
): Promise<FlightRecording> {
  const { flightRoot, config, header, clock, note } = options;
  const relay = new LogRelay("warn");
  const lines = { level: "warn" as const, now: () => clock.utc(clock.now()) };
  const logger = createLogger({
    ...lines,
    component: "airborne",
    // The lines go into the record alone; notes are for the terminal.
    sink: () => {},
    observer: relay,
  });
  const { recorder, flight } = await startFlightRecorder({
    flightRoot,
    config,
    // A recorder in trouble may be unable to record its own trouble.
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

class RecordedFlight implements FlightRecording {
  readonly logger: Logger;
  readonly #recorder: FlightRecorder;
  readonly #flight: { readonly flightId: string; readonly folder: string };
  readonly #sinks = new Map<string, NonThrowingSink>();
  readonly #clients: FdrClient[] = [];
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
    const client = this.#recorder.client(producerId);
    const sink = new NonThrowingSink({ sink: client, logger });
    this.#clients.push(client);
    this.#sinks.set(producerId, sink);
    return sink;
  }

  saveTile(tile: NewTile): void {
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

  isBehind(): boolean {
    for (const client of this.#clients) if (client.fill > BEHIND_FILL) return true;
    return false;
  }

  async caughtUp(): Promise<void> {
    const untilMs = performance.now() + PATIENCE_MS;
    while (this.isBehind() && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
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
      // The writer has died: `onAlert` reported it when it did.
      return { folder, records: 0, recordsLost: null, complete: false };
    } finally {
      await this.#recorder.stop();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endSinks();
    await this.#recorder.stop();
  }

  /** Logs what the sinks refused while the record is still open. @returns how many records that is */
  #endSinks(): number {
    let refused = 0;
    for (const sink of this.#sinks.values()) {
      sink.report();
      refused += sink.refused;
    }
    return refused;
  }
}
