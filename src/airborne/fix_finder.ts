/**
 * Where the map says that a frame was taken: around a good estimate, or by a search that several frames
 * confirm; and what of it the state estimator (C5) is given.
 *
 * @module
 */
import type { CameraFrame } from "../navigation/camera/mod.ts";
import type { MonotonicNs, Quaternion, Vector3 } from "../core/mod.ts";
import type { LocalBounds } from "../navigation/map/mod.ts";
import type {
  MeasurementOutcome,
  StateEstimate,
  StateEstimator,
} from "../navigation/state_estimator/mod.ts";
import type { VisionFrame } from "../native/vision/mod.ts";
import { type CameraPrior, footprintM } from "./camera_prior.ts";
import { Confirmation } from "./confirmation.ts";
import { type Location, type Locator, NO_LOCATION } from "./locator.ts";
import { MotionDoubt } from "./motion_doubt.ts";
import type { NavigatorConfig } from "../flight/flight_settings/mod.ts";
import { placeFix } from "./place_fix.ts";
import { SearchEvidence, type StandingPlace } from "./search_evidence.ts";
import { farthestM, StartDoubt } from "./start_doubt.ts";
import { type SearchArea, SearchHint } from "./search_hint.ts";
import type { WorkLimits } from "./work_limits.ts";

interface FixFinderParts {
  readonly estimator: StateEstimator;
  readonly locator: Locator;
  readonly mapBounds: LocalBounds;
  readonly config: NavigatorConfig;
  /** Up to this 1-sigma the estimate itself is searched around (place recognition's setting). */
  readonly priorSigmaMaxM: number;
  /** What the computer allows now. */
  readonly limits?: () => Pick<WorkLimits, "searchEveryFrames">;
  /** null outside of what the estimator still knows. */
  readonly estimateAt: (timeNs: MonotonicNs) => StateEstimate | null;
}

/** What is known of a frame before the map is looked at. */
interface Believed {
  readonly estimate: StateEstimate;
  /** The camera's pose by it. */
  readonly prior: CameraPrior;
  /** Odometry knows the motion since the frame before. */
  readonly isRegistered: boolean;
}

/** What a frame's search came to. */
interface Fixed {
  readonly location: Location;
  /** What the estimator did with the fix; null when it did not get it. */
  readonly fixOutcome: MeasurementOutcome | null;
  /** Why the fix, where there is one, was not fused; empty when it was. */
  readonly reason: string;
}

export class FixFinder {
  readonly #parts: FixFinderParts;
  readonly #confirmation: Confirmation;
  readonly #evidence: SearchEvidence;
  readonly #doubt: StartDoubt;
  readonly #motionDoubt: MotionDoubt;
  readonly #hint = new SearchHint();
  /** Frames in a row without a fix although the estimate is good. */
  #unmatched = 0;
  /** Frames since the last search without a good estimate. */
  #sinceSearch = Infinity;
  /** Frames in a row that odometry did not register. */
  #sinceMotion = 0;

  constructor(parts: FixFinderParts) {
    this.#parts = parts;
    this.#confirmation = new Confirmation(parts.config.confirmations);
    this.#evidence = new SearchEvidence(parts.config.evidence);
    this.#doubt = new StartDoubt(parts.config.doubt);
    this.#motionDoubt = new MotionDoubt(parts.config.doubt);
  }

  /** The crew says where the aircraft is: the next frames are sought there. */
  seek(area: SearchArea): void {
    this.#confirmation.drop();
    this.#evidence.drop();
    this.#sinceSearch = Infinity;
    this.#hint.set(area, this.#parts.config.hintFrames);
  }

