/**
 * A photograph that the map does not know, located by what it shares with one that is located: the located one is
 * laid on the ground, and the other is matched with it by features, as with a map.
 *
 * The error of the first is carried along whole (see README): where it shows a point of the ground d = (x, y) from
 * its foot point too far aside, the other's foot point at d is too far aside, too. To first order, with errors of
 * position p, of rotation φ (local axes) and of height over the ground h,
 *
 *     δg = δp + d (δh + (φ × v)_z) / h + (φ × v)_xy,      v = (x, y, −h).
 *
 * @module
 */
import { type Matrix3, matrixFromQuaternion } from "../../core/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { LocalBounds, MapSource, MapWindow } from "../../navigation/map/mod.ts";
import { frameView } from "../../navigation/matcher/mod.ts";
import type { BodyPose, PoseFix } from "../../navigation/pose/mod.ts";

/** A photograph on the ground has so many pixels across, and at most so many from corner to corner. */
const GROUND_WIDTH_PX = 640;
const GROUND_SIDE_MAX_PX = 880;

/** The ground below a located photograph, as a map. */
export class PhotographGround implements MapSource {
  readonly gsdM: number;
  readonly bounds: LocalBounds;
  readonly #window: MapWindow;

  private constructor(gsdM: number, window: MapWindow) {
    const { originEastM, originNorthM, mosaic: { widthPx, heightPx } } = window;
    this.gsdM = gsdM;
    this.bounds = {
      eastMinM: originEastM - widthPx / 2 * gsdM,
      eastMaxM: originEastM + widthPx / 2 * gsdM,
      northMinM: originNorthM - heightPx / 2 * gsdM,
      northMaxM: originNorthM + heightPx / 2 * gsdM,
    };
    this.#window = window;
  }

  static async of(frame: VisionFrame, fix: PoseFix): Promise<PhotographGround> {
    const { posterior: { positionLocalM }, localFromCamera } = fix;
    const [footEastM, footNorthM, heightM] = positionLocalM;
    const { camera } = frame;
    const widthM = heightM * Math.max(camera.widthPx, camera.heightPx) / camera.fxPx;
    const view = frameView(camera, { positionLocalM, localFromCamera }, {
      gsdMinM: widthM / GROUND_WIDTH_PX,
      widthMaxPx: GROUND_SIDE_MAX_PX,
      heightMaxPx: GROUND_SIDE_MAX_PX,
    });
    const { gsdM, widthPx, heightPx } = view;
    const patch = await frame.rectify({ ...view, localFromCamera, heightM });
    const pixelFromLocal = [
      1 / gsdM,
      0,
      widthPx / 2 - 0.5,
      0,
      -1 / gsdM,
      heightPx / 2 - 0.5,
    ] as const;
    return new PhotographGround(gsdM, {
      mosaic: { widthPx, heightPx, pixels: patch.pixels, valid: patch.mask, pixelFromLocal },
      originEastM: footEastM + view.centreEastM,
      originNorthM: footNorthM + view.centreNorthM,
      coverage: 1,
    });
  }

  window(
    eastM: number,
    northM: number,
    radiusM: number,
    _gsdM: number,
  ): Promise<MapWindow | null> {
    const { eastMinM, eastMaxM, northMinM, northMaxM } = this.bounds;
    const isBeside = eastM + radiusM < eastMinM || eastM - radiusM > eastMaxM ||
      northM + radiusM < northMinM || northM - radiusM > northMaxM;
    return Promise.resolve(isBeside ? null : this.#window);
  }
}

/** Rows of six: position local, rotation error in body axes. */
const SIZE = 6;

/**
 * The pose of a photograph that was located on the ground of another one, with the error of that one added.
 * `fix`: as if that ground were free of error.
 */
export function withErrorOf(base: BodyPose, fix: PoseFix): PoseFix {
  return {
    ...fix,
    posterior: carried(base, fix.posterior),
    measurementOnly: carried(base, fix.measurementOnly),
  };
}

function carried(base: BodyPose, pose: BodyPose): BodyPose {
  const transfer = transferOf(base, pose);
  const covariance = product(product(transfer, base.covariance), transposed(transfer));
  for (let i = 0; i < covariance.length; i++) covariance[i] += pose.covariance[i];
  return { ...pose, covariance };
}

/** The first-order error of `pose` for one of `base`; both rotations in body axes. */
function transferOf(base: BodyPose, pose: BodyPose): Float64Array {
  const [eastM, northM, heightM] = base.positionLocalM;
  const x = pose.positionLocalM[0] - eastM, y = pose.positionLocalM[1] - northM, h = heightM;
  const share = pose.positionLocalM[2] / h;
  // By the error of base in local axes: position, rotation.
  const local = new Float64Array(SIZE * SIZE);
  local.set([1, 0, x / h, x * y / h, -h - x * x / h, -y], 0);
  local.set([0, 1, y / h, h + y * y / h, -x * y / h, x], SIZE);
  local.set([0, 0, share, y * share, -x * share, 0], 2 * SIZE);
  // Of its rotation only the heading is passed on: which way is down each photograph knows for itself.
  const headingRow = matrixFromQuaternion(pose.localFromBody);
  for (let k = 0; k < 3; k++) local[SIZE * (3 + k) + 5] = headingRow[6 + k];
  return product(local, localFromBodyErrors(matrixFromQuaternion(base.localFromBody)));
}

/** diag(I, local from body). */
function localFromBodyErrors(localFromBody: Matrix3): Float64Array {
  const out = new Float64Array(SIZE * SIZE);
  for (let i = 0; i < 3; i++) {
    out[SIZE * i + i] = 1;
    for (let k = 0; k < 3; k++) out[SIZE * (i + 3) + k + 3] = localFromBody[3 * i + k];
  }
  return out;
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(SIZE * SIZE);
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = 0;
      for (let k = 0; k < SIZE; k++) sum += a[SIZE * row + k] * b[SIZE * k + column];
      out[SIZE * row + column] = sum;
    }
  }
  return out;
}

function transposed(a: Float64Array): Float64Array {
  return a.map((_, i) => a[SIZE * (i % SIZE) + Math.floor(i / SIZE)]);
}
