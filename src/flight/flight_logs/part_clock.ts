/**
 * Which part of a log a sample belongs to. The controller's clock starts anew at every boot, and between
 * two flights nothing may be logged for minutes: what an estimator knew before it knows no more. A log
 * without check sums may also hold a wrong time now and then: a step is believed when a second sample
 * confirms it.
 *
 * @module
 */

/** Messages are logged a little out of order; those that came by radio, more. */
const BACK_MAX_NS = 1e9;
/** A shorter silence is a card that did not keep up. */
const SILENCE_MAX_NS = 10e9;

export class PartClock {
  readonly #backMaxNs: number;
  #newestNs = NaN;
  #suspectNs = NaN;
  #part = 0;

  constructor({ backMaxNs = BACK_MAX_NS }: { readonly backMaxNs?: number } = {}) {
    this.#backMaxNs = backMaxNs;
  }

  /** The part that the next sample belongs to; undefined where its time cannot be believed yet. */
  partOf(timeNs: number): number | undefined {
    const isFirst = Number.isNaN(this.#newestNs);
    if (!isFirst && !this.#follows(timeNs, this.#newestNs)) {
      if (!this.#follows(timeNs, this.#suspectNs)) {
        this.#suspectNs = timeNs;
        return undefined;
      }
      this.#part++;
      this.#newestNs = timeNs;
    }
    this.#suspectNs = NaN;
    this.#newestNs = isFirst ? timeNs : Math.max(this.#newestNs, timeNs);
    return this.#part;
  }

  #follows(timeNs: number, newestNs: number): boolean {
    return timeNs >= newestNs - this.#backMaxNs && timeNs <= newestNs + SILENCE_MAX_NS;
  }
}
