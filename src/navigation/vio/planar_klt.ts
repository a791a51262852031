/**
 * `planar_klt`: KLT tracks over a plane, scale from the height over it (equations in README).
 *
 * @module
 */
import {
  addPoseVariance,
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  type MonotonicNs,
  quaternionConjugate,
  quaternionFromMatrix,
  quaternionFromRotationVector,
  quaternionMultiply,
  rotate,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../core/mod.ts";
import {
  type PlanarMotion,
  planarMotion,
  trackFrames,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import type { GroundPlane } from "../terrain/mod.ts";
import type { PlanarKltConfig } from "./config.ts";
import { withoutParallax } from "./relief_parallax.ts";
import type {
  MotionHint,
  VioFrame,
  VioHealth,
  VioMotion,
  VioOutput,
  VioState,
  VioStrategy,
} from "./contract.ts";

/** The motion that the estimator expects, in the camera axes of the last frame. */
interface Prediction {
  readonly rotation: Matrix3;
  readonly translationPerDistance: Vector3;
  /** Unit normal towards the ground. */
  readonly normal: Vector3;
  /** From the ground's plane, along its normal. */
  readonly distanceM: number;
  /** Over the ground, and of that ground over up = 0. */
  readonly heightM: number;
  readonly groundUpM: number;
}

/** What came of the comparison of two frames by one hint. */
interface Attempt {
  readonly reason: string;
  readonly tracks?: PlanarMotion;
  /** Absent: they do not register. */
  readonly found?: VioMotion;
  readonly residualPx?: number;
}

export class PlanarKlt implements VioStrategy {
  readonly strategyLabel = "planar_klt";
  readonly #vision: VisionLibrary;
  readonly #config: PlanarKltConfig;
  #last: VioFrame | null = null;
  #state: VioState = "initialising";
  #frames = 0;
  #registered = 0;
  #failures = 0;

  constructor(vision: VisionLibrary, config: PlanarKltConfig) {
    this.#vision = vision;
    this.#config = config;
  }

  lastFrameNs(): MonotonicNs | null {
    return this.#last?.timeNs ?? null;
  }

  async addFrame(
    next: VioFrame,
    hint: MotionHint | null,
    otherHint: () => MotionHint | null = () => null,
  ): Promise<VioOutput> {
    const last = this.#last;
    this.#frames++;
    if (last === null) {
      this.#last = next;
      return this.#output(null, "first frame");
    }
    // Also where it throws: a frame that cannot be compared must not stand against every later one.
    this.#last = next;
    try {
      const first = await this.#register(last, next, hint);
      const other = first.found === undefined ? otherHint() : null;
      const second = other === null ? undefined : await this.#register(last, next, other);
      return this.#judged(second?.found === undefined ? first : second);
    } catch (error) {
      this.#fail("fault");
      throw error;
    } finally {
      await last.frame.close();
    }
  }

  async #register(last: VioFrame, next: VioFrame, hint: MotionHint | null): Promise<Attempt> {
    const config = this.#config;
    const prediction = predict(hint);
    if (prediction === null) return { reason: "no height over the ground" };
    if (!sameSize(last, next)) return { reason: "the pictures have different sizes" };
    const seen = await trackFrames(
      this.#vision,
      last.frame,
      next.frame,
      homography(prediction),
      config.tracksMax,
    );
    const terrain = hint?.from.ground?.terrain;
    const tracks = hint === null || terrain === undefined
      ? seen
      : withoutParallax(seen, { ...hint.from, ...prediction }, terrain);
    const { camera } = last.frame;
    const motion = await planarMotion(this.#vision, tracks, {
      normal: prediction.normal,
      guessTranslationPerDistance: prediction.translationPerDistance,
      guessRotationVectorRad: rotationVectorFromQuaternion(
        quaternionFromMatrix(prediction.rotation),
      ),
      threshold: config.thresholdPx / camera.fxPx,
    });
    const pictureArea = (camera.widthPx / camera.fxPx) * (camera.heightPx / camera.fyPx);
    if (
      motion.inliers < config.inliersMin ||
      motion.inliers < config.inlierShareMin * motion.tracks ||
      motion.spanned < config.spanShareMin * pictureArea
    ) {
      return { reason: `${motion.inliers} of ${motion.tracks} tracks agree`, tracks: motion };
    }
    const found = toBody(last, next, motion, prediction, config);
    return { reason: "", tracks: motion, found, residualPx: motion.residualRms * camera.fxPx };
  }

  #judged({ reason, tracks, found, residualPx }: Attempt): VioOutput {
    if (found === undefined) return this.#fail(reason, tracks);
    this.#failures = 0;
    this.#registered++;
    const isWeak = (tracks?.inliers ?? 0) < 2 * this.#config.inliersMin;
    this.#state = isWeak ? "degraded" : "tracking";
    return this.#output(found, "", tracks, residualPx);
  }

  #fail(reason: string, motion?: PlanarMotion): VioOutput {
    this.#failures++;
    this.#state = this.#failures >= this.#config.lostAfter ? "lost" : "degraded";
    return this.#output(null, reason, motion);
  }

  #output(
    motion: VioMotion | null,
    reason: string,
    tracks?: PlanarMotion,
    residualPx = NaN,
  ): VioOutput {
    return {
      state: this.#state,
      motion,
      tracks: tracks?.tracks ?? 0,
      inliers: tracks?.inliers ?? 0,
      residualPx,
      reason,
    };
  }

  health(): VioHealth {
    return {
      state: this.#state,
      frames: this.#frames,
      registered: this.#registered,
      consecutiveFailures: this.#failures,
    };
  }

  async reset(): Promise<void> {
    const last = this.#last;
    this.#last = null;
    this.#state = "initialising";
    await last?.frame.close();
  }

  close(): Promise<void> {
    return this.reset();
  }
}

