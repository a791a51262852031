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
import { pictureAgeS, positionM2, secondsBetween } from "./estimate_output.ts";
import type { FilterState } from "./filter_state.ts";
import { REINITIALISED } from "./sources/anchor.ts";
import type { GpsSource } from "./sources/gps.ts";
import { contestedM } from "./sources/relocalisation.ts";

/** Chi-square, 2 degrees of freedom, 99 %. */
const ELSEWHERE = 9.21;
/** From the second refused pair of frames in a row on the filter may be what is wrong. */
const PAIRS_REFUSED = 2;
/** Attitudes of controller and filter that are further apart than this contradict each other… */
const APART_RAD = 8 * Math.PI / 180;
/** …and without a picture or GPS for so long nothing says which is right. */
const DARK_S = 2;
const ATTITUDE_S_MAX = 2;
/** What overruled the filter is believed after so long and so many fixes, none of which it refused. */
const AGREED_S = 10;
const AGREED_FIXES = 5;

/** Chi-square, 2 degrees of freedom, 95 %. */
const SURPRISING = 5.991;
/** A fix that is closer than this to where the filter expected it surprises nobody, metres. */
const SURPRISING_M = 8;

/** A first fix that is further than this from a start that is in doubt contradicts it, however wide the filter is by then. */
const FIRST_FAR_M = 25;

/** A place that the filter can only take because its motion is in doubt. */
export interface Elsewhere {
  /** 1 sigma that is to go into the filter now. */
  readonly sigmaM: number;
  /** From the filter to the place. */
  readonly distanceM: number;
}

export class UnprovenMotion {
  #varianceM2 = 0;
  /** 1 sigma of that before the newest place ended it, metres. */
  #endedM = 0;
  /** 1 sigma of a start that GPS has told and no fix has confirmed, metres. */
  #gpsStartM = 0;
  /** In a row. */
  #refusedPairs = 0;
  /** How much further than the filter refused pairs, or attitudes in the dark, have it moved, since the place was told last, metres. */
  #contradictedM = 0;
  /** Of the newest look at the controller's attitude. */
  #attitudeNs = -Infinity;
  /** By how much fixes have overruled the filter that have not held for long yet, metres. */
  #overruledM = 0;
  /** By how much fixes in a row have moved the filter at most, none of which agrees with the one before, metres. */
  #singleM = 0;
  /** Fixes in a row since then that were fused. */
  #agreed: { readonly sinceNs: number; readonly fixes: number } | undefined;

