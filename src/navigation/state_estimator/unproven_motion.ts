/**
 * How far the motion may have led the filter astray that nothing has confirmed yet. It goes out with every
 * estimate, but the filter is not told: a fix that agrees would else find a position that knows nothing, and
 * what the start knew (how the map lies) would be lost with it. Only where GPS or a fix contradicts
 * the filter is it put into the filter, so that it can follow.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { MeasurementOutcome } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import { largestEigenvalue2 } from "./linear_algebra.ts";
import { contestedM } from "./sources/relocalisation.ts";
import { ERROR } from "./state_table.ts";

/** Chi-square, 2 degrees of freedom, 99 %. */
const ELSEWHERE = 9.21;
/** From the second refused pair of frames in a row on the filter may be what is wrong. */
const PAIRS_REFUSED = 2;

export class UnprovenMotion {
  #varianceM2 = 0;
  /** In a row. */
  #refusedPairs = 0;
  /** How much further than the filter refused pairs have it moved, since the place was told last, metres. */
  #contradictedM = 0;

  /**
   * What estimates say beyond the filter, variance of each horizontal axis: this, and what refused fixes, or
   * refused samples of GPS (`gpsM` off), say against it that agree with each other, or refused pairs of frames.
   */
  toldM2(state: FilterState, gpsM: number): number {
    const contradictedM = Math.max(contestedM(state.refusedFixes), gpsM, this.#contradictedM);
    return this.#varianceM2 + (contradictedM / 2) ** 2;
  }

  add(distanceM: number): void {
    if (distanceM > 0 && distanceM < Infinity) this.#varianceM2 += distanceM ** 2;
  }

  observe({ source, fused, innovation }: MeasurementOutcome): void {
    if (fused && (source === "anchor" || source === "gps")) this.#clear();
    if (source !== "odometry") return;
    if (fused) this.#refusedPairs = 0;
    else if (innovation.length > 0 && ++this.#refusedPairs >= PAIRS_REFUSED) {
      this.#contradictedM += Math.hypot(innovation[0], innovation[1]);
    }
  }

  #clear(): void {
    this.#varianceM2 = 0;
    this.#contradictedM = 0;
  }

  /** 1 sigma that is to go into the filter now, metres; 0 where the place does not contradict it. */
  takeIfElsewhere(
    stateAt: () => FilterState | undefined,
    [east, north]: Vector3,
    placeVarianceM2: number,
  ): number {
    const state = this.#varianceM2 === 0 ? undefined : stateAt();
    if (state === undefined) return 0;
    const [ownEast, ownNorth] = state.vector("position");
    const e = ERROR.position, n = e + 1;
    const own = largestEigenvalue2(
      state.covarianceOf(e, e),
      state.covarianceOf(e, n),
      state.covarianceOf(n, n),
    );
    const distance2 = (east - ownEast) ** 2 + (north - ownNorth) ** 2;
    if (!(distance2 > ELSEWHERE * (own + placeVarianceM2))) return 0;
    const sigmaM = Math.sqrt(this.#varianceM2);
    this.#clear();
    return sigmaM;
  }
}
