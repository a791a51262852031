/**
 * Smooth random signals of a flight: gusts, vibration.
 *
 * @module
 */
import type { Random } from "../../core/mod.ts";

/**
 * White noise through a second-order low-pass: a signal with a continuous derivative.
 * x'' = ω² (n − x) − 2 ζ ω x', n white with density q = 4 ζ σ² / ω, so that Var x = σ².
 */
export class SmoothNoise {
  value: number;
  rate: number;
  readonly #random: Random;
  readonly #omegaRps: number;
  readonly #damping = 0.7;
  readonly #inputSigma: number;
  readonly #stepS: number;

  constructor(random: Random, options: { sigma: number; omegaRps: number; stepS: number }) {
    this.#random = random;
    this.#omegaRps = options.omegaRps;
    this.#stepS = options.stepS;
    this.#inputSigma = options.sigma *
      Math.sqrt(4 * this.#damping / (options.omegaRps * options.stepS));
    this.value = options.sigma * random.normal();
    this.rate = options.sigma * options.omegaRps * random.normal();
  }

  /** One time step; returns the new value. */
  step(): number {
    const omega = this.#omegaRps;
    const input = this.#inputSigma * this.#random.normal();
    const pull = omega * omega * (input - this.value) - 2 * this.#damping * omega * this.rate;
    this.rate += pull * this.#stepS;
    this.value += this.rate * this.#stepS;
    return this.value;
  }
}
