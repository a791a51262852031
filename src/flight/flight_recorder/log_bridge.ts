/**
 * Copies log lines into the recorder: WARN and ERROR as records of kind `log`, never DEBUG and
 * INFO.
 *
 * @module
 */
import {
  type Clock,
  createLogger,
  type LogObserver,
  type LogRecord,
  messageOf,
  plainFields,
} from "../../core/mod.ts";
import type { FdrSink } from "./contract.ts";
import { FdrRecordTooLargeError } from "./errors.ts";
import { fitLog, type LogPayload } from "./log_fit.ts";

interface LogBridgeOptions {
  /** A sink of its own: a ring has one producer, and log lines must not evict flight data. */
  readonly sink: FdrSink;
  readonly clock: Clock;
  /** Receives one line, without its end, when the bridge itself fails: stderr. */
  readonly diagnostics: (line: string) => void;
  /** Largest record that the sink accepts; `fdr.slotBytes`. */
  readonly slotBytes?: number;
}

interface LogBridgeCounts {
  /** Lines that became records. */
  readonly forwarded: number;
  /** Of these, how many put older ones out of a full ring. */
  readonly droppedOldest: number;
  /** Lines of the recorder and of the bridge itself, which are not recorded. */
  readonly own: number;
  /** Lines that the sink refused. */
  readonly refused: number;
}

export interface LogBridge extends LogObserver {
  counts(): LogBridgeCounts;
}

/** Never throws and never waits, because a logger calls it in the middle of a flight. */
export function createLogBridge(options: LogBridgeOptions): LogBridge {
  return new Bridge(options);
}

const OWN_COMPONENT = "flight_recorder";
const DROPS_PER_DIAGNOSTIC = 1000;
const SLOT_BYTES = 4096;
/** Bytes around the payload in a slot. */
const ENVELOPE_BYTES = 64;
/**
 * A line that does not fit is tried again with a part of the space; finally only a short note is
 * recorded.
 */
const ROOMS = [1, 0.5, 0.25];

class Bridge implements LogBridge {
  readonly level = "warn";
  readonly #options: LogBridgeOptions;
  readonly #room: number;
  readonly #diagnostics;
  #busy = false;
  #counts = { forwarded: 0, droppedOldest: 0, own: 0, refused: 0 };

  constructor(options: LogBridgeOptions) {
    this.#options = options;
    this.#room = (options.slotBytes ?? SLOT_BYTES) - ENVELOPE_BYTES;
    this.#diagnostics = createLogger({
      component: `${OWN_COMPONENT}.log_bridge`,
      sink: (line) => this.#tell(line),
      now: () => options.clock.utc(options.clock.now()),
    });
  }

  counts(): LogBridgeCounts {
    return { ...this.#counts };
  }

  observe(record: LogRecord): void {
    if (record.level !== "warn" && record.level !== "error") return;
    // A sink that logs would call this function again, without end.
    if (this.#busy || isOwn(record.component)) {
      this.#counts.own++;
      return;
    }
    this.#busy = true;
    try {
      this.#forward(record);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#busy = false;
    }
  }

  #forward(record: LogRecord): void {
    const payload = payloadOf(record);
    const timestampNs = this.#options.clock.now();
    for (const part of ROOMS) {
      try {
        const fitted = fitLog(payload, Math.floor(this.#room * part));
        this.#enqueued(this.#options.sink.enqueue({ kind: "log", timestampNs, payload: fitted }));
        return;
      } catch (error) {
        if (!(error instanceof FdrRecordTooLargeError)) throw error;
      }
    }
    const bare: LogPayload = { level: payload.level, component: "log", message: "too long" };
    this.#enqueued(this.#options.sink.enqueue({ kind: "log", timestampNs, payload: bare }));
  }

  #enqueued(result: ReturnType<FdrSink["enqueue"]>): void {
    this.#counts.forwarded++;
    if (result !== "dropped_oldest") return;
    const drops = ++this.#counts.droppedOldest;
    if (drops % DROPS_PER_DIAGNOSTIC !== 0) return;
    this.#diagnostics.error(
      "fdr.log_bridge.saturated",
      { drops, forwarded: this.#counts.forwarded },
      "log lines come faster than the flight recorder writes them; the oldest are lost",
    );
  }

  #tell(line: string): void {
    try {
      this.#options.diagnostics(line);
    } catch {
      // There is nothing left to report it to.
    }
  }

  /** Reported at the first and at every thousandth: a closed sink refuses every line. */
  #refused(error: unknown): void {
    const refused = this.#counts.refused++;
    if (refused % DROPS_PER_DIAGNOSTIC !== 0) return;
    this.#diagnostics.error(
      "fdr.log_bridge.refused",
      { refused: refused + 1 },
      `the flight recorder does not accept log lines: ${messageOf(error)}`,
    );
  }
}

function isOwn(component: string): boolean {
  return component === OWN_COMPONENT || component.startsWith(`${OWN_COMPONENT}.`);
}

function payloadOf(record: LogRecord): LogPayload {
  const fields = plainFields(record.fields);
  return {
    level: record.level === "error" ? "ERROR" : "WARN",
    component: record.component,
    kind: record.kind,
    message: record.message,
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(record.error === undefined ? {} : { error: record.error }),
  };
}
