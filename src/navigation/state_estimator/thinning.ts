/**
 * Sources that come more often than is worth the filter's time.
 *
 * @module
 */
import type { SourceName } from "./contract.ts";

export class Thinning {
  /** The slot that each source was last used in. */
  readonly #slots: Partial<Record<SourceName, number>> = {};

  /** The first measurement of each slot is used; the others are no refusals worth counting. */
  isThinned(name: SourceName, intervalS: number, timeNs: number): boolean {
    if (intervalS === 0) return false;
    const slot = Math.floor(timeNs * 1e-9 / intervalS);
    if (slot === this.#slots[name]) return true;
    this.#slots[name] = slot;
    return false;
  }
}
