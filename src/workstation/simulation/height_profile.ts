/**
 * Slow climbs and descents about the requested height.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";

/** Height above ground as a function of time: levels joined by quintic steps (smooth to jerk). */
export class HeightProfile {
  readonly #random: Random;
  readonly #meanM: number;
  readonly #range: number;
  #startS = 0;
  #endS = 0;
  #fromM: number;
  #toM: number;

  /** `range` is the largest departure from `meanM`, as a share of it. */
  constructor(random: Random, meanM: number, range = 0.1) {
    this.#random = random;
    this.#meanM = meanM;
    this.#range = range;
    this.#fromM = this.#level();
    this.#toM = this.#fromM;
  }

  #level(): number {
    return this.#meanM * (1 + this.#range * (2 * this.#random.uniform() - 1));
  }

  /** `timeS` must not go back by more than one level. */
  heightM(timeS: number): number {
    while (timeS >= this.#endS) {
      this.#fromM = this.#toM;
      this.#toM = this.#level();
      this.#startS = this.#endS;
      // A quintic step is fastest in its middle, 1.875 times its mean: at most about 1.5 m/s.
      this.#endS += 12 + 15 * this.#random.uniform() + Math.abs(this.#toM - this.#fromM) / 0.8;
    }
    const s = (timeS - this.#startS) / (this.#endS - this.#startS);
    return this.#fromM + (this.#toM - this.#fromM) * s * s * s * (10 + s * (6 * s - 15));
  }
}
