/**
 * The simulated camera: its true parameters, and its calibration.
 *
 * @module
 */
import {
  BODY_FROM_NADIR_CAMERA,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  radiansFromDegrees,
  type Random,
} from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { CameraModel } from "../../native/vision/mod.ts";

/** 1 sigma an axis. */
const MOUNTING_SIGMA_DEG = 0.5;
/** Relative error of the calibration, 1 sigma. */
const CALIBRATION_ERROR = 0.001;

export interface SimulatedCamera {
  /** As calibrated: written to the flight folder. */
  readonly calibration: CameraCalibration;
  readonly trueIntrinsics: CameraModel;
  readonly trueBodyFromCamera: Quaternion;
  readonly mountingErrorRad: readonly [number, number, number];
}

export function simulatedCamera(
  random: Random,
  options: { widthPx: number; heightPx: number; fovDeg: number },
): SimulatedCamera {
  const { widthPx, heightPx, fovDeg } = options;
  const focalPx = widthPx / 2 / Math.tan(radiansFromDegrees(fovDeg) / 2);
  const off = () => 1 + CALIBRATION_ERROR * random.normal();
  const ideal = {
    widthPx,
    heightPx,
    fxPx: focalPx,
    fyPx: focalPx,
    cxPx: (widthPx - 1) / 2 + 0.004 * widthPx * (2 * random.uniform() - 1),
    cyPx: (heightPx - 1) / 2 + 0.004 * widthPx * (2 * random.uniform() - 1),
    distortion: [-0.1, 0.018, 4e-4, -3e-4, 0] as const,
  };
  const [k1, k2, p1, p2, k3] = ideal.distortion;
  const calibrated = {
    ...ideal,
    fxPx: round(ideal.fxPx * off(), 3),
    fyPx: round(ideal.fyPx * off(), 3),
    cxPx: round(ideal.cxPx + CALIBRATION_ERROR * widthPx * 0.5 * random.normal(), 3),
    cyPx: round(ideal.cyPx + CALIBRATION_ERROR * widthPx * 0.5 * random.normal(), 3),
    distortion: [round(k1 * off(), 7), round(k2 * off(), 7), p1, p2, k3] as [
      number,
      number,
      number,
      number,
      number,
    ], // deno-fmt-ignore
  };
  const sigma = radiansFromDegrees(MOUNTING_SIGMA_DEG);
  const mountingErrorRad = [
    sigma * random.normal(),
    sigma * random.normal(),
    sigma * random.normal(),
  ] as const;
  return {
    calibration: {
      id: `simulated-${widthPx}x${heightPx}-${fovDeg}deg`,
      ...calibrated,
      bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
      mountingSigmaDeg: MOUNTING_SIGMA_DEG,
    },
    trueIntrinsics: ideal,
    trueBodyFromCamera: quaternionMultiply(
      quaternionFromRotationVector(mountingErrorRad),
      BODY_FROM_NADIR_CAMERA,
    ),
    mountingErrorRad,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
