/**
 * What the motion is worth that nothing has ever confirmed: neither several fixes (one may be a wrong
 * one), nor GPS for long enough that odometry had to agree with it. A heading, a camera or a clock that
 * is wrong from the first moment on turns or scales the whole track, and no sensor on board contradicts
 * another one. A heading that is wrong by 180° makes the position wrong by twice the way that was flown.
 * Where a second of GPS has measured by how much the motion is wrong, that counts instead.
 *
 * @module
 */
import type { MonotonicNs } from "../core/mod.ts";
import type { EstimatorHealth, StateEstimate } from "../navigation/state_estimator/mod.ts";
import type { NavigatorConfig } from "../flight/flight_settings/mod.ts";

/** A frame counts for so long at most. */
const FRAME_S_MAX = 1;
const NOTHING_FUSED = { gps: 0, anchor: 0, odometry: 0 };

export class MotionDoubt {
  readonly #config: NavigatorConfig["doubt"];
  #lastNs: MonotonicNs | null = null;
  /** When GPS or a fix last told the place. */
  #toldNs: MonotonicNs | null = null;
  #fused: Pick<EstimatorHealth["fused"], "gps" | "anchor" | "odometry"> = NOTHING_FUSED;
  /** Seconds in which GPS and odometry were both fused. */
  #agreedS = 0;
  /** Flown since the place was told last, metres. */
  #flownM = 0;

  constructor(config: NavigatorConfig["doubt"]) {
    this.#config = config;
  }

  /**
   * What a frame adds to what `StateEstimator.doubtMotion` holds, metres: squares add up.
   * 0 where there was neither GPS nor a fix, for then it is the start that is in doubt (`StartDoubt`).
   */
  growthM(
    { timeNs, velocityLocalMps: [east, north] }: StateEstimate,
    { fused, rejected, motionShare }: Pick<
      EstimatorHealth,
      "fused" | "rejected" | "motionShare"
    >,
  ): number {
    const elapsedS = Math.min(FRAME_S_MAX, (timeNs - (this.#lastNs ?? timeNs)) * 1e-9);
    this.#lastNs = timeNs;
    const before = this.#fused;
    this.#fused = fused;
    const hasGps = fused.gps > before.gps;
    if (hasGps && fused.odometry > before.odometry) this.#agreedS += elapsedS;
    if (hasGps || fused.anchor > before.anchor) {
      this.#toldNs = timeNs;
      this.#flownM = 0;
    }
    const { motionConfirmedS, motionFixes, motionAfterS } = this.#config;
    const isConfirmed = fused.anchor >= motionFixes || this.#agreedS >= motionConfirmedS;
    if (isConfirmed || this.#toldNs === null) return 0;
    const beforeM = this.#flownM;
    this.#flownM += Math.hypot(east, north) * elapsedS;
    if ((timeNs - this.#toldNs) * 1e-9 < motionAfterS) return 0;
    const growthM2 = this.#flownM ** 2 - beforeM ** 2;
    // A fix that is refused says that the motion has gone wrong since it was measured.
    const measured = rejected.anchor > 0 ? Infinity : motionShare;
    return Math.min(this.#config.motionShare, measured) * Math.sqrt(growthM2);
  }
}
