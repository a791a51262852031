/**
 * Limits the number of requests a second to a provider.
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

  /** Returns when this request may be sent. */
  async turn(signal?: AbortSignal): Promise<void> {
    if (this.#intervalMs === 0) return;
    const nowMs = this.#nowMs();
    const atMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = atMs + this.#intervalMs;
    if (atMs > nowMs) await this.#sleep(atMs - nowMs, signal);
  }
}
