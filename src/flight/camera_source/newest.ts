/**
 * A place for one value: a newer one takes the place of one that nobody took.
 *
 * @module
 */
export class Newest<T> {
  #value: { readonly item: T } | null = null;
  #ended = false;
  #wake: (() => void) | null = null;

  /** @returns false where the value before was not taken; it is gone then */
  put(item: T): boolean {
    const wasTaken = this.#value === null;
    this.#value = { item };
    this.#wake?.();
    return wasTaken;
  }

  /** The value that is there can still be taken. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Waits for a value; undefined when there will be none. One caller at a time. */
  async take(): Promise<T | undefined> {
    while (this.#value === null && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = null;
    }
    const value = this.#value;
    this.#value = null;
    return value?.item;
  }
}
