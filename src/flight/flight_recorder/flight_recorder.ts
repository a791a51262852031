/**
 * The flight recorder (C13) as used by the program that owns it.
 *
 * @module
 */
import { type Clock, FolderLock, type Logger, messageOf, silentLogger } from "../../core/mod.ts";
import { type FdrClient, type FdrClientHost, makeFdrClient } from "./client.ts";
import type { FdrConfig } from "./config.ts";
import type { FdrAlert, FlightCounters } from "./contract.ts";
import {
  FdrFlightMismatchError,
  FdrFlightStateError,
  FdrOpenError,
  FdrTileError,
  FdrWriterDiedError,
} from "./errors.ts";
import type { ClosedFlight } from "./flight_writer.ts";
import { FDR_KINDS, type FdrPayload, FdrRecordSchema } from "./registry.ts";
import type { SavedTile } from "./tile_snapshots.ts";
import type { NewTile, WriterMessage } from "./writer_protocol.ts";
import { WriterFaultError, WriterThread } from "./writer_thread.ts";

export interface FlightRecorderOptions {
  /** Flights are stored below: `<flightRoot>/<flightId>/segment_0000.mcap`. */
  readonly flightRoot: string;
  readonly config: FdrConfig;
  readonly logger?: Logger;
  /** Alerts for the crew: once for each flight and reason. */
  readonly onAlert?: (alert: FdrAlert) => void;
  /** Replaces the writer's module, in tests. */
  readonly writerModule?: URL;
}

export interface FlightStart {
  /** UUID; a new one when absent. */
  readonly flightId?: string;
  readonly header: FdrPayload<"flight_header">;
  /** The clock of the flight's records: the system's, or that of a replay. */
  readonly clock: Clock;
}

interface FlightEnd {
  readonly flightId: string;
  readonly cleanShutdown: boolean;
  /** Copied to the footer unchanged. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface OpenedFlight {
  readonly flightId: string;
  readonly folder: string;
}

/** Lock file in the flight root. */
const LOCK_NAME = "recorder.lock";
/** A writer that does not answer in this time is terminated. */
const STOP_PATIENCE_MS = 5_000;

type State =
  | { readonly name: "made" }
  | {
    readonly name: "started";
    readonly thread: WriterThread;
    readonly lock: FolderLock;
    readonly flight: { readonly flightId: string; readonly clock: Clock } | "opening" | null;
  }
  | { readonly name: "stopped" };

/**
 * Owns the writer's thread and the lock on the flight root; call `stop()` at the end. Records go
 * through the sinks of `client()`, on any thread and at any time: records made before a flight is
 * open wait in their ring.
 */
export class FlightRecorder implements AsyncDisposable {
  readonly #options: FlightRecorderOptions;
  readonly #logger: Logger;
  readonly #host: FdrClientHost;
  readonly #rings: SharedArrayBuffer[] = [];
  #state: State = { name: "made" };

  /** The constructor does no I/O. */
  constructor(options: FlightRecorderOptions) {
    this.#options = options;
    this.#logger = (options.logger ?? silentLogger).child("flight_recorder");
    this.#host = {
      overrun: ({ message, ...fields }) => this.#logger.error("c13.overrun", fields, message),
      registerRing: (ring) => this.#registerRing(ring),
    };
  }

