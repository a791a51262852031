/**
 * Integer hashes of positions: what is painted somewhere depends only on the position and the seed.
 *
 * @module
 */

/** 32 mixed bits of two integers and a seed (after B. Jenkins' and C. Wellons' integer hashes). */
export function hash2(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Uniform in [0, 1). */
export function unit2(x: number, y: number, seed: number): number {
  return hash2(x, y, seed) / 4294967296;
}

/** Derives another seed for another purpose. */
export function subSeed(seed: number, purpose: number): number {
  return hash2(purpose, 0x51ed27, seed) | 0;
}

/** A small stream of uniform numbers that starts from one hash. */
export class HashStream {
  #state: number;

  constructor(state: number) {
    this.#state = state | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return hash2(this.#state, 0x2545f4, 0x9e3779b9) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }
}
