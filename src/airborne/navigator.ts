/**
 * One frame through camera, odometry (C1), place recognition (C2), matcher (C3), pose (C4) and state
 * estimator (C5), to the estimate at its exposure.
 *
 * @module
 */
import type { CameraFrame } from "../navigation/camera/mod.ts";
import {
  type LocalFrame,
  type MonotonicNs,
  radiansFromDegrees,
  type Vector3,
} from "../core/mod.ts";
import {
  EstimateUnavailableError,
  type MeasurementOutcome,
  type StateEstimate,
  type StateEstimator,
} from "../navigation/state_estimator/mod.ts";
import type { MotionHint, VioOutput, VioStrategy } from "../navigation/vio/mod.ts";
import { VisionFrame, type VisionLibrary } from "../native/vision/mod.ts";
import { type CameraPrior, cameraPrior } from "./camera_prior.ts";
import { Confirmation } from "./confirmation.ts";
import type { Location, Locator } from "./locator.ts";
import type { NavigatorConfig } from "./navigator_config.ts";
import type { StageTimes } from "./stage_clock.ts";
import type { WorkLimits } from "./work_limits.ts";

interface NavigatorParts {
  readonly vision: VisionLibrary;
  readonly estimator: StateEstimator;
  readonly vio: VioStrategy;
  readonly locator: Locator;
  readonly localFrame: LocalFrame;
  readonly config: NavigatorConfig;
  /** Up to this 1-sigma the estimate itself is searched around (place recognition's setting). */
  readonly priorSigmaMaxM: number;
  /** What the computer allows now. */
  readonly limits?: () => Pick<WorkLimits, "searchEveryFrames">;
}

/** What one frame came to. */
export interface FrameOutcome {
  readonly sequence: number;
  readonly timeNs: MonotonicNs;
  readonly estimate: StateEstimate;
  readonly vio: VioOutput;
  readonly location: Location;
  /** What the estimator did with the fix; null when it did not get it. */
  readonly fixOutcome: MeasurementOutcome | null;
  /** Why the fix, where there is one, was not fused; empty when it was. */
  readonly reason: string;
  readonly latencyMs: number;
  readonly stages: StageTimes;
}

/** Where the crew says that the aircraft is, in the local frame. */
interface SearchHint {
  readonly eastM: number;
  readonly northM: number;
  readonly radiusM: number;
  /** It is forgotten after so many frames without a place there. */
  readonly framesLeft: number;
}

const NO_LOCATION: Location = {
  fix: null,
  reason: "",
  score: -1,
  margin: 0,
  inliers: 0,
  method: "prior",
};

export class Navigator {
  readonly #parts: NavigatorParts;
  readonly #confirmation: Confirmation;
  /** Frames in a row without a fix although the estimate is good. */
  #unmatched = 0;
  /** Frames since the last search without a good estimate. */
  #sinceSearch = Infinity;
  #hint: SearchHint | null = null;

  constructor(parts: NavigatorParts) {
    this.#parts = parts;
    this.#confirmation = new Confirmation(parts.config.confirmations);
  }

  /** The crew says where the aircraft is: the next frames are sought there. */
  seek({ eastM, northM, radiusM }: Omit<SearchHint, "framesLeft">): void {
    this.#confirmation.drop();
    this.#sinceSearch = Infinity;
    this.#hint = { eastM, northM, radiusM, framesLeft: this.#parts.config.hintFrames };
  }

