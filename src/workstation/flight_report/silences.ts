/**
 * Finds gaps of a stream: for each column of a chart the longest gap that ended in it. Reduced data
 * has gaps of its own; a line must be interrupted only where the stream itself was.
 *
 * @module
 */
import type { TimeRange } from "./time_range.ts";

export class Silences {
  readonly #range: TimeRange;
  readonly #limitNs: number;
  readonly #columns: number;
  readonly #fromNs: Float64Array;
  readonly #toNs: Float64Array;
  #lastNs: number | null = null;

  constructor(range: TimeRange, limitNs: number, columns: number) {
    this.#range = range;
    this.#limitNs = limitNs;
    this.#columns = columns;
    this.#fromNs = new Float64Array(columns);
    this.#toNs = new Float64Array(columns);
  }

  /** A record of the stream arrived. */
  add(timeNs: number): void {
    const lastNs = this.#lastNs;
    this.#lastNs = lastNs === null ? timeNs : Math.max(lastNs, timeNs);
    if (lastNs === null || timeNs - lastNs <= this.#limitNs) return;
    const column = this.#range.column(timeNs, this.#columns);
    if (timeNs - lastNs <= this.#toNs[column] - this.#fromNs[column]) return;
    this.#fromNs[column] = lastNs;
    this.#toNs[column] = timeNs;
  }

  /** The middle of the gap between two neighbours that were kept; null when there was none. */
  between(fromNs: number, toNs: number): number | null {
    const column = this.#range.column(toNs, this.#columns);
    const from = this.#fromNs[column], to = this.#toNs[column];
    return to > from && from >= fromNs && to <= toNs ? (from + to) / 2 : null;
  }
}
