/**
 * Quantiles of non-negative values in constant memory, accurate to 1 %.
 *
 * @module
 */

const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
const SMALLEST = 1e-3;
const BUCKETS = Math.ceil(Math.log(1e12 / SMALLEST) / LOG_GROWTH) + 2;

export class Quantiles {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maximum = 0;

  get count(): number {
    return this.#count;
  }

  /** null without a value. */
  get maximum(): number | null {
    return this.#count === 0 ? null : this.#maximum;
  }

  /** Values that are not finite are ignored; the sign is dropped. */
  add(value: unknown): void {
    if (typeof value !== "number" || !Number.isFinite(value)) return;
    const size = Math.abs(value);
    this.#count++;
    this.#maximum = Math.max(this.#maximum, size);
    const bucket = size <= SMALLEST ? 0 : 1 + Math.floor(Math.log(size / SMALLEST) / LOG_GROWTH);
    this.#counts[Math.min(BUCKETS - 1, bucket)]++;
  }

  /** null without a value. */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    let left = share * this.#count;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket];
      if (left > 0) continue;
      const middle = bucket === 0 ? 0 : SMALLEST * GROWTH ** (bucket - 0.5);
      return Math.min(this.#maximum, middle);
    }
    return this.#maximum;
  }
}
