/**
 * What a start is worth that no picture confirms: it is looked for further away, and its sigma grows. A
 * right start is found in the first frames nearly everywhere, so that misses say soon that it may be a
 * wrong one, and a wrong one may be anywhere on the map: that is told at once. But over plain ground
 * a right one is missed as well, so that the filter itself doubts it only in time.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../core/mod.ts";
import type { LocalBounds } from "../navigation/map/mod.ts";
import type { NavigatorConfig } from "../flight/flight_settings/mod.ts";

/** Of the radius of 95 % of two axes: root of chi-square, 2 degrees of freedom. */
const RADIUS_95_SIGMAS = 2.448;

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
   * `StateEstimator.doubtMotion` holds, metres (squares add up). What is told in the end is a radius of 95 %
   * of `farM`, the distance to the map's farthest corner.
   */
  missedM(timeNs: MonotonicNs, farM: number): number {
    const wholeM = Math.max(this.#config.searchSigmaM, farM / RADIUS_95_SIGMAS);
    const toldM = Math.max(this.#toldM, wholeM * this.#miss(timeNs));
    const addedM = Math.sqrt(toldM ** 2 - this.#toldM ** 2);
    this.#toldM = toldM;
    return addedM;
  }

  /** The same of a start that GPS has told: what `StateEstimator.doubtGpsStart` is to hold, 1 sigma, metres. */
  missedByGpsM(timeNs: MonotonicNs): number {
    return this.#config.gpsToldM / RADIUS_95_SIGMAS * this.#miss(timeNs);
  }

  /** The share of the doubt that so many misses, or so long with them, are worth. */
  #miss(timeNs: MonotonicNs): number {
    const { toldAfterS, toldMisses } = this.#config;
    this.#sinceNs ??= timeNs;
    this.#misses++;
    const elapsedS = (timeNs - this.#sinceNs) * 1e-9;
    return Math.min(1, Math.max(elapsedS / toldAfterS, (this.#misses - 1) / (toldMisses - 1)));
  }

  /** How far about the start frames without a fix are sought, 1 sigma, metres: further away in time. */
  searchM(timeNs: MonotonicNs): number {
    if (this.#sinceNs === null) return 0;
    const { searchSigmaM, growAfterS, doublingS, sigmaMaxM } = this.#config;
    const growingS = Math.max(0, (timeNs - this.#sinceNs) * 1e-9 - growAfterS);
    return Math.min(sigmaMaxM, searchSigmaM * 2 ** (growingS / doublingS));
  }

  /** Whether a frame without a fix is to be sought `searchM` about the start: now and then. */
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

/** From a place to the corner of the map that is furthest from it, metres. */
export function farthestM(
  { eastMinM, eastMaxM, northMinM, northMaxM }: LocalBounds,
  [eastM, northM]: Vector3,
): number {
  return Math.hypot(
    Math.max(eastM - eastMinM, eastMaxM - eastM),
    Math.max(northM - northMinM, northMaxM - northM),
  );
}
