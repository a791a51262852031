/**
 * A measured value over time in constant memory. Of each column of the chart the first, lowest,
 * highest and last value are kept (Jugel et al., "M4", VLDB 2014): a line through them covers the
 * same pixels as a line through all, so that no outlier is lost.
 *
 * @module
 */
import type { Sample } from "./contract.ts";
import { Silences } from "./silences.ts";
import { COLUMNS, type TimeRange } from "./time_range.ts";

/** Times and values of first, lowest, highest, last. */
const FIRST = 0, LOWEST = 1, HIGHEST = 2, LAST = 3, KEPT = 4;

export class SeriesBins {
  readonly #range: TimeRange;
  readonly #silences: Silences;
  readonly #columns: number;
  readonly #timesNs: Float64Array;
  readonly #values: Float64Array;
  readonly #used: Uint8Array;
  #count = 0;
  #highest: { readonly timeNs: number; readonly value: number } | null = null;

  /** A gap of more than `breakNs` interrupts the line. */
  constructor(range: TimeRange, breakNs: number, columns = COLUMNS) {
    this.#range = range;
    this.#columns = columns;
    this.#timesNs = new Float64Array(columns * KEPT);
    this.#values = new Float64Array(columns * KEPT);
    this.#used = new Uint8Array(columns);
    this.#silences = new Silences(range, breakNs, columns);
  }

  get count(): number {
    return this.#count;
  }

  get highest(): { readonly timeNs: number; readonly value: number } | null {
    return this.#highest;
  }

  /** Values that are not finite are ignored. */
  add(timeNs: number, value: unknown): void {
    if (typeof value !== "number" || !Number.isFinite(value)) return;
    this.#count++;
    this.#silences.add(timeNs);
    if (this.#highest === null || value > this.#highest.value) this.#highest = { timeNs, value };
    const column = this.#range.column(timeNs, this.#columns);
    const at = column * KEPT;
    if (this.#used[column] === 0) {
      this.#used[column] = 1;
      for (let i = at; i < at + KEPT; i++) this.#put(i, timeNs, value);
      return;
    }
    if (timeNs < this.#timesNs[at + FIRST]) this.#put(at + FIRST, timeNs, value);
    if (value < this.#values[at + LOWEST]) this.#put(at + LOWEST, timeNs, value);
    if (value > this.#values[at + HIGHEST]) this.#put(at + HIGHEST, timeNs, value);
    if (timeNs >= this.#timesNs[at + LAST]) this.#put(at + LAST, timeNs, value);
  }

  /** By time, with a null in each gap. */
  samples(): Sample[] {
    const out: Sample[] = [];
    let lastNs: number | null = null;
    for (let column = 0; column < this.#columns; column++) {
      if (this.#used[column] === 0) continue;
      for (const index of this.#inOrder(column * KEPT)) {
        const timeNs = this.#timesNs[index];
        const silentNs = lastNs === null ? null : this.#silences.between(lastNs, timeNs);
        if (silentNs !== null) out.push([this.#range.seconds(silentNs), null]);
        out.push([this.#range.seconds(timeNs), this.#values[index]]);
        lastNs = timeNs;
      }
    }
    return out;
  }

  #put(index: number, timeNs: number, value: number): void {
    this.#timesNs[index] = timeNs;
    this.#values[index] = value;
  }

  /** Those of a column by time, each once. */
  #inOrder(at: number): number[] {
    const same = (a: number, b: number) =>
      this.#timesNs[a] === this.#timesNs[b] && this.#values[a] === this.#values[b];
    return [at, at + 1, at + 2, at + 3]
      .filter((index, i, all) => all.findIndex((other) => same(other, index)) === i)
      .sort((a, b) => this.#timesNs[a] - this.#timesNs[b]);
  }
}
