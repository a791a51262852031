/**
 * Limits a kind to one record per tumbling window.
 *
 * @module
 */
export class RateWindow {
  readonly #windowNs: number;
  #window = -Infinity;

  constructor(windowNs: number) {
    this.#windowNs = windowNs;
  }

  /**
   * Whether a record of that time may pass; the first of each window may. Producers are not
   * synchronised: a record of the previous window is late. An even older one shows that the last
   * record had a wrong time, which must not block the rest of the flight.
   */
  admit(timestampNs: number): boolean {
    const window = Math.floor(timestampNs / this.#windowNs);
    if (window <= this.#window && window >= this.#window - 1) return false;
    this.#window = window;
    return true;
  }

  /** Whether that time is after the window of the last record that passed. */
  isOver(timestampNs: number): boolean {
    return Math.floor(timestampNs / this.#windowNs) > this.#window;
  }
}
