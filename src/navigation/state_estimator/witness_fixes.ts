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
  #areConfirmed = false;

  /** `fixesMin`: so many in a row are not one wrong one. */
  constructor(fixesMin: number) {
    this.#fixesMin = fixesMin;
  }

  /** The newest ones were all fused, and are enough. */
  get areSure(): boolean {
    return this.#inRow >= this.#fixesMin;
  }

  /** They were so once since it began. */
  get areConfirmed(): boolean {
    return this.#areConfirmed;
  }

  begin(): void {
    this.#inRow = 0;
    this.#areConfirmed = false;
  }

  note({ fused, reason }: MeasurementOutcome): void {
    // Those that moved it as a whole say nothing for where it was until then.
    if (reason === REINITIALISED) this.begin();
    this.#inRow = fused ? this.#inRow + 1 : 0;
    this.#areConfirmed ||= this.areSure;
  }
}
