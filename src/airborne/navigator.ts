/**
 * One frame through camera, odometry (C1), place recognition (C2), matcher (C3), pose (C4) and state
 * estimator (C5), to the estimate at its exposure.
 *
 * @module
 */
import type { CameraFrame } from "../navigation/camera/mod.ts";
import { type LocalFrame, type MonotonicNs, radiansFromDegrees } from "../core/mod.ts";
import {
  EstimateUnavailableError,
  type MeasurementOutcome,
  type StateEstimate,
  type StateEstimator,
} from "../navigation/state_estimator/mod.ts";
import type { LocalBounds } from "../navigation/map/mod.ts";
import type { NavigatorConfig } from "../flight/flight_settings/mod.ts";
import type { Terrain } from "../navigation/terrain/mod.ts";
import type {
  CameraHint,
  MotionHint,
  VioImuSample,
  VioOutput,
  VioStrategy,
} from "../navigation/vio/mod.ts";
import { VisionFrame, type VisionLibrary } from "../native/vision/mod.ts";
import { type CameraPrior, cameraPrior } from "./camera_prior.ts";
import { FixFinder } from "./fix_finder.ts";
import type { Location, Locator } from "./locator.ts";
import type { SearchArea } from "./search_hint.ts";
import type { StageTimes } from "./stage_clock.ts";
import type { WorkLimits } from "./work_limits.ts";

/** The picture's plane is fitted to the ground so far either way, as a share of the height. */
const PLANE_SHARE = 0.4;
/** So many frames later a frame is recorded once more, smoothed. */
const SMOOTHED_FRAMES = 8;

interface NavigatorParts {
  readonly vision: VisionLibrary;
  readonly estimator: StateEstimator;
  readonly vio: VioStrategy;
  readonly locator: Locator;
  readonly localFrame: LocalFrame;
  readonly mapBounds: LocalBounds;
  /** null: the ground is flat. */
  readonly terrain: Terrain | null;
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
  /** Of an earlier frame, with what was measured since; for the record alone. */
  readonly smoothed?: StateEstimate;
  readonly vio: VioOutput;
  readonly location: Location;
  /** What the estimator did with the fix; null when it did not get it. */
  readonly fixOutcome: MeasurementOutcome | null;
  /** Why the fix, where there is one, was not fused; empty when it was. */
  readonly reason: string;
  readonly latencyMs: number;
  readonly stages: StageTimes;
}

export class Navigator {
  readonly #parts: NavigatorParts;
  readonly #finder: FixFinder;
  /** By how much the pictures are older than their stamps, as far as that is known. */
  #delayS = 0;
  /** Of the newest frame that was given out smoothed. */
  #smoothedNs = -Infinity;

  constructor(parts: NavigatorParts) {
    this.#parts = parts;
    this.#finder = new FixFinder({ ...parts, estimateAt: (timeNs) => this.#estimateAt(timeNs) });
  }

  /** For an odometry that integrates the IMU itself; the estimator has its own samples. */
  addImu(sample: VioImuSample): void {
    this.#parts.vio.addImu?.(sample);
  }

  /** The crew says where the aircraft is: the next frames are sought there. */
  seek(area: SearchArea): void {
    this.#finder.seek(area);
  }