  /**
   * Processes one frame. null where the estimator has no estimate at its exposure: before the first
   * attitude and IMU sample, or outside of the kept history.
   *
   * @throws DataError when the picture is not a JPEG of the calibrated size; what a strategy throws.
   * The next frame can be processed all the same.
   */
  async processFrame(camera: CameraFrame): Promise<FrameOutcome | null> {
    const startMs = performance.now();
    if (this.#estimateAt(camera.exposureMidNs) === null) return null;
    const { stages } = this.#parts.locator;
    stages.enter("estimator");
    try {
      return await this.#process(camera, startMs);
    } catch (error) {
      // The times of this frame are not those of the next.
      stages.take();
      throw error;
    }
  }

  async #process(camera: CameraFrame, startMs: number): Promise<FrameOutcome> {
    const { vision, vio, estimator } = this.#parts;
    const timeNs = camera.exposureMidNs;
    const name = camera.name ?? `frame ${camera.sequence}`;
    const { stages } = this.#parts.locator;
    const frame = await stages.during(
      "decode",
      () =>
        camera.grey === undefined
          ? VisionFrame.decode(vision, camera.jpeg, camera.calibration, name)
          : VisionFrame.fromGrey(vision, camera.grey, camera.calibration, name),
    );
    const odometry = await stages.during("odometry", () => this.#odometry(camera, frame));
    if (odometry.motion !== null) estimator.addVio(odometry.motion);
    const { location, fixOutcome, reason } = await this.#fix(camera, frame);
    const estimate = estimator.estimateAt(timeNs);
    return {
      sequence: camera.sequence,
      timeNs,
      estimate,
      vio: { ...odometry, state: vio.health().state },
      location,
      fixOutcome,
      reason,
      latencyMs: performance.now() - startMs,
      stages: stages.take(),
    };
  }

  /** The odometry keeps the frame until the next one comes. */
  async #odometry(camera: CameraFrame, frame: VisionFrame): Promise<VioOutput> {
    const { vio } = this.#parts;
    const bodyFromCamera = camera.calibration.bodyFromCamera;
    let hint: MotionHint | null;
    try {
      hint = this.#motionHint(camera);
    } catch (error) {
      await frame.close();
      throw error;
    }
    return await vio.addFrame({ timeNs: camera.exposureMidNs, frame, bodyFromCamera }, hint);
  }

  #motionHint(camera: CameraFrame): MotionHint | null {
    const lastNs = this.#parts.vio.lastFrameNs();
    const from = lastNs === null ? null : this.#estimateAt(lastNs);
    const to = this.#estimateAt(camera.exposureMidNs);
    return from === null || to === null
      ? null
      : { from: this.#prior(from, camera), to: this.#prior(to, camera) };
  }

