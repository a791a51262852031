/**
 * Reports a full ring, at most once a second and without disturbing the producer.
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

interface OverrunReporterOptions {
  readonly overrun: (notice: OverrunNotice) => void;
  readonly nowMs?: () => number;
}

const INTERVAL_MS = 1000;

export class OverrunReporter {
  readonly #producerId: string;
  readonly #options: OverrunReporterOptions;
  #reportedMs = -Infinity;
  #unreported = 0;
  #total = 0;
  /** Reporting may itself make a record. */
  #reporting = false;

  constructor(producerId: string, options: OverrunReporterOptions) {
    this.#producerId = producerId;
    this.#options = options;
  }

  /** Lost records that no notice has reported yet. */
  get unreported(): number {
    return this.#unreported;
  }

  /** Counts one more lost record. */
  dropped(): void {
    this.#unreported++;
    this.#total++;
    this.reportWhenDue();
  }

  reportWhenDue(): void {
    const nowMs = this.#options.nowMs?.() ?? performance.now();
    if (this.#reporting || nowMs - this.#reportedMs < INTERVAL_MS) return;
    const dropped = this.#unreported;
    this.#reportedMs = nowMs;
    this.#unreported = 0;
    this.#reporting = true;
    try {
      this.#options.overrun({
        producerId: this.#producerId,
        dropped,
        droppedTotal: this.#total,
        message: `the flight recorder's ring of ${this.#producerId} is full: ` +
          `${dropped} of its oldest records are lost`,
      });
    } catch {
      // Enqueueing never throws for a full ring, even when its reporting fails; the count
      // continues.
    } finally {
      this.#reporting = false;
    }
  }
}
