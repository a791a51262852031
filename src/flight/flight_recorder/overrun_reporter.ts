/**
 * Says that a ring is full: at most once a second, and never so that the producer suffers.
 *
 * @module
 */

export interface OverrunNotice {
  readonly producerId: string;
  /** Records lost since the last notice. */
  readonly dropped: number;
  /** Since the client was made. */
  readonly droppedTotal: number;
  readonly message: string;
}

export interface OverrunReporterOptions {
  readonly overrun: (notice: OverrunNotice) => void;
  readonly nowMs?: () => number;
}

const INTERVAL_MS = 1000;

export class OverrunReporter {
  readonly #producerId: string;
  readonly #options: OverrunReporterOptions;
  #toldMs = -Infinity;
  #untold = 0;
  #total = 0;
  /** Telling may record something itself. */
  #telling = false;

  constructor(producerId: string, options: OverrunReporterOptions) {
    this.#producerId = producerId;
    this.#options = options;
  }

  /** Lost records that no notice spoke of. */
  get untold(): number {
    return this.#untold;
  }

  /** One more record was lost. */
  dropped(): void {
    this.#untold++;
    this.#total++;
    this.tellWhenDue();
  }

  tellWhenDue(): void {
    const nowMs = this.#options.nowMs?.() ?? performance.now();
    if (this.#telling || nowMs - this.#toldMs < INTERVAL_MS) return;
    const dropped = this.#untold;
    this.#toldMs = nowMs;
    this.#untold = 0;
    this.#telling = true;
    try {
      this.#options.overrun({
        producerId: this.#producerId,
        dropped,
        droppedTotal: this.#total,
        message: `the flight recorder's ring of ${this.#producerId} is full: ` +
          `${dropped} of its oldest records are lost`,
      });
    } catch {
      // Enqueueing never throws for a full ring, whatever its diagnostics do; the count goes on.
    } finally {
      this.#telling = false;
    }
  }
}
