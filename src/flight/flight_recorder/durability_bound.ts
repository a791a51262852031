/**
 * When records must go to the disk, so that a power cut loses those of `boundMs` at most.
 *
 * @module
 */
export class DurabilityBound {
  readonly #boundMs: number;
  /** The oldest record that may not be on the disk was made at this moment or later. */
  #oldestMs: number | undefined;
  /** How long bringing records to the disk took lately. */
  #syncMs = 0;
  #syncedMs = -Infinity;
  #worstMs = 0;

  constructor(boundMs: number) {
    this.#boundMs = boundMs;
  }

  /** From a record's making to the disk, at most, so far. */
  get worstMs(): number {
    return this.#worstMs;
  }

  /** A record that was made at `sinceMs` or later is on its way. */
  pending(sinceMs: number): void {
    if (this.#oldestMs === undefined || sinceMs < this.#oldestMs) this.#oldestMs = sinceMs;
  }

  /**
   * Half of the bound is for waiting, less what a slow disk takes of it. A writer that is behind does
   * not fall further behind by bringing every batch to the disk.
   */
  isDue(nowMs: number): boolean {
    if (this.#oldestMs === undefined) return false;
    const leastMs = this.#boundMs / 8;
    if (nowMs - this.#syncedMs < leastMs) return false;
    const waitMs = Math.max(leastMs, this.#boundMs / 2 - this.#syncMs);
    return nowMs - this.#oldestMs >= waitMs;
  }

  /** All that was pending is on the disk. */
  synced(startMs: number, endMs: number): void {
    this.#syncMs = Math.max(endMs - startMs, 0.9 * this.#syncMs);
    if (this.#oldestMs !== undefined) {
      this.#worstMs = Math.max(this.#worstMs, endMs - this.#oldestMs);
    }
    this.#oldestMs = undefined;
    this.#syncedMs = endMs;
  }

  /** What was pending is gone. */
  lost(): void {
    this.#oldestMs = undefined;
  }
}
