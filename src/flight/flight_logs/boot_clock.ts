/**
 * Which boot of the controller a sample belongs to. Its clock starts anew at every boot; a log without
 * check sums may also hold a wrong time now and then: a step is believed when a second sample confirms it.
 *
 * @module
 */

/** Messages are logged a little out of order; those that came by radio, more. */
const BACK_MAX_NS = 1e9;
/** Nothing is logged while disarmed; a longer silence costs one sample. */
const AHEAD_MAX_NS = 60e9;

export class BootClock {
  readonly #backMaxNs: number;
  #newestNs = NaN;
  #suspectNs = NaN;
  #boot = 0;

  constructor({ backMaxNs = BACK_MAX_NS }: { readonly backMaxNs?: number } = {}) {
    this.#backMaxNs = backMaxNs;
  }

  /** The boot that the next sample belongs to; undefined where its time cannot be believed yet. */
  bootOf(timeNs: number): number | undefined {
    const isFirst = Number.isNaN(this.#newestNs);
    if (!isFirst && !this.#follows(timeNs, this.#newestNs)) {
      if (!this.#follows(timeNs, this.#suspectNs)) {
        this.#suspectNs = timeNs;
        return undefined;
      }
      if (timeNs < this.#newestNs) this.#boot++;
      this.#newestNs = timeNs;
    }
    this.#suspectNs = NaN;
    this.#newestNs = isFirst ? timeNs : Math.max(this.#newestNs, timeNs);
    return this.#boot;
  }

  #follows(timeNs: number, newestNs: number): boolean {
    return timeNs >= newestNs - this.#backMaxNs && timeNs <= newestNs + AHEAD_MAX_NS;
  }
}
