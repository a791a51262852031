/**
 * The true and the estimated camera of a simulated flight.
 *
 * @module
 */
import type { FrameLine } from "../../../src/airborne/json_lines.ts";
import {
  BODY_FROM_NADIR_CAMERA,
  DataError,
  LocalFrame,
  messageOf,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  type WgsPosition,
} from "../../../src/core/mod.ts";
import * as z from "zod";
import { CameraCalibrationSchema } from "../../../src/navigation/camera/mod.ts";
import type { CameraView } from "../../../src/tiles/orthorectification/mod.ts";
import { STREAM_COLUMNS } from "../../../src/flight/replay/mod.ts";

const DISTORTION = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);
const TruthSchema = z.looseObject({
  trueIntrinsics: z.looseObject({
    widthPx: z.int(),
    heightPx: z.int(),
    fxPx: z.number(),
    fyPx: z.number(),
    cxPx: z.number(),
    cyPx: z.number(),
    distortion: DISTORTION,
  }),
  mountingErrorRad: z.tuple([z.number(), z.number(), z.number()]),
});
const FlightSchema = z.looseObject({ camera: CameraCalibrationSchema });

interface TruePose {
  readonly timeNs: number;
  readonly position: WgsPosition;
  readonly localFromBody: Quaternion;
}

export class FlightCameras {
  readonly #believed: CameraView["calibration"];
  readonly #true: z.infer<typeof TruthSchema>;
  readonly #poses: readonly TruePose[];

  private constructor(
    believed: CameraView["calibration"],
    truth: z.infer<typeof TruthSchema>,
    poses: readonly TruePose[],
  ) {
    this.#believed = believed;
    this.#true = truth;
    this.#poses = poses;
  }

  /** @throws DataError when the folder is not a simulated flight with its truth */
  static async read(flight: string): Promise<FlightCameras> {
    try {
      const json = async (name: string) => JSON.parse(await Deno.readTextFile(`${flight}/${name}`));
      const { camera } = FlightSchema.parse(await json("flight.json"));
      const truth = TruthSchema.parse(await json("truth.json"));
      return new FlightCameras(
        camera,
        truth,
        truePoses(await Deno.readTextFile(`${flight}/truth.csv`)),
      );
    } catch (error) {
      throw new DataError(flight, `is no simulated flight with its truth: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * The true camera in the local frame of the simulation; null outside of the truth's time span.
   */
  trueView(timeNs: number, simulationFrame: LocalFrame): CameraView | null {
    const pose = poseAt(this.#poses, timeNs);
    if (pose === null) return null;
    const mounted = quaternionMultiply(
      quaternionFromRotationVector(this.#true.mountingErrorRad),
      BODY_FROM_NADIR_CAMERA,
    );
    return {
      calibration: { ...this.#believed, ...this.#true.trueIntrinsics },
      positionLocalM: simulationFrame.localFromWgs(pose.position),
      localFromCamera: quaternionMultiply(pose.localFromBody, mounted),
    };
  }

  /** The camera as estimated by the aircraft, in the local frame of its package. */
  believedView(line: FrameLine, packageFrame: LocalFrame): CameraView {
    const mounted = quaternionMultiply(
      quaternionFromRotationVector(line.mountingErrorRad),
      this.#believed.bodyFromCamera,
    );
    return {
      calibration: this.#believed,
      positionLocalM: packageFrame.localFromWgs(line),
      localFromCamera: quaternionMultiply(line.localFromBody, mounted),
    };
  }
}

function truePoses(text: string): TruePose[] {
  const lines = text.trim().split("\n");
  const columns = STREAM_COLUMNS["truth.csv"].join(",");
  if (lines[0].trim() !== columns) throw new Error(`line 1 of truth.csv must be ${columns}`);
  return lines.slice(1).map((line, i) => {
    const values = line.split(",").map(Number);
    if (values.length !== 11 || !values.every(Number.isFinite)) {
      throw new Error(`line ${i + 2} of truth.csv is no truth`);
    }
    const [timeNs, latitudeDeg, longitudeDeg, heightM, , , , w, x, y, z] = values;
    return {
      timeNs,
      position: { latitudeDeg, longitudeDeg, heightM },
      localFromBody: [w, x, y, z],
    };
  });
}

/** Linear between the rows, which are 20 ms apart; flights here do not cross the antimeridian. */
function poseAt(poses: readonly TruePose[], timeNs: number): TruePose | null {
  const after = poses.findIndex((pose) => pose.timeNs >= timeNs);
  if (after < 0 || (after === 0 && poses[0].timeNs > timeNs)) return null;
  const a = poses[Math.max(0, after - 1)], b = poses[after];
  const part = b.timeNs > a.timeNs ? (timeNs - a.timeNs) / (b.timeNs - a.timeNs) : 0;
  const between = (from: number, to: number) => from + (to - from) * part;
  const [p, q] = [a.localFromBody, b.localFromBody];
  // q and −q are the same attitude.
  const sign = Math.sign(p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3]) || 1;
  return {
    timeNs,
    position: {
      latitudeDeg: between(a.position.latitudeDeg, b.position.latitudeDeg),
      longitudeDeg: between(a.position.longitudeDeg, b.position.longitudeDeg),
      heightM: between(a.position.heightM, b.position.heightM),
    },
    localFromBody: quaternionNormalise([
      between(p[0], sign * q[0]),
      between(p[1], sign * q[1]),
      between(p[2], sign * q[2]),
      between(p[3], sign * q[3]),
    ]),
  };
}
