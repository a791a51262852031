/**
 * Seeded randomness: the same seed gives the same flight on every machine.
 * Generator: xoshiro128** by Blackman and Vigna (https://prng.di.unimi.it), seeded by splitmix32.
 *
 * @module
 */

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal with mean 0 and standard deviation 1 (Marsaglia's polar method). */
  normal(): number;
  /** Integer in [0, bound). */
  integer(bound: number): number;
  /** An independent stream for one purpose; adding a stream does not disturb the others. */
  fork(label: string): Random;
}

export function seededRandom(seed: number | string): Random {
  return new Xoshiro(hash(String(seed)), String(seed));
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

class Xoshiro implements Random {
  readonly #state = new Uint32Array(4);
  readonly #label: string;
  #spare: number | undefined;

  constructor(seed: number, label: string) {
    this.#label = label;
    let s = seed;
    for (let i = 0; i < 4; i++) {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.#state[i] = (z ^ (z >>> 16)) >>> 0;
    }
  }

  #next(): number {
    const s = this.#state;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  uniform(): number {
    return (this.#next() * 0x200000 + (this.#next() >>> 11)) / 2 ** 53;
  }

  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt(-2 * Math.log(s) / s);
        this.#spare = v * scale;
        return u * scale;
      }
    }
  }

  fork(label: string): Random {
    const name = `${this.#label}/${label}`;
    return new Xoshiro(hash(name), name);
  }
}

/** First-order Gauss–Markov process: exponentially correlated, stationary from the first value. */
export class GaussMarkov {
  value: number;
  readonly #random: Random;
  readonly #sigma: number;
  readonly #timeConstantS: number;

  constructor(random: Random, options: { sigma: number; timeConstantS: number }) {
    this.#random = random;
    this.#sigma = options.sigma;
    this.#timeConstantS = options.timeConstantS;
    this.value = options.sigma * random.normal();
  }

  /** Moves on by `stepS` seconds (exact for any step); returns the new value. */
  step(stepS: number): number {
    const keep = Math.exp(-stepS / this.#timeConstantS);
    this.value = keep * this.value +
      this.#sigma * Math.sqrt(1 - keep * keep) * this.#random.normal();
    return this.value;
  }
}
