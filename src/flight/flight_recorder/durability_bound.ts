/**
 * Decides when records must be synced, so that a loss of power destroys those of at most `boundMs`.
 *
 * @module
 */
export class DurabilityBound {
  readonly #boundMs: number;
  /** Lower bound of the time at which the oldest unsynced record was made. */
  #oldestMs: number | undefined;
  /** Recent duration of a sync. */
  #syncMs = 0;
  #syncedMs = -Infinity;
  #worstMs = 0;

  constructor(boundMs: number) {
    this.#boundMs = boundMs;
  }

  /** Longest time so far from making a record to having it synced. */
  get worstMs(): number {
    return this.#worstMs;
  }

  /** A record that was made at `sinceMs` or later waits to be synced. */
  pending(sinceMs: number): void {
    if (this.#oldestMs === undefined || sinceMs < this.#oldestMs) this.#oldestMs = sinceMs;
  }

  /**
   * Half of the bound is for waiting, minus the time that a slow disk needs. A writer that has
   * fallen behind must not fall further behind by syncing every batch.
   */
  isDue(nowMs: number): boolean {
    if (this.#oldestMs === undefined) return false;
    const leastMs = this.#boundMs / 8;
    if (nowMs - this.#syncedMs < leastMs) return false;
    const waitMs = Math.max(leastMs, this.#boundMs / 2 - this.#syncMs);
    return nowMs - this.#oldestMs >= waitMs;
  }

  /** Everything pending is synced. */
  synced(startMs: number, endMs: number): void {
    this.#syncMs = Math.max(endMs - startMs, 0.9 * this.#syncMs);
    if (this.#oldestMs !== undefined) {
      this.#worstMs = Math.max(this.#worstMs, endMs - this.#oldestMs);
    }
    this.#oldestMs = undefined;
    this.#syncedMs = endMs;
  }

  /** Everything pending was discarded. */
  lost(): void {
    this.#oldestMs = undefined;
  }
}
