/**
 * How often each message comes.
 *
 * @module
 */

/** Whole seconds that a rate is the mean of. */
const WINDOW_S = 4;
/** A hostile line could invent names without end. */
const NAMES_MAX = 64;

interface Counts {
  /** By second modulo the window and the running one. */
  readonly bySecond: number[];
  newestSecond: number;
}

export class MessageRates {
  readonly #counts = new Map<string, Counts>();

  count(name: string, nowNs: number): void {
    let counts = this.#counts.get(name);
    if (counts === undefined) {
      if (this.#counts.size >= NAMES_MAX) return;
      counts = { bySecond: new Array<number>(WINDOW_S + 1).fill(0), newestSecond: -Infinity };
      this.#counts.set(name, counts);
    }
    const second = Math.floor(nowNs / 1e9);
    forget(counts, second);
    counts.bySecond[slot(second)]++;
  }

  /** Mean of the last whole seconds, Hz. */
  at(nowNs: number): Record<string, number> {
    const second = Math.floor(nowNs / 1e9);
    const rates: Record<string, number> = {};
    for (const [name, counts] of this.#counts) {
      forget(counts, second);
      const running = counts.bySecond[slot(second)];
      rates[name] = (counts.bySecond.reduce((sum, count) => sum + count, 0) - running) / WINDOW_S;
    }
    return rates;
  }
}

function slot(second: number): number {
  return ((second % (WINDOW_S + 1)) + WINDOW_S + 1) % (WINDOW_S + 1);
}

/** Empties the slots of the seconds that have passed since. */
function forget(counts: Counts, second: number): void {
  const passed = Math.min(second - counts.newestSecond, WINDOW_S + 1);
  for (let i = 0; i < passed; i++) counts.bySecond[slot(second - i)] = 0;
  counts.newestSecond = Math.max(counts.newestSecond, second);
}
