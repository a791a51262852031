/**
 * Hands items over one by one: who gives one waits until it is done with.
 *
 * @module
 */
export class Handover<T> {
  #item: T | undefined;
  #isTaken = false;
  #ended = false;
  /** Whoever takes: waits for an item, or for the end. */
  #arrived: (() => void) | null = null;
  /** Whoever gives: waits until the item is done with. */
  #done: (() => void) | null = null;

  /** Resolves when the next item is asked for, or nobody takes any. */
  async give(item: T): Promise<void> {
    if (!this.#isTaken || this.#ended) return;
    this.#item = item;
    const done = new Promise<void>((resolve) => this.#done = resolve);
    this.#arrived?.();
    await done;
  }

  /** What is being worked on is not called back. */
  end(): void {
    this.#ended = true;
    this.#arrived?.();
  }

  async *items(): AsyncGenerator<T> {
    this.#isTaken = true;
    try {
      for (;;) {
        if (this.#item === undefined && !this.#ended) {
          await new Promise<void>((resolve) => this.#arrived = resolve);
        }
        const item = this.#item;
        this.#item = undefined;
        if (item === undefined) return;
        yield item;
        this.#release();
      }
    } finally {
      this.#isTaken = false;
      this.#release();
    }
  }

  #release(): void {
    this.#done?.();
    this.#done = null;
  }
}