  async fix(
    camera: CameraFrame,
    frame: VisionFrame,
    { estimate, prior: believed, isRegistered }: Believed,
  ): Promise<Fixed> {
    const timeNs = camera.exposureMidNs;
    this.#loseMotionCredit(estimate);
    const confirmed = this.#confirmed(believed, estimate);
    // A start that may be far off, as is told, is looked at all the same until the filter doubts it itself.
    const isUntold = this.#isUnconfirmed(estimate) ||
      this.#parts.estimator.health().gps === "trusted";
    const prior = this.#hint.applied(isUntold ? confirmed : believed);
    if (prior.heightM < this.#parts.config.heightMinM) {
      return {
        location: { ...NO_LOCATION, reason: "too_low" },
        fixOutcome: null,
        reason: "too_low",
      };
    }
    const bodyFromCamera = camera.calibration.bodyFromCamera;
    if (prior.sigmaHorizontalM <= this.#parts.priorSigmaMaxM) {
      this.#confirmation.drop();
      const wider = this.#widened(prior);
      const near = await this.#parts.locator.locate(frame, timeNs, wider, bodyFromCamera);
      const outcome = this.#fuse(
        near.fix === null && this.#isFirstSought(estimate)
          ? await this.#parts.locator.locate(
            frame,
            timeNs,
            this.#firstSought(wider),
            bodyFromCamera,
          )
          : near,
      );
      this.#unmatched = outcome.fixOutcome?.fused ? 0 : this.#unmatched + 1;
      await this.#doubtStart(frame, estimate, prior);
      return outcome;
    }
    const near = await this.#lookNear(frame, timeNs, confirmed, bodyFromCamera);
    if (near !== null) return near;
    this.#loseCredit(estimate, prior);
    this.#follow(estimate);
    const expected = this.#candidatePrior(estimate, prior);
    if (expected === null && this.#isMotionAwaited(isRegistered)) {
      return this.#withheld({ ...NO_LOCATION, reason: "motion_unknown" });
    }
    if (expected === null) {
      return await this.#search(camera, frame, this.#searchedFor(estimate, prior));
    }
    const location = await this.#parts.locator.locate(frame, timeNs, expected, bodyFromCamera);
    return this.#confirm(location, expected, timeNs);
  }

  /**
   * Where only what nothing has confirmed is in doubt, which is right more often than not, the place that the filter
   * believes in is looked at before all others are. null where the filter takes no fix there.
   */
  async #lookNear(
    frame: VisionFrame,
    timeNs: MonotonicNs,
    near: CameraPrior,
    bodyFromCamera: Quaternion,
  ): Promise<Fixed | null> {
    if (this.#hint.counts || near.sigmaHorizontalM > this.#parts.priorSigmaMaxM) return null;
    const location = await this.#parts.locator.locate(frame, timeNs, near, bodyFromCamera);
    if (location.fix === null) return null;
    const fixed = this.#fuse(location);
    if (!fixed.fixOutcome?.fused) return null;
    this.#confirmation.drop();
    this.#unmatched = 0;
    return fixed;
  }

  /** Without a fix ever the start is in doubt; without GPS, too, another place may be a better one. */
  async #doubtStart(
    frame: VisionFrame,
    estimate: StateEstimate,
    prior: CameraPrior,
  ): Promise<void> {
    const { config: { doubt }, estimator, locator } = this.#parts;
    if (this.#unmatched === 0 || Number.isFinite(estimate.anchorAgeS)) {
      this.#doubt.clear();
      this.#evidence.drop();
      return;
    }
    this.#missStart(estimate, footprintM(frame, prior));
    if (!this.#isUnconfirmed(estimate)) {
      this.#evidence.drop();
      return;
    }
    this.#loseCredit(estimate, prior);
    this.#follow(estimate);
    if (!this.#doubt.isSearchDue(estimate.timeNs)) return;
    const sigmaHorizontalM = this.#doubt.searchM(estimate.timeNs);
    const scores = await locator.scores(frame, { ...prior, sigmaHorizontalM });
    if (scores === null) return;
    this.#evidence.add(scores, footprintM(frame, prior));
    const distanceM = this.#evidence.contradicts(prior.positionLocalM, doubt);
    if (distanceM > 0) estimator.doubtPosition(distanceM);
  }

  #isUnconfirmed(estimate: StateEstimate): boolean {
    const { gps, fused } = this.#parts.estimator.health();
    return !Number.isFinite(estimate.anchorAgeS) && (gps === "demoted" || fused.gps === 0);
  }

  /** Without what is told of a start, a motion or a place that nothing has confirmed. */
  #confirmed(prior: CameraPrior, { unconfirmedM = 0 }: StateEstimate): CameraPrior {
    const sigmaHorizontalM = Math.sqrt(
      Math.max(0, prior.sigmaHorizontalM ** 2 - unconfirmedM ** 2),
    );
    return { ...prior, sigmaHorizontalM };
  }

  /** A start that nothing confirms is sought as far away as it was before the filter itself doubted it. */
  #searchedFor(estimate: StateEstimate, prior: CameraPrior): CameraPrior {
    if (this.#hint.counts || !this.#isUnconfirmed(estimate)) return prior;
    const sigmaHorizontalM = Math.max(
      prior.sigmaHorizontalM,
      this.#doubt.searchM(estimate.timeNs),
    );
    return { ...prior, sigmaHorizontalM };
  }

  /** A start that the map does not show: GPS may have told it wrongly, or nobody knows it. */
  #missStart(estimate: StateEstimate, shownM: number): void {
    const { config: { doubt }, estimator } = this.#parts;
    if (shownM < doubt.toldFootprintM) return;
    if (estimator.health().fused.gps > 0) {
      estimator.doubtGpsStart(this.#doubt.missedByGpsM(estimate.timeNs));
      return;
    }
    const farM = farthestM(this.#parts.mapBounds, estimate.positionLocalM);
    const addedM = this.#doubt.missedM(estimate.timeNs, farM);
    if (addedM > 0) estimator.doubtMotion(addedM);
  }

  /** A start that no picture confirms is worth less with every frame. */
  #loseCredit(estimate: StateEstimate, prior: CameraPrior): void {
    if (!this.#isUnconfirmed(estimate)) return;
    const growthM = this.#doubt.growthM(estimate.timeNs, prior.sigmaHorizontalM);
    if (growthM > 0 && prior.sigmaHorizontalM < this.#parts.config.doubt.sigmaMaxM) {
      this.#parts.estimator.doubtPosition(growthM);
    }
  }

  #loseMotionCredit(estimate: StateEstimate): void {
    const { estimator } = this.#parts;
    const growthM = this.#motionDoubt.growthM(estimate, estimator.health());
    if (growthM > 0) estimator.doubtMotion(growthM);
  }

  /** Evidence of the frames before moves along with the estimator. */
  #follow({ timeNs, positionLocalM }: StateEstimate): void {
    const { lastNs } = this.#evidence;
    const then = lastNs === null ? null : this.#parts.estimateAt(lastNs);
    this.#evidence.follow({ timeNs, positionLocalM }, then?.positionLocalM ?? null);
  }

  async #search(
    camera: CameraFrame,
    frame: VisionFrame,
    prior: CameraPrior,
  ): Promise<Fixed> {
    if (!this.#isSearchDue()) return this.#withheld({ ...NO_LOCATION, reason: "throttled" });
    const { exposureMidNs: timeNs, calibration } = camera;
    const { bodyFromCamera } = calibration;
    const location = await this.#parts.locator.locate(frame, timeNs, prior, bodyFromCamera);
    if (location.scores !== undefined) {
      this.#evidence.add(location.scores, footprintM(frame, prior));
      const { place } = this.#evidence;
      if (place !== null) return await this.#settle(camera, frame, prior, place);
    }
    this.#followUp(location, footprintM(frame, prior));
    return this.#withheld(location);
  }

  /** The next frames are to confirm the place; a search that compared all others has spoken for it, or not. */
  #followUp({ fix, scores }: Location, footprintM: number): void {
    if (fix === null) return;
    const { timeNs, posterior: { positionLocalM } } = fix;
    const aheadM = scores === undefined ? this.#parts.config.confirmFootprints * footprintM : 0;
    if (scores === undefined || this.#evidence.allows(positionLocalM)) {
      this.#confirmation.open(timeNs, positionLocalM, aheadM);
    }
  }

  /** The place that stands out: by its tie points, or where there are too few as the search has it. */
  async #settle(
    camera: CameraFrame,
    frame: VisionFrame,
    prior: CameraPrior,
    place: StandingPlace,
  ): Promise<Fixed> {
    const { exposureMidNs: timeNs, calibration: { bodyFromCamera } } = camera;
    this.#confirmation.drop();
    const at: CameraPrior = {
      ...prior,
      positionLocalM: [place.eastM, place.northM, prior.positionLocalM[2]],
      sigmaHorizontalM: place.sigmaM,
    };
    const close = await this.#parts.locator.locate(frame, timeNs, at, bodyFromCamera);
    const isThere = close.fix !== null &&
      distance(close.fix.posterior.positionLocalM, at.positionLocalM) <= 3 * place.sigmaM;
    const fix = isThere ? close.fix : placeFix(timeNs, prior, place, bodyFromCamera);
    return this.#fuse({ ...close, fix, method: "exhaustive" });
  }

  /**
   * Where the filter's covariance is too small the true place lies outside of the search circle: after
   * some frames without a fix each further one widens the circle.
   */
  #widened(prior: CameraPrior): CameraPrior {
    const { widenAfter, widenShare } = this.#parts.config;
    const frames = Math.max(0, this.#unmatched - widenAfter);
    return this.#atLeast(prior, frames * widenShare * prior.heightM);
  }

  /** Start and GPS may be wrong alike: until a frame is found the first ones are sought further away, too. */
  #isFirstSought({ anchorAgeS }: StateEstimate): boolean {
    return !Number.isFinite(anchorAgeS) && this.#unmatched < this.#parts.config.widenAfter;
  }

  #firstSought(prior: CameraPrior): CameraPrior {
    return this.#atLeast(prior, this.#parts.config.firstShare * prior.heightM);
  }

  #atLeast(prior: CameraPrior, sigmaM: number): CameraPrior {
    const wideM = Math.min(this.#parts.priorSigmaMaxM, sigmaM);
    return { ...prior, sigmaHorizontalM: Math.max(prior.sigmaHorizontalM, wideM) };
  }

  /**
   * Frames that come while the map is searched are left out. Where odometry does not bridge such a gap the
   * next frame comes soon, and the search waits for it: evidence is worth nothing without the motion.
   */
  #isMotionAwaited(isRegistered: boolean): boolean {
    this.#sinceMotion = isRegistered || this.#sinceMotion >= this.#parts.config.motionFrames
      ? 0
      : this.#sinceMotion + 1;
    return this.#sinceMotion > 0;
  }

  /** A search costs many times what a look around the estimate does: a hot computer makes fewer. */
  #isSearchDue(): boolean {
    const everyFrames = this.#parts.limits?.().searchEveryFrames ?? 1;
    this.#sinceSearch++;
    if (this.#sinceSearch < everyFrames) return false;
    this.#sinceSearch = 0;
    return true;
  }

  /** Where the aircraft must be now if the candidate was right; null without a candidate. */
  #candidatePrior(estimate: StateEstimate, prior: CameraPrior): CameraPrior | null {
    const candidate = this.#confirmation.candidate;
    const then = candidate === null ? null : this.#parts.estimateAt(candidate.timeNs);
    if (candidate === null || then === null) {
      this.#confirmation.drop();
      return null;
    }
    const moved = (axis: 0 | 1 | 2) =>
      candidate.positionLocalM[axis] + estimate.positionLocalM[axis] - then.positionLocalM[axis];
    return {
      ...prior,
      positionLocalM: [moved(0), moved(1), prior.positionLocalM[2]],
      sigmaHorizontalM: this.#parts.config.confirmShare * prior.heightM / 2,
    };
  }

  #confirm(
    location: Location,
    expected: CameraPrior,
    timeNs: MonotonicNs,
  ): Fixed {
    const { fix } = location;
    const within = this.#parts.config.confirmShare * expected.heightM;
    if (fix === null || distance(fix.posterior.positionLocalM, expected.positionLocalM) > within) {
      this.#confirmation.miss(timeNs, expected.positionLocalM);
      return this.#withheld(location);
    }
    const confirmed = this.#confirmation.agree(timeNs, fix.posterior.positionLocalM);
    const searched: Location = { ...location, method: "exhaustive" };
    return confirmed ? this.#fuse(searched) : this.#withheld(searched);
  }

  #withheld(location: Location): Fixed {
    return {
      location,
      fixOutcome: null,
      reason: location.fix === null ? location.reason : "unconfirmed",
    };
  }

  #fuse(location: Location): Fixed {
    if (location.fix === null) return this.#withheld(location);
    const { timeNs, measurementOnly } = location.fix;
    const fixOutcome = this.#parts.estimator.addPoseAnchor({ timeNs, ...measurementOnly });
    if (fixOutcome.fused) this.#hint.clear();
    return { location, fixOutcome, reason: fixOutcome.fused ? "" : fixOutcome.reason ?? "refused" };
  }
}

function distance(a: Vector3, b: Vector3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
