/**
 * What iNav's filters leave of the IMU: MSP_RAW_IMU shows it behind them, and it is asked far less often
 * than it is measured.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";

/** Low pass of first order. */
export class LowPass {
  readonly #timeConstantS: number;
  #value: Vector3 | null = null;
  #timeS = 0;

  constructor(cutoffHz: number) {
    this.#timeConstantS = 1 / (2 * Math.PI * cutoffHz);
  }

  /** The last one; `value` itself before the first. */
  apply(value: Vector3, timeS: number): Vector3 {
    const dtS = timeS - this.#timeS, before = this.#value;
    this.#timeS = timeS;
    if (before === null || !(dtS > 0)) return this.#value = value;
    const gain = dtS / (dtS + this.#timeConstantS);
    const at = (axis: 0 | 1 | 2) => before[axis] + gain * (value[axis] - before[axis]);
    return this.#value = [at(0), at(1), at(2)];
  }
}