  /**
   * Processes one frame. null where the estimator has no estimate at its exposure: before the first
   * attitude and IMU sample, or outside of the kept history.
   *
   * @throws DataError when the picture is not a JPEG of the calibrated size; what a strategy throws.
   * The next frame can be processed all the same.
   */
  async processFrame(given: CameraFrame): Promise<FrameOutcome | null> {
    const startMs = performance.now();
    const camera = await this.#dated(given);
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

  /** A camera that stamps old pictures as new: the exposure is taken for as much earlier as was measured. */
  async #dated(camera: CameraFrame): Promise<CameraFrame> {
    const { estimator, vio } = this.#parts;
    const delayS = estimator.health().pictureDelayS;
    if (delayS !== this.#delayS) {
      // The frame before it has another delay: nothing is known of the time between the two.
      await vio.reset();
      this.#delayS = delayS;
    }
    const exposureMidNs = (camera.exposureMidNs - Math.round(delayS * 1e9)) as MonotonicNs;
    return delayS === 0 ? camera : { ...camera, exposureMidNs };
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
    const believed = estimator.estimateAt(timeNs);
    const { location, fixOutcome, reason } = await this.#finder.fix(camera, frame, {
      estimate: believed,
      prior: this.#prior(believed, camera),
      isRegistered: odometry.motion !== null,
    });
    const estimate = estimator.estimateAt(timeNs);
    return {
      sequence: camera.sequence,
      timeNs,
      estimate,
      ...this.#smoothed(),
      vio: { ...odometry, state: vio.health().state },
      location,
      fixOutcome,
      reason,
      latencyMs: performance.now() - startMs,
      stages: stages.take(),
    };
  }

  /** Each frame once, where the estimator smooths anyway. */
  #smoothed(): Pick<FrameOutcome, "smoothed"> {
    const { estimator } = this.#parts;
    if (estimator.isSmoother !== true) return {};
    const [smoothed] = estimator.smoothedHistory(SMOOTHED_FRAMES, 1);
    if (smoothed === undefined || smoothed.timeNs <= this.#smoothedNs) return {};
    this.#smoothedNs = smoothed.timeNs;
    return { smoothed };
  }

  /** The odometry keeps the frame until the next one comes. */
  async #odometry(camera: CameraFrame, frame: VisionFrame): Promise<VioOutput> {
    const { vio, estimator } = this.#parts;
    const bodyFromCamera = camera.calibration.bodyFromCamera;
    let hint: MotionHint | null;
    try {
      hint = this.#motionHint(camera);
    } catch (error) {
      await frame.close();
      throw error;
    }
    const lastNs = vio.lastFrameNs();
    return await vio.addFrame(
      { timeNs: camera.exposureMidNs, frame, bodyFromCamera, picture: camera },
      hint,
      () => this.#hintBy(camera, lastNs, (timeNs) => estimator.estimateWithoutImu(timeNs) ?? null),
    );
  }

  #motionHint(camera: CameraFrame): MotionHint | null {
    const lastNs = this.#parts.vio.lastFrameNs();
    return this.#hintBy(camera, lastNs, (timeNs) => this.#estimateAt(timeNs));
  }

  #hintBy(
    camera: CameraFrame,
    lastNs: MonotonicNs | null,
    estimateAt: (timeNs: MonotonicNs) => StateEstimate | null,
  ): MotionHint | null {
    const from = lastNs === null ? null : estimateAt(lastNs);
    const to = estimateAt(camera.exposureMidNs);
    return from === null || to === null
      ? null
      : { from: this.#over(this.#prior(from, camera)), to: this.#prior(to, camera) };
  }

  /** With the plane of the ground that the picture shows. */
  #over(prior: CameraPrior): CameraHint {
    const { terrain } = this.#parts;
    if (terrain === null) return prior;
    const [eastM, northM] = prior.positionLocalM;
    const radiusM = PLANE_SHARE * Math.max(1, prior.heightM);
    return { ...prior, ground: { ...terrain.plane(eastM, northM, radiusM), terrain } };
  }

  #prior(estimate: StateEstimate, camera: CameraFrame): CameraPrior {
    const { config, terrain } = this.#parts;
    return cameraPrior(estimate, camera.calibration.bodyFromCamera, {
      sigmaTiltRad: Math.hypot(
        radiansFromDegrees(config.sigmaTiltMinDeg),
        this.#mountingSigmaRad(estimate, camera),
      ),
      sigmaHeadingRad: radiansFromDegrees(config.sigmaHeadingMinDeg),
    }, terrain);
  }

  /** Until a few fixes have been fused the mounting is as uncertain as the calibration says. */
  #mountingSigmaRad(estimate: StateEstimate, camera: CameraFrame): number {
    return Number.isFinite(estimate.anchorAgeS)
      ? 0
      : radiansFromDegrees(camera.calibration.mountingSigmaDeg);
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