function sameSize(a: VioFrame, b: VioFrame): boolean {
  const [one, other] = [a.frame.camera, b.frame.camera];
  return one.widthPx === other.widthPx && one.heightPx === other.heightPx;
}

const LEVEL: GroundPlane = { upM: 0, slopeEast: 0, slopeNorth: 0 };

/** null when the camera is not over the ground. */
function predict(hint: MotionHint | null): Prediction | null {
  if (hint === null) return null;
  const { upM: groundUpM, slopeEast, slopeNorth } = hint.from.ground ?? LEVEL;
  const heightM = hint.from.positionLocalM[2] - groundUpM;
  if (!(heightM > 1)) return null;
  const cameraFromLocal = matrixTranspose(hint.from.localFromCamera);
  const steepness = Math.hypot(slopeEast, slopeNorth, 1);
  const distanceM = heightM / steepness;
  const step: Vector3 = [
    (hint.to.positionLocalM[0] - hint.from.positionLocalM[0]) / distanceM,
    (hint.to.positionLocalM[1] - hint.from.positionLocalM[1]) / distanceM,
    (hint.to.positionLocalM[2] - hint.from.positionLocalM[2]) / distanceM,
  ];
  return {
    rotation: matrixMultiply(cameraFromLocal, hint.to.localFromCamera),
    translationPerDistance: matrixVector(cameraFromLocal, step),
    normal: matrixVector(cameraFromLocal, [
      slopeEast / steepness,
      slopeNorth / steepness,
      -1 / steepness,
    ]),
    distanceM,
    heightM,
    groundUpM,
  };
}

/** Rays of `to` from rays of `from`: Rᵀ (I − t nᵀ), t in units of the height. */
function homography(prediction: Prediction): Matrix3 {
  const { translationPerDistance: t, normal: n } = prediction;
  const plane: Matrix3 = [
    1 - t[0] * n[0],
    -t[0] * n[1],
    -t[0] * n[2],
    -t[1] * n[0],
    1 - t[1] * n[1],
    -t[1] * n[2],
    -t[2] * n[0],
    -t[2] * n[1],
    1 - t[2] * n[2],
  ];
  return matrixMultiply(matrixTranspose(prediction.rotation), plane);
}

/** From camera axes and units of the distance to body axes and metres. */
function toBody(
  last: VioFrame,
  next: VioFrame,
  motion: PlanarMotion,
  { distanceM, heightM, groundUpM }: Prediction,
  config: PlanarKltConfig,
): VioMotion {
  const turn = last.bodyFromCamera;
  const [tx, ty, tz] = rotate(turn, motion.translationPerDistance);
  const rotationCamera = quaternionFromRotationVector(motion.rotationVectorRad);
  const translationM: Vector3 = [tx * distanceM, ty * distanceM, tz * distanceM];
  return {
    fromNs: last.timeNs,
    toNs: next.timeNs,
    translationM,
    rotationFromTo: quaternionMultiply(
      quaternionMultiply(turn, rotationCamera),
      quaternionConjugate(turn),
    ),
    covariance: bodyCovariance(
      motion,
      matrixFromQuaternion(turn),
      distanceM,
      translationM,
      config,
    ),
    scaleQuality: "metric",
    scaleHeightM: heightM,
    groundUpM,
  };
}

function bodyCovariance(
  motion: PlanarMotion,
  turn: Matrix3,
  distanceM: number,
  translationM: Vector3,
  config: PlanarKltConfig,
): Float64Array {
  const out = new Float64Array(36);
  const scale = [distanceM, 1];
  for (let blockRow = 0; blockRow < 2; blockRow++) {
    for (let blockColumn = 0; blockColumn < 2; blockColumn++) {
      const factor = scale[blockRow] * scale[blockColumn] * config.correlatedTracks;
      rotateBlock(motion.covariance, out, turn, 3 * blockRow, 3 * blockColumn, factor);
    }
  }
  const floorM = config.translationFloorShare * Math.hypot(...translationM) +
    config.translationFloorHeightShare * distanceM;
  addPoseVariance(out, { positionM2: floorM ** 2, rotationRad2: config.rotationFloorRad ** 2 });
  return out;
}

/** out block = factor · T · block · Tᵀ. */
function rotateBlock(
  source: Float64Array,
  out: Float64Array,
  t: Matrix3,
  row: number,
  column: number,
  factor: number,
): void {
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let a = 0; a < 3; a++) {
        for (let b = 0; b < 3; b++) {
          sum += t[3 * r + a] * source[6 * (row + a) + column + b] * t[3 * c + b];
        }
      }
      out[6 * (row + r) + column + c] = factor * sum;
    }
  }
}
