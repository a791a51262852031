/**
 * No more requests a second than a provider was promised.
 *
 * @module
 */

export class RateLimit {
  readonly #intervalMs: number;
  readonly #nowMs: () => number;
  readonly #sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  #nextMs = -Infinity;

  /** `perSecond` 0: no limit. */
  constructor(
    perSecond: number,
    nowMs: () => number,
    sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
  ) {
    this.#intervalMs = perSecond > 0 ? 1000 / perSecond : 0;
    this.#nowMs = nowMs;
    this.#sleep = sleep;
  }

  /** Returns when it is this request's turn. */
  async turn(signal?: AbortSignal): Promise<void> {
    if (this.#intervalMs === 0) return;
    const nowMs = this.#nowMs();
    const atMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = atMs + this.#intervalMs;
    if (atMs > nowMs) await this.#sleep(atMs - nowMs, signal);
  }
}