  /** @throws FdrOpenError when the flight root cannot be used, or another writer has it. */
  async start(): Promise<void> {
    if (this.#state.name !== "made") {
      throw new FdrFlightStateError("start the flight recorder", `it is ${this.#state.name}`);
    }
    const { flightRoot, config } = this.#options;
    using owned = new DisposableStack();
    try {
      await Deno.mkdir(flightRoot, { recursive: true });
      const lock = owned.use(await FolderLock.alone(`${flightRoot}/${LOCK_NAME}`));
      const thread = new WriterThread({
        message: (message) => this.#hear(message),
        died: (reason) => this.#died(reason),
      }, this.#options.writerModule);
      owned.defer(() => thread.terminate());
      await thread.loaded();
      await thread.call("start", { flightRoot, config });
      for (const ring of this.#rings) await thread.call("register", { ring });
      this.#state = { name: "started", thread, lock, flight: null };
      owned.move();
    } catch (error) {
      this.#state = { name: "stopped" };
      throw new FdrOpenError(flightRoot, error);
    }
  }

  /**
   * Begins a flight.
   *
   * @throws FdrOpenError when its folder, its header or its first segment cannot be made.
   * @throws FdrFlightStateError when a flight is open, or the recorder does not run.
   */
  async openFlight(start: FlightStart): Promise<OpenedFlight> {
    const flightId = start.flightId ?? crypto.randomUUID();
    const state = this.#started(`open flight ${flightId}`);
    if (state.flight !== null) {
      const open = state.flight === "opening"
        ? "another flight"
        : `flight ${state.flight.flightId}`;
      throw new FdrFlightStateError(`open flight ${flightId}`, `${open} is open`);
    }
    const { clock } = start;
    this.#state = { ...state, flight: "opening" };
    let flight: { readonly flightId: string; readonly clock: Clock } | null = null;
    try {
      const folder = await state.thread.call("openFlight", {
        flightId: checkedFlightId(flightId),
        header: FDR_KINDS.flight_header.parse(start.header),
        timestampNs: clock.now(),
        utcOfZeroMs: clock.utc(0 as ReturnType<Clock["now"]>).getTime(),
      });
      flight = { flightId, clock };
      this.#log("info", "c13.flight_opened", { flightId, folder }, "flight opened");
      return { flightId, folder };
    } catch (error) {
      throw new FdrOpenError(this.#options.flightRoot, error);
    } finally {
      if (this.#state.name === "started") this.#state = { ...this.#state, flight };
    }
  }

  /**
   * Ends the flight when everything recorded until now is on the disk.
   *
   * @throws FdrFlightStateError when none is open, FdrFlightMismatchError for another one.
   * @throws FdrWriterDiedError when the writer has ended.
   */
  async closeFlight(end: FlightEnd): Promise<ClosedFlight> {
    const action = `close flight ${end.flightId}`;
    const state = this.#started(action);
    const { flight } = state;
    if (flight === null || flight === "opening") {
      throw new FdrFlightStateError(action, "no flight is open");
    }
    if (flight.flightId !== end.flightId) {
      throw new FdrFlightMismatchError(flight.flightId, end.flightId);
    }
    this.#state = { ...state, flight: null };
    return await state.thread.call("closeFlight", { ...end, timestampNs: flight.clock.now() });
  }

  /**
   * The client of a producer on this thread; the same object each time. For a producer on another
   * thread, send its `ring` for `attachFdrClient`; from then on only that thread may enqueue.
   *
   * @throws FdrProducerIdError | FdrRingGeometryError
   */
  client(producerId: string): FdrClient {
    return makeFdrClient(producerId, this.#options.config, this.#host);
  }

  /**
   * Stores the picture of a tile that the flight made, and a record that refers to it.
   *
   * @throws FdrTileError for an id that is not a file name, bytes that are not a JPEG, or a full
   * disk.
   */
  async saveTile(tile: NewTile): Promise<SavedTile> {
    const action = `keep the picture of tile ${tile.tileId}`;
    const { thread, flight } = this.#started(action);
    if (flight === null || flight === "opening") {
      throw new FdrFlightStateError(action, "no flight is open");
    }
    try {
      return await thread.call("saveTile", { tile, timestampNs: flight.clock.now() });
    } catch (error) {
      if (!(error instanceof WriterFaultError)) throw error;
      throw new FdrTileError(tile.tileId, messageOf(error), { cause: error });
    }
  }

  /** Counters of the open flight, of records whose outcome is final. */
  async counters(): Promise<FlightCounters> {
    return await this.#started("count records").thread.call("counters", null);
  }

  /**
   * Ends an open flight (as not clean), the writer and the lock. Never throws; a second call does
   * nothing.
   */
  async stop(): Promise<void> {
    const state = this.#state;
    this.#state = { name: "stopped" };
    if (state.name !== "started") return;
    const { thread, lock, flight } = state;
    try {
      if (flight !== null && flight !== "opening") {
        const { flightId, clock } = flight;
        const timestampNs = clock.now();
        await patiently(
          thread.call("closeFlight", { flightId, cleanShutdown: false, timestampNs }),
        );
      }
      await patiently(thread.call("stop", null));
    } catch (error) {
      this.#log("error", "c13.stop", {}, `the writer did not end well: ${messageOf(error)}`);
    } finally {
      thread.terminate();
      lock[Symbol.dispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #registerRing(ring: SharedArrayBuffer): void {
    this.#rings.push(ring);
    if (this.#state.name !== "started") return;
    // The end of the thread is reported through `onAlert`.
    this.#state.thread.call("register", { ring }).catch((error) => {
      if (error instanceof FdrWriterDiedError) return;
      const message = `a producer is not recorded: ${messageOf(error)}`;
      this.#log("error", "c13.not_registered", {}, message);
    });
  }

  #started(action: string): Extract<State, { name: "started" }> {
    if (this.#state.name !== "started") {
      throw new FdrFlightStateError(action, `the flight recorder is ${this.#state.name}`);
    }
    return this.#state;
  }

  #hear(message: Extract<WriterMessage, { type: "alert" | "log" }>): void {
    if (message.type === "alert") this.#alert(message.alert);
    else this.#log(message.level, message.kind, message.fields, message.message);
  }

  /** A terminal that is full or closed must not end the flight. */
  #alert(alert: FdrAlert): void {
    try {
      this.#options.onAlert?.(alert);
    } catch (error) {
      const message = `an alert did not reach the crew: ${messageOf(error)}`;
      this.#log("error", "c13.alert_failed", { reason: alert.reason }, message);
    }
  }

  #log(
    level: "debug" | "info" | "warn" | "error",
    kind: string,
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void {
    try {
      this.#logger[level](kind, fields, message);
    } catch {
      // There is nothing left to report it to.
    }
  }

  #died(reason: string): void {
    if (this.#state.name !== "started") return;
    const { message } = new FdrWriterDiedError("record", reason);
    this.#log("error", "c13.writer_died", {}, message);
    this.#alert({ reason: "writer_died", message });
  }
}

/** The id names a folder and is in every record, so readers must accept it unchanged. */
function checkedFlightId(flightId: string): string {
  const isUuid = FdrRecordSchema.shape.flightId.safeParse(flightId).success;
  if (!isUuid || flightId !== flightId.toLowerCase()) {
    throw new TypeError(`a flight's id is a UUID in lower case, got "${flightId}"`);
  }
  return flightId;
}

async function patiently<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("it does not answer")), STOP_PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