  #prior(estimate: StateEstimate, camera: CameraFrame): CameraPrior {
    const { config } = this.#parts;
    return cameraPrior(estimate, camera.calibration.bodyFromCamera, {
      sigmaTiltRad: Math.hypot(
        radiansFromDegrees(config.sigmaTiltMinDeg),
        this.#mountingSigmaRad(estimate, camera),
      ),
      sigmaHeadingRad: radiansFromDegrees(config.sigmaHeadingMinDeg),
    });
  }

  /** Until a few fixes have been fused the mounting is as uncertain as the calibration says. */
  #mountingSigmaRad(estimate: StateEstimate, camera: CameraFrame): number {
    return Number.isFinite(estimate.anchorAgeS)
      ? 0
      : radiansFromDegrees(camera.calibration.mountingSigmaDeg);
  }

  async #fix(
    camera: CameraFrame,
    frame: VisionFrame,
  ): Promise<Pick<FrameOutcome, "location" | "fixOutcome" | "reason">> {
    const timeNs = camera.exposureMidNs;
    const estimate = this.#parts.estimator.estimateAt(timeNs);
    const prior = this.#hinted(this.#prior(estimate, camera));
    if (prior.positionLocalM[2] < this.#parts.config.heightMinM) {
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
      const outcome = this.#fuse(
        await this.#parts.locator.locate(frame, timeNs, wider, bodyFromCamera),
      );
      this.#unmatched = outcome.fixOutcome?.fused ? 0 : this.#unmatched + 1;
      return outcome;
    }
    const expected = this.#candidatePrior(estimate, prior);
    if (expected === null) {
      if (!this.#isSearchDue()) return this.#withheld({ ...NO_LOCATION, reason: "throttled" });
      const location = await this.#parts.locator.locate(frame, timeNs, prior, bodyFromCamera);
      if (location.fix !== null) {
        this.#confirmation.open(timeNs, location.fix.posterior.positionLocalM);
      }
      return this.#withheld(location);
    }
    const location = await this.#parts.locator.locate(frame, timeNs, expected, bodyFromCamera);
    return this.#confirm(location, expected, timeNs);
  }

  /**
   * Where the filter's covariance is too small the true place lies outside of the search circle: after
   * some frames without a fix each further one widens the circle.
   */
  #widened(prior: CameraPrior): CameraPrior {
    const { config, priorSigmaMaxM } = this.#parts;
    const frames = Math.max(0, this.#unmatched - config.widenAfter);
    const wideM = Math.min(priorSigmaMaxM, frames * config.widenShare * prior.positionLocalM[2]);
    return { ...prior, sigmaHorizontalM: Math.max(prior.sigmaHorizontalM, wideM) };
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
    const then = candidate === null ? null : this.#estimateAt(candidate.timeNs);
    if (candidate === null || then === null) {
      this.#confirmation.drop();
      return null;
    }
    const moved = (axis: 0 | 1 | 2) =>
      candidate.positionLocalM[axis] + estimate.positionLocalM[axis] - then.positionLocalM[axis];
    const heightM = prior.positionLocalM[2];
    return {
      ...prior,
      positionLocalM: [moved(0), moved(1), heightM],
      sigmaHorizontalM: this.#parts.config.confirmShare * heightM / 2,
    };
  }

  #confirm(
    location: Location,
    expected: CameraPrior,
    timeNs: MonotonicNs,
  ): Pick<FrameOutcome, "location" | "fixOutcome" | "reason"> {
    const { fix } = location;
    const within = this.#parts.config.confirmShare * expected.positionLocalM[2];
    if (fix === null || distance(fix.posterior.positionLocalM, expected.positionLocalM) > within) {
      this.#confirmation.miss(timeNs, expected.positionLocalM);
      return this.#withheld(location);
    }
    const confirmed = this.#confirmation.agree(timeNs, fix.posterior.positionLocalM);
    const searched: Location = { ...location, method: "exhaustive" };
    return confirmed ? this.#fuse(searched) : this.#withheld(searched);
  }

  #withheld(location: Location): Pick<FrameOutcome, "location" | "fixOutcome" | "reason"> {
    return {
      location,
      fixOutcome: null,
      reason: location.fix === null ? location.reason : "unconfirmed",
    };
  }

  /** The prior as the crew's hint has it, as long as that counts. */
  #hinted(prior: CameraPrior): CameraPrior {
    const hint = this.#hint;
    if (hint === null) return prior;
    this.#hint = hint.framesLeft > 1 ? { ...hint, framesLeft: hint.framesLeft - 1 } : null;
    return {
      ...prior,
      positionLocalM: [hint.eastM, hint.northM, prior.positionLocalM[2]],
      sigmaHorizontalM: hint.radiusM / 2,
    };
  }

  #fuse(location: Location): Pick<FrameOutcome, "location" | "fixOutcome" | "reason"> {
    if (location.fix === null) return this.#withheld(location);
    const { timeNs, measurementOnly } = location.fix;
    const fixOutcome = this.#parts.estimator.addPoseAnchor({ timeNs, ...measurementOnly });
    if (fixOutcome.fused) this.#hint = null;
    return { location, fixOutcome, reason: fixOutcome.fused ? "" : fixOutcome.reason ?? "refused" };
  }

  /** null outside of what the estimator still knows. */
  #estimateAt(timeNs: MonotonicNs): StateEstimate | null {
    try {
      return this.#parts.estimator.estimateAt(timeNs);
    } catch (error) {
      if (error instanceof EstimateUnavailableError) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#parts.vio.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function distance(a: Vector3, b: Vector3): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
