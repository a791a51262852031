/**
 * Projects between camera and flat ground at a height of the local frame of reference.
 *
 * With R = local-from-camera, C = optical centre and K the intrinsics, a ground point X is seen at
 * K · distort(π(Rᵀ(X − C))); a pixel's ray R · undistort(K⁻¹ p) meets the ground at C + (h − C_up)
 * / ray_up · ray. Without distortion that is the homography K Rᵀ [e_east, e_north, (0, 0, h) − C].
 *
 * Source: R. Hartley, A. Zisserman, Multiple View Geometry, 2nd ed., 8.1 and 13.1.
 *
 * @module
 */
import {
  type Enu,
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  quaternionConjugate,
  rotate,
} from "../../core/mod.ts";
import type { CameraView, GroundPosition, PixelPosition } from "./contract.ts";
import { distort, isUnfolded, undistort } from "./distortion.ts";

/** Rays and points nearer to the horizon (or image plane) than this are not used. */
const DEPTH_MIN = 1e-6;

/** Frame pixel of a point in the local frame; null behind the camera or beyond the lens model. */
function pixelFromLocal(view: CameraView, pointLocalM: Enu): PixelPosition | null {
  const [cx, cy, cz] = view.positionLocalM;
  const ray = rotate(quaternionConjugate(view.localFromCamera), [
    pointLocalM[0] - cx,
    pointLocalM[1] - cy,
    pointLocalM[2] - cz,
  ]);
  if (!(ray[2] > DEPTH_MIN)) return null;
  const ideal = [ray[0] / ray[2], ray[1] / ray[2]] as const;
  const { calibration } = view;
  if (!isUnfolded(calibration.distortion, ideal)) return null;
  const [x, y] = distort(calibration.distortion, ideal);
  return [calibration.fxPx * x + calibration.cxPx, calibration.fyPx * y + calibration.cyPx];
}

/** Direction of a pixel's ray in the local frame (not normalised); null beyond the lens model. */
export function rayFromPixel(view: CameraView, pixel: PixelPosition): Enu | null {
  const { calibration } = view;
  const ideal = undistort(calibration.distortion, [
    (pixel[0] - calibration.cxPx) / calibration.fxPx,
    (pixel[1] - calibration.cyPx) / calibration.fyPx,
  ]);
  return ideal && rotate(view.localFromCamera, [ideal[0], ideal[1], 1]);
}

/** Ground under a pixel, the ground at `groundUpM` of the local frame; null at or above the horizon. */
export function groundFromPixel(
  view: CameraView,
  pixel: PixelPosition,
  groundUpM: number,
): GroundPosition | null {
  const ray = rayFromPixel(view, pixel);
  const fallM = groundUpM - view.positionLocalM[2];
  if (!ray || !(fallM < 0) || !(ray[2] < -DEPTH_MIN)) return null;
  const reach = fallM / ray[2];
  return [view.positionLocalM[0] + reach * ray[0], view.positionLocalM[1] + reach * ray[1]];
}

/**
 * Frame pixel of a ground point; null when it is not in front of the camera (it may lie outside the
 * frame's edges).
 */
export function pixelFromGround(
  view: CameraView,
  ground: GroundPosition,
  groundUpM: number,
): PixelPosition | null {
  return pixelFromLocal(view, [ground[0], ground[1], groundUpM]);
}

/** Homography pixel-from-ground (east, north, 1) of the camera, without its distortion. */
export function groundHomography(view: CameraView, groundUpM: number): Matrix3 {
  const { fxPx, fyPx, cxPx, cyPx } = view.calibration;
  const intrinsics: Matrix3 = [fxPx, 0, cxPx, 0, fyPx, cyPx, 0, 0, 1];
  const cameraFromLocal = matrixTranspose(matrixFromQuaternion(view.localFromCamera));
  const [east, north, up] = view.positionLocalM;
  const plane: Matrix3 = [1, 0, -east, 0, 1, -north, 0, 0, groundUpM - up];
  return matrixMultiply(intrinsics, matrixMultiply(cameraFromLocal, plane));
}

/**
 * Corners of the ground that the frame shows, in the order top left, top right, bottom right, bottom
 * left of the frame, with `steps` positions on each side; null when the horizon is in view.
 */
export function frameFootprint(
  view: CameraView,
  groundUpM: number,
  steps = 1,
): readonly GroundPosition[] | null {
  const right = view.calibration.widthPx - 0.5, bottom = view.calibration.heightPx - 0.5;
  const corners = [[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]];
  const out: GroundPosition[] = [];
  for (let side = 0; side < 4; side++) {
    const [x0, y0] = corners[side], [x1, y1] = corners[(side + 1) % 4];
    for (let i = 0; i < steps; i++) {
      const share = i / steps;
      const pixel = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)] as const;
      const ground = groundFromPixel(view, pixel, groundUpM);
      if (!ground) return null;
      out.push(ground);
    }
  }
  return out;
}
