/**
 * At most one record per tumbling window.
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
   * Whether a record of that moment may pass; the first of each window does. Producers are not in
   * step: what belongs to the window before is late. What is older than that shows that the last one
   * had a wrong time, which must not close the gate for the rest of the flight.
   */
  admit(timestampNs: number): boolean {
    const window = Math.floor(timestampNs / this.#windowNs);
    if (window <= this.#window && window >= this.#window - 1) return false;
    this.#window = window;
    return true;
  }

  /** Whether that moment lies behind the window of the last record that passed. */
  isOver(timestampNs: number): boolean {
    return Math.floor(timestampNs / this.#windowNs) > this.#window;
  }
}
