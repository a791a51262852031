/**
 * A sink that never throws, for a flight loop: a record that cannot be recorded costs the record, not
 * the flight.
 *
 * A client throws for a kind that is not registered, a key that is missing, a record that does not fit
 * its slot: mistakes of a program or of a configuration (`fdr.slotBytes`), which tests must see. In
 * flight they are counted and logged here, and the log goes into the flight's own record.
 *
 * @module
 */
import { type Logger, messageOf } from "../../core/mod.ts";
import type { EnqueueResult, FdrSink, NewRecord } from "./contract.ts";
import type { FdrKind } from "./registry.ts";

interface NonThrowingSinkOptions {
  readonly sink: FdrSink;
  /** Gets one ERROR for refused records at once, then at most one a second. */
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back; the process's own where absent. */
  readonly nowMs?: () => number;
}

const INTERVAL_MS = 1000;

export class NonThrowingSink implements FdrSink {
  readonly producerId: string;
  readonly #options: NonThrowingSinkOptions;
  #refused = 0;
  #unreported = 0;
  #reportedMs = -Infinity;
  #last: { readonly kind: string; readonly error: unknown } | null = null;

  constructor(options: NonThrowingSinkOptions) {
    this.#options = options;
    this.producerId = options.sink.producerId;
  }

  /** Records that are not in the ring. */
  get refused(): number {
    return this.#refused;
  }

  enqueue<K extends FdrKind>(record: NewRecord<K>): EnqueueResult {
    try {
      return this.#options.sink.enqueue(record);
    } catch (error) {
      this.#refused++;
      this.#unreported++;
      this.#last = { kind: record.kind, error };
      const nowMs = this.#options.nowMs?.() ?? performance.now();
      if (nowMs - this.#reportedMs >= INTERVAL_MS) {
        this.#reportedMs = nowMs;
        this.report();
      }
      return "refused";
    }
  }

  /** Logs the refusals that were not logged yet; call it before the flight's record is closed. */
  report(): void {
    if (this.#last === null || this.#unreported === 0) return;
    const { kind, error } = this.#last;
    const fields = {
      producerId: this.producerId,
      recordKind: kind,
      refused: this.#unreported,
      refusedTotal: this.#refused,
    };
    this.#unreported = 0;
    // The fault is in the message alone: this record must fit the slot that the other one did not.
    const message = `${fields.refused} not recorded: ${messageOf(error)}`;
    try {
      this.#options.logger.error("c13.record_refused", fields, message);
    } catch {
      // The log cannot be written either; the refusals are counted.
    }
  }
}
