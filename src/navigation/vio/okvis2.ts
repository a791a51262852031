/**
 * `okvis2`: visual-inertial odometry in a process of its own, and `planar_klt` wherever that has no answer.
 *
 * @module
 */
import {
  addPoseVariance,
  type MonotonicNs,
  quaternionConjugate,
  quaternionMultiply,
  rotate,
  type Vector3,
} from "../../core/mod.ts";
import { isTakenByChild, type OdometryState } from "../../native/okvis2/mod.ts";
import { decodeJpeg, type VisionLibrary } from "../../native/vision/mod.ts";
import type { Okvis2Config } from "./config.ts";
import type {
  MotionHint,
  VioFrame,
  VioHealth,
  VioImuSample,
  VioMotion,
  VioOutput,
  VioState,
  VioStrategy,
} from "./contract.ts";
import { groundBelow, reduced, sizeOf, startOf } from "./child_input.ts";
import { objectionOfImu } from "./imu_prediction.ts";
import type { Odometer } from "./odometer.ts";

/** The child works on a frame when an IMU sample so much younger has come. */
const IMU_MARGIN_NS = 20e6;
/** Samples go to the child in so many at once, and before each frame. */
const IMU_BATCH = 10;
/** Ways are compared over so long. */
const SCALE_S = 2;
const SCALE_FLOOR_M = 0.3;
/** Samples older than two frames are not needed; one that never comes must not keep them all. */
const IMU_KEPT_NS = 10e9;

interface Okvis2Parts {
  readonly vision: VisionLibrary;
  readonly odometer: Odometer;
  /** Stands in for it, and is closed with it. */
  readonly plane: VioStrategy;
  readonly config: Okvis2Config;
}

/** A frame that the child has, with what was expected then. */
interface Asked {
  readonly timeNs: MonotonicNs;
  readonly answer: Promise<OdometryState | null>;
}

/** What came of the child's answer. */
interface Verdict {
  readonly state: VioState;
  readonly reason: string;
  readonly motion?: VioMotion;
  readonly answered?: OdometryState;
}

export class Okvis2 implements VioStrategy {
  readonly strategyLabel = "okvis2";
  readonly #parts: Okvis2Parts;
  readonly #imu: VioImuSample[] = [];
  #unsent: VioImuSample[] = [];
  #imuNs = -Infinity;
  /** Of the frame before, where it can be built upon. */
  #last: OdometryState | null = null;
  #state: VioState = "initialising";
  #objections = 0;
  /** Over the last seconds, where both have the motion. */
  #way = { ownM: 0, planeM: 0 };
  #size = "";
  #frames = 0;
  #registered = 0;
  #failures = 0;

  constructor(parts: Okvis2Parts) {
    this.#parts = parts;
  }

  addImu(sample: VioImuSample): void {
    // What the child would refuse tells it no time, and must tell none here: a frame would wait for ever.
    if (!(sample.timeNs > this.#imuNs) || !isTakenByChild(sample)) return;
    this.#imuNs = sample.timeNs;
    this.#imu.push(sample);
    this.#unsent.push(sample);
    if (this.#unsent.length >= IMU_BATCH) this.#sendImu();
    if (this.#imu[0].timeNs < sample.timeNs - IMU_KEPT_NS) {
      this.#imu.splice(0, this.#imu.length / 2);
    }
  }

  lastFrameNs(): MonotonicNs | null {
    return this.#parts.plane.lastFrameNs();
  }

  async addFrame(
    frame: VioFrame,
    hint: MotionHint | null,
    otherHint?: () => MotionHint | null,
  ): Promise<VioOutput> {
    this.#frames++;
    const lastNs = this.lastFrameNs();
    // Before anything may throw, the frame is the other strategy's, which holds it.
    const plane = this.#parts.plane.addFrame(frame, hint, otherHint);
    const asked = this.#ask(frame, hint).catch(() => null);
    const [seen, question] = [await settled(plane), await asked];
    const verdict = await this.#verdict(question, lastNs, hint);
    this.#last = verdict.answered ?? null;
    this.#forgetImu(frame.timeNs);
    // From there on it is as if this frame had not been there for the child either.
    if ("error" in seen) {
      this.#failures++;
      throw seen.error;
    }
    return this.#output(seen.value, this.#beside(seen.value, verdict), lastNs === null);
  }

  /** Where both have the motion their scales must agree: one comes from the IMU, the other from the height. */
  #beside({ motion: plane }: VioOutput, verdict: Verdict): Verdict {
    const { motion, answered } = verdict;
    if (plane === null || motion === undefined || answered === undefined) return verdict;
    const kept = Math.exp(-(motion.toNs - motion.fromNs) * 1e-9 / SCALE_S);
    this.#way = {
      ownM: kept * this.#way.ownM + Math.hypot(...motion.translationM),
      planeM: kept * this.#way.planeM + Math.hypot(...plane.translationM),
    };
    const { ownM, planeM } = this.#way;
    // A hovering aircraft shows no scale, and needs none.
    const isRight = Math.abs(ownM - planeM) <=
      SCALE_FLOOR_M + this.#parts.config.gate.scaleShare * planeM;
    if (isRight) {
      this.#objections = 0;
      return verdict;
    }
    const { strategyLabel } = this.#parts.plane;
    const objected = this.#object(
      `its way is ${(ownM / planeM).toFixed(1)} of that of ${strategyLabel}`,
      answered,
    );
    if (objected.state === "lost") this.#way = { ownM: 0, planeM: 0 };
    return objected;
  }

