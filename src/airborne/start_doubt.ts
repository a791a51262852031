/**
 * What a start is worth that no picture confirms: it is looked for further away, and its sigma grows.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { NavigatorConfig } from "./navigator_config.ts";

export class StartDoubt {
  readonly #config: NavigatorConfig["doubt"];
  /** Of the first frame without a fix. */
  #sinceNs: MonotonicNs | null = null;
  #lastNs: MonotonicNs | null = null;
  #searchedNs: MonotonicNs | null = null;

  constructor(config: NavigatorConfig["doubt"]) {
    this.#config = config;
  }

  /** A picture, or GPS, confirms the place. */
  clear(): void {
    this.#sinceNs = null;
    this.#lastNs = null;
    this.#searchedNs = null;
  }

  /** Whether a frame without a fix is to be sought in `searchSigmaM` about the start: now and then. */
  isSearchDue(timeNs: MonotonicNs): boolean {
    const { searchAfterS, searchEveryS } = this.#config;
    this.#sinceNs ??= timeNs;
    if (timeNs - this.#sinceNs < searchAfterS * 1e9) return false;
    if (this.#searchedNs !== null && timeNs - this.#searchedNs < searchEveryS * 1e9) return false;
    this.#searchedNs = timeNs;
    return true;
  }

  /**
   * What the frame adds to a sigma that is to double every `doublingS`, metres: its square is to be added
   * to the variance.
   */
  growthM(timeNs: MonotonicNs, sigmaM: number): number {
    const { growAfterS, doublingS } = this.#config;
    this.#sinceNs ??= timeNs;
    const fromNs = Math.max(this.#lastNs ?? timeNs, this.#sinceNs + growAfterS * 1e9);
    this.#lastNs = timeNs;
    const elapsedS = (timeNs - fromNs) * 1e-9;
    return elapsedS > 0 ? sigmaM * Math.sqrt(4 ** (elapsedS / doublingS) - 1) : 0;
  }
}
