/**
 * What the odometry child is given with its start and with each frame.
 *
 * @module
 */
import { matrixTranspose, matrixVector, rotate, type Vector3 } from "../../core/mod.ts";
import type { OdometryStart } from "../../native/okvis2/mod.ts";
import type { Okvis2Config } from "./config.ts";
import type { MotionHint, VioFrame } from "./contract.ts";

export function sizeOf({ frame: { camera } }: VioFrame): string {
  return `${camera.widthPx}x${camera.heightPx}`;
}

export function startOf(
  { frame: { camera }, bodyFromCamera }: VioFrame,
  config: Okvis2Config,
): OdometryStart {
  const d = config.pictureDenominator, { imu } = config;
  return {
    widthPx: Math.ceil(camera.widthPx / d),
    heightPx: Math.ceil(camera.heightPx / d),
    camera: [
      camera.fxPx / d,
      camera.fyPx / d,
      // Pixel centres are at integers.
      (camera.cxPx + 0.5) / d - 0.5,
      (camera.cyPx + 0.5) / d - 0.5,
      ...camera.distortion,
    ],
    bodyFromCamera,
    imuNoise: [
      imu.forceNoise,
      imu.rateNoise,
      imu.forceBiasWalk,
      imu.rateBiasWalk,
      imu.forceBiasSigma,
      imu.rateBiasSigma,
    ],
    hangMs: config.hangMs,
    startMs: config.startMs,
    keypointsMax: config.keypointsMax,
    threads: config.threads,
    data: config.vocabulary,
  };
}

/** What the estimator believes: for a strategy that works over a plane. */
export function groundBelow(
  { bodyFromCamera }: VioFrame,
  hint: MotionHint | null,
): { readonly heightM: number; readonly down: Vector3 } {
  if (hint === null) return { heightM: 0, down: [0, 0, 0] };
  const { positionLocalM, localFromCamera } = hint.to;
  const heightM = Math.max(0, positionLocalM[2] - (hint.from.ground?.upM ?? 0));
  return {
    heightM,
    down: rotate(bodyFromCamera, matrixVector(matrixTranspose(localFromCamera), [0, 0, -1])),
  };
}

/** Mean of blocks of `denominator` × `denominator` pixels. */
export function reduced(
  grey: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
  denominator: number,
) {
  const widthPx = Math.ceil(width / denominator), heightPx = Math.ceil(height / denominator);
  if (denominator === 1) return { widthPx, heightPx, pixels: grey };
  const pixels = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      let sum = 0, count = 0;
      for (let v = y * denominator; v < Math.min(height, (y + 1) * denominator); v++) {
        for (let u = x * denominator; u < Math.min(width, (x + 1) * denominator); u++) {
          sum += grey[v * width + u];
          count++;
        }
      }
      pixels[y * widthPx + x] = sum / count;
    }
  }
  return { widthPx, heightPx, pixels };
}
