/**
 * What a start is worth that no picture confirms: it is looked for further away, and its sigma grows. A
 * right start is found in the first frames nearly everywhere, so that misses say soon that it may be a
 * wrong one, and wrong ones are wrong by hundreds of metres: that is told at once. But over plain ground
 * a right one is missed as well, so that the filter itself doubts it only in time.
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
  #misses = 0;
  /** 1 sigma that was told since the first frame without a fix, metres. */
  #toldM = 0;

  constructor(config: NavigatorConfig["doubt"]) {
    this.#config = config;
  }

  /** A picture, or GPS, confirms the place. */
  clear(): void {
    this.#sinceNs = null;
    this.#lastNs = null;
    this.#searchedNs = null;
    this.#misses = 0;
    this.#toldM = 0;
  }

  /**
   * A frame that shows ground of the map was not found there: what it adds to what
   * `StateEstimator.doubtMotion` holds, metres (squares add up).
   */
  missedM(timeNs: MonotonicNs): number {
    const { searchSigmaM, toldAfterS, toldMisses } = this.#config;
    this.#sinceNs ??= timeNs;
    this.#misses++;
    const elapsedS = (timeNs - this.#sinceNs) * 1e-9;
    const share = Math.max(elapsedS / toldAfterS, (this.#misses - 1) / (toldMisses - 1));
    const toldM = Math.max(this.#toldM, searchSigmaM * Math.min(1, share));
    const addedM = Math.sqrt(toldM ** 2 - this.#toldM ** 2);
    this.#toldM = toldM;
    return addedM;
  }

  /** The same without what was told, 1 sigma, metres: near the start a right one is found at a glance. */
  untoldM(sigmaM: number): number {
    return sigmaM > this.#toldM ? Math.sqrt(sigmaM ** 2 - this.#toldM ** 2) : sigmaM;
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
