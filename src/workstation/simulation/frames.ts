/**
 * Makes the camera's pictures of a flight: renders, adds noise and exposure, compresses.
 *
 * @module
 */
import {
  GaussMarkov,
  matrixFromQuaternion,
  NS_PER_SECOND,
  quaternionMultiply,
  type Random,
  TaskPool,
  type Vector3,
} from "../../core/mod.ts";
import {
  encodeJpeg,
  RenderCamera,
  type RenderGround,
  type RenderPose,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import type { SimulatedCamera } from "./camera_model.ts";
import type { FlightFolder } from "./flight_folder.ts";
import type { FlightOptions } from "./flight_options.ts";
import type { GroundWindow } from "./ground_window.ts";
import type { Trajectory } from "./trajectory.ts";

/** Companion time of the first exposure. */
const FIRST_FRAME_S = 0.25;
/** Read-out and transport of a picture: at least this, plus exponential jitter. */
const TRANSFER_MIN_S = 0.03;
const TRANSFER_JITTER_S = 0.004;
/** Of every picture. */
export const CAMERA_LOOK = { vignetting: 0.25, noise: 1.2, noisePerLevel: 0.008 } as const;
const MOMENTS_MAX = 6;
/** Of a landing, lower than this (or half of the flight's own height) nothing is seen sharply. */
const SEES_FROM_M = 10;
/** Pictures processed concurrently. */
const PICTURES_AT_ONCE = 2;

interface FrameJob {
  readonly options: FlightOptions;
  readonly trajectory: Trajectory;
  readonly camera: SimulatedCamera;
  readonly ground: GroundWindow;
  readonly vision: VisionLibrary;
}

export function frameCount(options: FlightOptions, trajectory: Trajectory): number {
  const usableS = trajectory.durationS - FIRST_FRAME_S - 0.05;
  return Math.max(0, Math.floor(usableS * options.frameRateHz) + 1);
}

/** One picture that is being taken. */
export interface Shot {
  readonly exposureMidNs: number;
  /** When it is complete in the companion's memory. */
  readonly availableNs: number;
  /** Renders it; to be called once. null: too near the ground to see anything sharp. */
  readonly jpeg: (() => Promise<Uint8Array<ArrayBuffer>>) | null;
}

/** Takes the pictures of a flight, one after the other. */
export class FlightCamera implements Disposable {
  readonly #job: FrameJob;
  readonly #camera: RenderCamera;
  readonly #gain: GaussMarkov;
  readonly #delays: Random;
  readonly #seeds: Random;
  #sequence = 0;

  constructor(random: Random, job: FrameJob) {
    this.#job = job;
    this.#camera = new RenderCamera(job.vision, job.camera.trueIntrinsics);
    this.#gain = new GaussMarkov(random.fork("gain"), { sigma: 0.08, timeConstantS: 45 });
    this.#delays = random.fork("delay");
    this.#seeds = random.fork("noise");
  }

  /** The next one. `settle` is awaited before ground that older shots are rendered from goes. */
  async shot(settle: () => Promise<void>): Promise<Shot> {
    const { options } = this.#job;
    const exposureMidNs = Math.round(
      (FIRST_FRAME_S + this.#sequence++ / options.frameRateHz) * NS_PER_SECOND,
    );
    const [, , heightM] = this.#job.trajectory.at(exposureMidNs / NS_PER_SECOND).positionLocalM;
    const sees = heightM >= Math.min(SEES_FROM_M, options.aglM / 2);
    const moments = sees ? exposureMoments(this.#job, exposureMidNs / NS_PER_SECOND) : [];
    const ground = sees ? await this.#job.ground.under(moments, settle) : null;
    const noiseSeed = BigInt(this.#seeds.integer(2 ** 48));
    const look = { gain: 1 + this.#gain.step(1 / options.frameRateHz), noiseSeed };
    const delayS = options.exposureS / 2 + TRANSFER_MIN_S -
      TRANSFER_JITTER_S * Math.log(1 - this.#delays.uniform());
    return {
      exposureMidNs,
      availableNs: exposureMidNs + Math.round(delayS * NS_PER_SECOND),
      jpeg: ground === null ? null : () => this.#render(ground, moments, look),
    };
  }

  [Symbol.dispose](): void {
    this.#camera[Symbol.dispose]();
  }

  async #render(
    ground: RenderGround,
    moments: RenderPose[],
    look: { gain: number; noiseSeed: bigint },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const picture = await this.#camera.view(ground, moments, {
      ...look,
      ...CAMERA_LOOK,
    });
    return await encodeJpeg(this.#job.vision, picture, this.#job.options.jpegQuality);
  }
}

/** Writes every picture and its row of frames.csv. */
export async function writeFrames(
  random: Random,
  job: FrameJob,
  folder: FlightFolder,
  on: { done(frames: number): void; signal?: AbortSignal },
): Promise<void> {
  using camera = new FlightCamera(random, job);
  let finished = 0;
  await using pool = new TaskPool(PICTURES_AT_ONCE);
  for (let sequence = 0; sequence < frameCount(job.options, job.trajectory); sequence++) {
    on.signal?.throwIfAborted();
    const { jpeg, ...shot } = await camera.shot(() => pool.settle());
    if (jpeg === null) continue;
    const file = `frames/${String(sequence).padStart(6, "0")}.jpg`;
    await folder.row("frames.csv", [sequence, shot.exposureMidNs, shot.availableNs, file]);
    await pool.start(async () => {
      await folder.file(file, await jpeg());
      on.done(++finished);
    });
  }
  await pool.settle();
}

/** How many camera poses an exposure is drawn from: about one for each pixel of motion blur. */
export function momentCount(
  camera: SimulatedCamera,
  exposureS: number,
  moving: {
    readonly heightM: number;
    readonly velocityMps: Vector3;
    readonly angularRateRps: Vector3;
  },
): number {
  const { heightM, velocityMps, angularRateRps } = moving;
  const speed = Math.hypot(...velocityMps) / Math.max(1, heightM);
  const blurPx = camera.trueIntrinsics.fxPx * exposureS * (speed + Math.hypot(...angularRateRps));
  return Math.min(MOMENTS_MAX, Math.max(1, Math.ceil(1.2 * blurPx)));
}

/** Camera poses spread over the exposure. */
function exposureMoments(job: FrameJob, midS: number): RenderPose[] {
  const { options, trajectory, camera } = job;
  const state = trajectory.at(midS);
  const rate = trajectory.idealImu(
    Math.min(trajectory.count - 1, 1 + Math.floor(midS * trajectory.rateHz)),
  ).angularRateRps;
  const count = momentCount(camera, options.exposureS, {
    heightM: state.positionLocalM[2],
    velocityMps: state.velocityLocalMps as Vector3,
    angularRateRps: rate,
  });
  return Array.from(
    { length: count },
    (_, i) => renderPose(job, midS + ((i + 0.5) / count - 0.5) * options.exposureS),
  );
}

function renderPose(job: FrameJob, timeS: number): RenderPose {
  const state = job.trajectory.at(timeS);
  const localFromCamera = quaternionMultiply(state.localFromBody, job.camera.trueBodyFromCamera);
  return {
    positionLocalM: state.positionLocalM as Vector3,
    localFromCamera: matrixFromQuaternion(localFromCamera),
  };
}
