/**
 * Counts of messages that nobody here understands.
 *
 * @module
 */

/** A hostile line invents ids without end. */
const IDS_MAX = 64;
/** Under it, all others. */
const OTHERS = -1;

export class UnknownMessages {
  readonly #counts = new Map<number, number>();

  count(id: number): void {
    const key = this.#counts.has(id) || this.#counts.size < IDS_MAX ? id : OTHERS;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  counts(): Record<number, number> {
    return Object.fromEntries(this.#counts);
  }
}