  #output(
    plane: VioOutput,
    { state, reason, motion, answered }: Verdict,
    isFirst: boolean,
  ): VioOutput {
    const used = motion ?? plane.motion;
    this.#state = used !== null ? state : plane.state === "lost" ? "lost" : less(state);
    if (used === null) this.#failures += isFirst ? 0 : 1;
    else {
      this.#failures = 0;
      this.#registered++;
    }
    if (motion === undefined) {
      const why = [plane.reason, reason].filter((text) => text !== "").join("; ");
      return { ...plane, state: this.#state, reason: why, source: this.#parts.plane.strategyLabel };
    }
    const { tracks = 0, inliers = 0 } = answered ?? {};
    return {
      state: this.#state,
      motion,
      tracks,
      inliers,
      residualPx: NaN,
      reason: "",
      source: this.strategyLabel,
    };
  }

  /** Gives the child the frame. null: it cannot have it. */
  async #ask(frame: VioFrame, hint: MotionHint | null): Promise<Asked | null> {
    const { odometer } = this.#parts;
    if (!odometer.isStarted) this.#start(frame);
    if (frame.picture === undefined || this.#size !== sizeOf(frame)) return null;
    this.#sendImu();
    if (!odometer.isReady) return null;
    const picture = await this.#picture(frame, frame.picture);
    const { timeNs } = frame;
    const answer = odometer.addFrame({ timeNs, ...picture, ...groundBelow(frame, hint) });
    return { timeNs, answer };
  }

  async #verdict(
    asked: Asked | null,
    lastNs: MonotonicNs | null,
    hint: MotionHint | null,
  ): Promise<Verdict> {
    const { odometer, config } = this.#parts;
    if (asked === null || this.#imuNs < asked.timeNs + IMU_MARGIN_NS) {
      if (odometer.fault !== "") return { state: "lost", reason: odometer.fault };
      const reason = asked === null
        ? "the odometry is not ready"
        : "the IMU is not past the frame yet";
      return { state: asked === null ? "initialising" : "degraded", reason };
    }
    // Those that came since the frame was given: it may be them that it waits for.
    this.#sendImu();
    const answered = await asked.answer;
    if (answered === null) {
      if (odometer.fault !== "") return { state: "lost", reason: odometer.fault };
      return { state: odometer.isReady ? "degraded" : "initialising", reason: "no answer" };
    }
    if (answered.quality === "initialising") {
      return { state: "initialising", reason: "it has no pose yet" };
    }
    if (answered.quality === "lost") {
      return { state: "lost", reason: "it has lost its tracks", answered };
    }
    const state = answered.quality === "good" ? "tracking" : "degraded";
    const last = this.#last;
    const isFirst = last === null || last.timeNs !== lastNs || last.quality === "lost" ||
      last.quality === "initialising";
    if (isFirst) return { state, reason: "its first pose", answered };
    const objection = objectionOfImu(last, answered, this.#imu, config.gate);
    if (objection !== "") return this.#object(objection, answered);
    return { state, reason: "", answered, motion: motionOf(last, answered, hint, config) };
  }

  /** What the IMU contradicts is not used, and often enough it is the end of that run. */
  #object(reason: string, answered: OdometryState): Verdict {
    this.#objections++;
    if (this.#objections < this.#parts.config.gate.resetAfter) {
      return { state: "degraded", reason, answered };
    }
    this.#objections = 0;
    this.#parts.odometer.reset();
    return { state: "lost", reason };
  }

  #start(frame: VioFrame): void {
    const { odometer, config } = this.#parts;
    this.#size = sizeOf(frame);
    odometer.start(startOf(frame, config));
  }

  #sendImu(): void {
    const { odometer } = this.#parts;
    if (!odometer.isStarted || this.#unsent.length === 0) return;
    for (let at = 0; at < this.#unsent.length; at += 500) {
      odometer.addImu(this.#unsent.slice(at, at + 500));
    }
    this.#unsent = [];
  }

  /** From the frame on they may be asked for again. */
  #forgetImu(frameNs: number): void {
    const kept = this.#imu.findIndex(({ timeNs }) => timeNs > frameNs);
    this.#imu.splice(0, kept < 0 ? this.#imu.length : kept);
  }

  async #picture(
    { frame: { camera } }: VioFrame,
    { jpeg, grey }: NonNullable<VioFrame["picture"]>,
  ) {
    const { vision, config: { pictureDenominator: denominator } } = this.#parts;
    if (grey === undefined) {
      return await decodeJpeg(vision, jpeg, { name: "the odometry's picture", denominator });
    }
    return reduced(grey, camera.widthPx, camera.heightPx, denominator);
  }

  health(): VioHealth {
    return {
      state: this.#parts.odometer.fault === "" ? this.#state : "lost",
      frames: this.#frames,
      registered: this.#registered,
      consecutiveFailures: this.#failures,
    };
  }

  async reset(): Promise<void> {
    this.#last = null;
    this.#state = "initialising";
    this.#parts.odometer.reset();
    await this.#parts.plane.reset();
  }

  async close(): Promise<void> {
    this.#last = null;
    this.#state = "initialising";
    await this.#parts.odometer.close();
    await this.#parts.plane.close();
  }
}