  /**
   * What estimates say beyond the filter, variance of each horizontal axis: this, and what refused fixes, or
   * refused samples of GPS, say against it that agree with each other, or refused pairs of frames, or GPS that parts from a
   * map that may be turned.
   */
  toldM2(
    state: FilterState,
    gps: Pick<GpsSource, "contestedM" | "uncheckedM2" | "distortionM2">,
  ): number {
    const { contestedM: gpsM, uncheckedM2 } = gps;
    const contradictedM = Math.max(contestedM(state.refusedFixes), gpsM, this.#contradictedM);
    const movedM = Math.max(contradictedM, this.#overruledM, this.#singleM);
    const inDoubtM2 = this.#varianceM2 + this.#gpsStartM ** 2 + gps.distortionM2(state);
    return uncheckedM2 + inDoubtM2 + (movedM / 2) ** 2;
  }

  /** 1 sigma of what nothing has confirmed: pictures are sought around the filter without it. */
  unconfirmedM({ uncheckedM2 }: Pick<GpsSource, "uncheckedM2">): number {
    const movedM = Math.max(this.#overruledM, this.#singleM);
    return Math.sqrt(uncheckedM2 + this.#varianceM2 + this.#gpsStartM ** 2 + (movedM / 2) ** 2);
  }

  /**
   * A fix has moved the filter by `distanceM` to where nothing but it speaks for: one of the two is wrong, and until
   * further fixes agree for a while it may be either. What was told before stays told so long: a place that was looked for in
   * vain and is found elsewhere may be any place that looks alike.
   */
  overruled(distanceM: number): void {
    this.#overruledM = Math.max(this.#overruledM, distanceM, 2 * this.#endedM);
    this.#agreed = undefined;
  }

  add(distanceM: number): void {
    if (distanceM > 0 && distanceM < Infinity) this.#varianceM2 += distanceM ** 2;
  }

  doubtGpsStart(sigmaM: number): void {
    if (sigmaM < Infinity) this.#gpsStartM = Math.max(this.#gpsStartM, sigmaM);
  }

  observe({ source, timeNs, fused, innovation }: MeasurementOutcome, head: FilterState): void {
    if (source === "attitude" && innovation.length > 0) this.#observeAttitude(innovation, head);
    if (fused && (source === "anchor" || source === "gps")) this.#clear();
    if (fused && source === "gps") this.#overruledM = this.#singleM = 0;
    if (fused && source === "anchor") this.#gpsStartM = 0;
    if (source === "anchor" && innovation.length > 0) this.#observeFix(timeNs, fused);
    if (source !== "odometry") return;
    if (fused) this.#refusedPairs = 0;
    else if (innovation.length > 0 && ++this.#refusedPairs >= PAIRS_REFUSED) {
      this.#contradictedM += Math.hypot(innovation[0], innovation[1]);
    }
  }

  /** In the dark either the gyroscopes or the controller's attitude turn otherwise than the aircraft: so does the way, then. */
  #observeAttitude([x, y, z]: readonly number[], head: FilterState): void {
    const elapsedS = Math.min(ATTITUDE_S_MAX, (head.timeNs - this.#attitudeNs) * 1e-9);
    this.#attitudeNs = head.timeNs;
    const apartRad = Math.min(Math.PI, Math.hypot(x, y, z));
    const gpsAgeS = secondsBetween(head.lastFusedNs("gps"), head.timeNs);
    if (apartRad < APART_RAD || Math.min(pictureAgeS(head), gpsAgeS) < DARK_S) return;
    this.#contradictedM += 2 * Math.sin(apartRad / 2) * head.horizontalSpeedMps() *
      Math.max(0, elapsedS);
  }

  #observeFix(timeNs: number, fused: boolean): void {
    if (!fused) {
      this.#agreed = undefined;
      return;
    }
    const { sinceNs, fixes } = this.#agreed ?? { sinceNs: timeNs, fixes: 0 };
    this.#agreed = { sinceNs, fixes: fixes + 1 };
    if (fixes + 1 >= AGREED_FIXES && timeNs - sinceNs >= AGREED_S * 1e9) this.#overruledM = 0;
  }

  #clear(): void {
    this.#varianceM2 = 0;
    this.#contradictedM = 0;
  }

  /** Undefined where the place does not contradict the filter. */
  takeIfElsewhere(
    stateAt: () => FilterState | undefined,
    [east, north]: Vector3,
    placeVarianceM2: number,
  ): Elsewhere | undefined {
    this.#endedM = Math.sqrt(this.#varianceM2);
    const state = this.#varianceM2 === 0 ? undefined : stateAt();
    if (state === undefined) return undefined;
    const [ownEast, ownNorth] = state.vector("position");
    const distance2 = (east - ownEast) ** 2 + (north - ownNorth) ** 2;
    if (!(distance2 > ELSEWHERE * (positionM2(state) + placeVarianceM2))) return undefined;
    const sigmaM = Math.sqrt(this.#varianceM2);
    this.#clear();
    return { sigmaM, distanceM: Math.sqrt(distance2) };
  }

  /**
   * How far a fused fix has moved the filter against all that this knew, metres; 0 where it was expected: it could only be
   * taken because the motion is in doubt (`elsewhere`) or because others agree with it, or it is the first one of the
   * flight, and 95 % are nearer. `fixes`: so many were fused, this one included. Whatever moves it far is believed no
   * sooner than another one agrees.
   */
  overrulingM(
    { fused, reason, innovation: [east, north], innovationVariance: [eastM2, northM2] }:
      MeasurementOutcome,
    elsewhere: Elsewhere | undefined,
    fixes: number,
  ): number {
    if (!fused) return 0;
    if (elsewhere !== undefined) return elsewhere.distanceM;
    const distanceM = Math.hypot(east, north);
    if (reason === REINITIALISED) return distanceM;
    this.#singleM = distanceM > SURPRISING_M ? Math.max(this.#singleM, distanceM) : 0;
    if (this.#singleM === 0) return 0;
    const isSurprising = east ** 2 / eastM2 + north ** 2 / northM2 > SURPRISING ||
      (this.#endedM > 0 && distanceM > FIRST_FAR_M);
    return fixes === 1 && isSurprising ? distanceM : 0;
  }
}
