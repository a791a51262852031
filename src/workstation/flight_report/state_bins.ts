/**
 * A state over time in constant memory: each column keeps every state that occurred in it, so that
 * a short bad one is visible.
 *
 * @module
 */
import type { BandRow, BandRun, BandTone } from "./contract.ts";
import { COLUMNS, type TimeRange } from "./time_range.ts";

export interface BandState {
  readonly tone: BandTone;
  readonly words: string;
}

/** A bit mask has 31 bits. */
const STATES_MAX = 30;
const UNKNOWN: BandState = { tone: "none", words: "unknown" };

export class StateBins {
  readonly #range: TimeRange;
  /** The worst first. */
  readonly #states: readonly BandState[];
  readonly #index = new Map<string, number>();
  readonly #masks = new Int32Array(COLUMNS);
  readonly #durationsNs: number[];
  readonly #lastsNs: number;
  #last: { readonly timeNs: number; readonly state: number } | null = null;

  /**
   * `states` by name, the worst first; a state lasts until the next one, but not longer than
   * `lastsNs`.
   */
  constructor(
    range: TimeRange,
    states: Readonly<Record<string, BandState>>,
    lastsNs = Infinity,
  ) {
    const names = Object.keys(states);
    if (names.length >= STATES_MAX) throw new RangeError("a band has less than 30 states");
    this.#range = range;
    this.#states = [...Object.values(states), UNKNOWN];
    this.#durationsNs = this.#states.map(() => 0);
    this.#lastsNs = lastsNs;
    for (const [index, name] of names.entries()) this.#index.set(name, index);
  }

  get isEmpty(): boolean {
    return this.#last === null;
  }

  /** From now on it is `name`; a name that is not among the states is "unknown". */
  add(timeNs: number, name: string): void {
    const state = this.#index.get(name) ?? this.#states.length - 1;
    if (this.#last !== null) {
      if (timeNs < this.#last.timeNs) return;
      this.#fill(this.#last, timeNs);
    }
    this.#mark(timeNs, timeNs, state);
    this.#last = { timeNs, state };
  }

  /** A stretch of one state, independent of other states. */
  addStretch(fromNs: number, toNs: number, name: string): void {
    const state = this.#index.get(name) ?? this.#states.length - 1;
    this.#mark(fromNs, toNs, state);
    this.#durationsNs[state] += Math.max(0, toNs - fromNs);
    this.#last = { timeNs: toNs, state };
  }

  /** The last state lasts until the end of the range. */
  row(name: string, options: { readonly isOpen?: boolean } = {}): BandRow {
    if (this.#last !== null && (options.isOpen ?? true)) this.#fill(this.#last, this.#range.toNs);
    return { name, runs: this.#runs(), legend: this.#legend() };
  }

  #fill(last: { readonly timeNs: number; readonly state: number }, untilNs: number): void {
    const toNs = Math.min(untilNs, last.timeNs + this.#lastsNs);
    this.#durationsNs[last.state] += Math.max(0, toNs - last.timeNs);
    this.#mark(last.timeNs, toNs, last.state);
  }

  #mark(fromNs: number, toNs: number, state: number): void {
    const last = this.#range.column(toNs);
    // A column that a stretch only touches with its end does not count.
    const end = toNs > fromNs && last > 0 &&
        this.#range.seconds(toNs) <= this.#range.columnStartS(last)
      ? last - 1
      : last;
    for (let column = this.#range.column(fromNs); column <= end; column++) {
      this.#masks[column] |= 1 << state;
    }
  }

  #runs(): BandRun[] {
    const runs: BandRun[] = [];
    for (let from = 0, to; from < COLUMNS; from = to) {
      const mask = this.#masks[from];
      for (to = from + 1; to < COLUMNS && this.#masks[to] === mask;) to++;
      if (mask === 0) continue;
      const [worst, ...others] = this.#states.filter((_, index) => (mask >> index & 1) === 1);
      runs.push({
        fromS: this.#range.columnStartS(from),
        toS: this.#range.columnStartS(to),
        tone: worst.tone,
        words: [worst, ...others].map(({ words }) => words).join(" and "),
      });
    }
    return runs;
  }

  #legend(): BandRow["legend"] {
    const totalNs = this.#range.toNs - this.#range.fromNs;
    return this.#states.flatMap(({ tone, words }, index) => {
      const ns = this.#durationsNs[index];
      const seen = this.#masks.some((mask) => (mask >> index & 1) === 1);
      return seen ? [{ tone, words: `${words} ${share(ns, totalNs)}` }] : [];
    });
  }
}

/** "12 %", never 0 % for what occurred, nor 100 % for what was not everything. */
function share(part: number, whole: number): string {
  if (whole <= 0) return "";
  const percent = 100 * part / whole;
  if (part > 0 && percent < 1) return "< 1 %";
  if (part < whole && percent > 99) return percent > 99.95 ? "> 99.9 %" : `${percent.toFixed(1)} %`;
  return `${Math.round(percent)} %`;
}