/** Of a frame without a motion. */
function less(state: VioState): VioState {
  return state === "tracking" ? "degraded" : state;
}

type Settled = { readonly value: VioOutput } | { readonly error: unknown };

async function settled(running: Promise<VioOutput>): Promise<Settled> {
  try {
    return { value: await running };
  } catch (error) {
    return { error };
  }
}

function motionOf(
  from: OdometryState,
  to: OdometryState,
  hint: MotionHint | null,
  config: Okvis2Config,
): VioMotion {
  const bodyFromWorld = quaternionConjugate(from.worldFromBody);
  const step = to.positionM.map((value, i) => value - from.positionM[i]) as unknown as Vector3;
  const covariance = to.covariance?.slice() ?? new Float64Array(36);
  const floorM = config.translationFloorM + config.translationShare * Math.hypot(...step);
  addPoseVariance(covariance, {
    positionM2: floorM ** 2,
    rotationRad2: config.rotationFloorRad ** 2,
  });
  const groundUpM = hint?.from.ground?.upM ?? 0;
  return {
    fromNs: from.timeNs as MonotonicNs,
    toNs: to.timeNs as MonotonicNs,
    translationM: rotate(bodyFromWorld, step),
    rotationFromTo: quaternionMultiply(bodyFromWorld, to.worldFromBody),
    covariance,
    ...(to.covariance === null ? { covarianceUnknown: true as const } : {}),
    scaleQuality: hint === null ? "unknown" : "metric",
    // The IMU gave the scale: whatever height the estimator believes now, it does not correct it.
    scaleHeightM: hint === null ? 0 : hint.from.positionLocalM[2] - groundUpM,
    groundUpM,
  };
}
