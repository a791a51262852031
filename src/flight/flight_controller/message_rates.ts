/**
 * How often messages come.
 *
 * @module
 */

const WINDOW_NS = 3e9;
/** Other names than these many are counted together: a hostile sender must not fill the memory. */
const NAMES_MAX = 64;
const OTHERS = "others";

/** Mean rates over the last three seconds, Hz. */
export class MessageRates {
  /** Counts of the current and of the last window, by name. */
  #current = new Map<string, number>();
  #rates: Readonly<Record<string, number>> = {};
  #beganNs: number | null = null;

  count(name: string, nowNs: number): void {
    this.#roll(nowNs);
    const known = this.#current.has(name) || this.#current.size < NAMES_MAX ? name : OTHERS;
    this.#current.set(known, (this.#current.get(known) ?? 0) + 1);
  }

  hz(nowNs: number): Readonly<Record<string, number>> {
    this.#roll(nowNs);
    return this.#rates;
  }

  #roll(nowNs: number): void {
    this.#beganNs ??= nowNs;
    const elapsedNs = nowNs - this.#beganNs;
    if (elapsedNs < WINDOW_NS) return;
    this.#rates = Object.fromEntries(
      [...this.#current].map(([name, count]) => [name, count / (elapsedNs * 1e-9)]),
    );
    this.#current = new Map();
    this.#beganNs = nowNs;
  }
}
