/**
 * Whether the filter that does without GPS stands on fixes that confirm each other: a wrong one may take it
 * away, for without GPS it is the less sure of itself, and then those that follow are refused.
 *
 * @module
 */
import type { MeasurementOutcome } from "./contract.ts";
import { REINITIALISED } from "./sources/anchor.ts";

export class WitnessFixes {
  readonly #fixesMin: number;
  #inRow = 0;
  #areRefused = false;

  /** `fixesMin`: so many in a row are not one wrong one. */
  constructor(fixesMin: number) {
    this.#fixesMin = fixesMin;
  }

  /** The newest ones were all fused, and are enough. */
  get areSure(): boolean {
    return this.#inRow >= this.#fixesMin;
  }

  /** It has taken a fix that the filter has refused, and none has confirmed it since. */
  get areRefused(): boolean {
    return this.#areRefused;
  }

  begin(): void {
    this.#inRow = 0;
    this.#areRefused = false;
  }

  /** A fix; `byFilter`: what became of it in the filter that has GPS. */
  note({ fused, reason }: MeasurementOutcome, byFilter: MeasurementOutcome): void {
    // Those that moved it as a whole say nothing for where it was until then.
    if (reason === REINITIALISED) this.begin();
    this.#inRow = fused ? this.#inRow + 1 : 0;
    if (fused) this.#areRefused = !byFilter.fused && !this.areSure;
  }
}
