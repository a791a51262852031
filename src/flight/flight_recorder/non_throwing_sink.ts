/**
 * A sink for a flight loop: a record that cannot be recorded costs the record, never the flight.
 *
 * A client throws for a kind that is not registered, a key that is missing, a record that does not fit
 * its slot: mistakes of a program or of a configuration (`fdr.slotBytes`), which tests must see. In
 * flight they are counted and told here, in the log and so in the flight's own record.
 *
 * @module
 */
import { type Logger, messageOf } from "../../core/mod.ts";
import type { EnqueueResult, FdrSink, NewRecord } from "./contract.ts";
import type { FdrKind } from "./registry.ts";

export interface SteadySinkOptions {
  readonly sink: FdrSink;
  /** Hears of refused records as ERROR: at once, then at most once a second, to the last one. */
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back; the process's own where absent. */
  readonly nowMs?: () => number;
}

const INTERVAL_MS = 1000;

export class SteadySink implements FdrSink {
  readonly producerId: string;
  readonly #options: SteadySinkOptions;
  #refused = 0;
  #untold = 0;
  #toldMs = -Infinity;
  #last: { readonly kind: string; readonly error: unknown } | null = null;

  constructor(options: SteadySinkOptions) {
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
      this.#untold++;
      this.#last = { kind: record.kind, error };
      const nowMs = this.#options.nowMs?.() ?? performance.now();
      if (nowMs - this.#toldMs >= INTERVAL_MS) {
        this.#toldMs = nowMs;
        this.tell();
      }
      return "refused";
    }
  }

  /** Tells what was not told yet; before the flight's record is closed. */
  tell(): void {
    if (this.#last === null || this.#untold === 0) return;
    const { kind, error } = this.#last;
    const fields = {
      producerId: this.producerId,
      recordKind: kind,
      refused: this.#untold,
      refusedTotal: this.#refused,
    };
    this.#untold = 0;
    // The fault is in the message alone: where slots are small, so must this be.
    const message = `${fields.refused} not recorded: ${messageOf(error)}`;
    try {
      this.#options.logger.error("c13.record_refused", fields, message);
    } catch {
      // Nobody is left who could be told; it is counted.
    }
  }
}
