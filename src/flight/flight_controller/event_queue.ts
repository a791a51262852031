/**
 * Events that wait for the flight loop.
 *
 * @module
 */

/** Ten seconds of all that a controller sends; what comes beyond is dropped and counted. */
const WAITING_MAX = 10_000;

export class EventQueue<T> {
  #waiting: T[] = [];
  #wake: (() => void) | null = null;
  #ended = false;
  #dropped = 0;

  get dropped(): number {
    return this.#dropped;
  }

  push(event: T): void {
    if (this.#ended) return;
    if (this.#waiting.length >= WAITING_MAX) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** What waits is still given. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** To be iterated once. */
  async *events(): AsyncGenerator<T> {
    while (true) {
      const batch = this.#waiting;
      this.#waiting = [];
      yield* batch;
      if (this.#waiting.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = null;
    }
  }
}
