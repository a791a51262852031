/**
 * The picture that a nadir camera takes of the ground at one moment of a vehicle.
 *
 * @module
 */
import {
  LocalFrame,
  matrixFromQuaternion,
  quaternionMultiply,
  type Random,
  seededRandom,
  type Vector3,
} from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import {
  encodeJpeg,
  RenderCamera,
  type RenderPose,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import {
  CAMERA_LOOK,
  cameraGsdM,
  type FlightOptions,
  type GroundSource,
  GroundWindow,
  momentCount,
  type SimulatedCamera,
  simulatedCamera,
} from "../simulation/mod.ts";
import { poseAfter, type TrueMoment } from "./vehicle_truth.ts";

/** An aircraft that stands on the ground has its camera a little above it. */
const HEIGHT_MIN_M = 0.3;

export class LiveRenderer implements Disposable {
  readonly #options: FlightOptions;
  readonly #vision: VisionLibrary;
  readonly #model: SimulatedCamera;
  readonly #camera: RenderCamera;
  readonly #window: GroundWindow;
  readonly #frame: LocalFrame;
  readonly #noise: Random;

  constructor(options: FlightOptions, ground: GroundSource, vision: VisionLibrary) {
    const random = seededRandom(options.seed);
    this.#options = options;
    this.#vision = vision;
    this.#model = simulatedCamera(random.fork("camera"), options);
    this.#camera = new RenderCamera(vision, this.#model.trueIntrinsics);
    this.#window = new GroundWindow(ground, {
      vision,
      intrinsics: this.#model.trueIntrinsics,
      gsdM: 0.9 * cameraGsdM(options),
    });
    this.#frame = new LocalFrame(ground.origin);
    this.#noise = random.fork("noise");
  }

  /** As `airborne fly` reads it; that of `operator simulate flight` with the same seed. */
  get calibration(): CameraCalibration {
    return this.#model.calibration;
  }

  /** A JPEG of an exposure around `moment`; `groundAltitudeM` in the vehicle's own heights. One at a time. */
  async picture(moment: TrueMoment, groundAltitudeM: number): Promise<Uint8Array<ArrayBuffer>> {
    const poses = this.#exposure(moment, groundAltitudeM);
    // Nothing else is drawn at this moment.
    const ground = await this.#window.under(poses, () => Promise.resolve());
    const picture = await this.#camera.view(ground, poses, {
      ...CAMERA_LOOK,
      gain: 1,
      noiseSeed: BigInt(this.#noise.integer(2 ** 48)),
    });
    return await encodeJpeg(this.#vision, picture, this.#options.jpegQuality);
  }

  [Symbol.dispose](): void {
    this.#window[Symbol.dispose]();
    this.#camera[Symbol.dispose]();
  }

  #exposure(moment: TrueMoment, groundAltitudeM: number): RenderPose[] {
    const { exposureS } = this.#options, { origin } = this.#frame;
    const heightM = Math.max(HEIGHT_MIN_M, moment.altitudeM - groundAltitudeM);
    const [east, north] = this.#frame.localFromWgs({ ...moment, heightM: origin.heightM });
    const positionLocalM: Vector3 = [east, north, heightM];
    const count = momentCount(this.#model, exposureS, {
      heightM,
      velocityMps: moment.velocityEnuMps,
      angularRateRps: moment.angularRateRps,
    });
    return Array.from({ length: count }, (_, i) => {
      const seconds = ((i + 0.5) / count - 0.5) * exposureS;
      const pose = poseAfter(moment, { positionLocalM, seconds });
      return {
        positionLocalM: pose.positionLocalM,
        localFromCamera: matrixFromQuaternion(
          quaternionMultiply(pose.localFromBody, this.#model.trueBodyFromCamera),
        ),
      };
    });
  }
}
