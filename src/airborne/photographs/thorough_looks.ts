/**
 * Which photographs of a flight are looked at thoroughly while nothing is known of it: the first, then ever fewer.
 * One that is found is enough, for what it tells makes all others cheap; a flight of which none can be found must
 * not cost minutes.
 *
 * @module
 */

/** So many are looked at thoroughly before there are gaps… */
const FIRST = 2;
/** …and then one where this many times as many were not found as at the last. */
const GROWTH = 1.5;

export class ThoroughLooks {
  #misses = 0;
  #dueAt = 0;

  /** Whether the next look is a thorough one. */
  get isDue(): boolean {
    return this.#misses >= this.#dueAt;
  }

  /** A look that found nothing. */
  onMiss(): void {
    const wasDue = this.isDue;
    this.#misses++;
    if (wasDue && this.#misses >= FIRST) this.#dueAt = Math.ceil(GROWTH * this.#misses);
  }
}
