/**
 * Projects between camera and ground at a height of the local frame of reference.
 *
 * With R = local-from-camera, C = optical centre and K the intrinsics, a ground point X is seen at
 * lens(π(Rᵀ(X − C))), the lens model of ffi/vision; a pixel's ray R · lens⁻¹(p) meets the ground at C + (h − C_up)
 * / ray_up · ray. Without distortion that is the homography K Rᵀ [e_east, e_north, (0, 0, h) − C].
 *
 * Source: R. Hartley, A. Zisserman, Multiple View Geometry, 2nd ed., 8.1 and 13.1.
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  quaternionConjugate,
  rotate,
} from "../../core/mod.ts";
import { type LensLibrary, pixelsFromRays, raysFromPixels } from "../../native/vision/mod.ts";
import type { CameraView, GroundPosition, PixelPosition } from "./contract.ts";

/** Rays and points nearer to the horizon (or image plane) than this are not used. */
const DEPTH_MIN = 1e-6;

/** Up of the ground in the local frame, metres: level, or by place (east, north). */
export type GroundUp = number | ((eastM: number, northM: number) => number);

/**
 * Frame pixels (x, y pairs) of ground points; NaN for what is not in front of the
 * camera, or beyond the lens model. They may lie outside of the frame's edges.
 */
export function pixelsFromGround(
  lens: LensLibrary,
  view: CameraView,
  grounds: readonly GroundPosition[],
  groundUp: GroundUp,
): Float64Array<ArrayBuffer> {
  const [cx, cy, cz] = view.positionLocalM;
  const cameraFromLocal = quaternionConjugate(view.localFromCamera);
  const rays = new Float64Array(2 * grounds.length);
  grounds.forEach(([east, north], i) => {
    const upM = typeof groundUp === "number" ? groundUp : groundUp(east, north);
    const [x, y, z] = rotate(cameraFromLocal, [east - cx, north - cy, upM - cz]);
    rays.set(z > DEPTH_MIN ? [x / z, y / z] : [NaN, NaN], 2 * i);
  });
  return pixelsFromRays(lens, view.calibration, rays);
}

/** As {@link pixelsFromGround}, of one point; null for NaN. */
export function pixelFromGround(
  lens: LensLibrary,
  view: CameraView,
  ground: GroundPosition,
  groundUpM: number,
): PixelPosition | null {
  const [x, y] = pixelsFromGround(lens, view, [ground], groundUpM);
  return Number.isNaN(x) ? null : [x, y];
}

/**
 * Ground under pixels, the ground at `groundUpM` of the local frame; null at or above the horizon,
 * below the camera's own height, or where the lens model has no ray.
 */
function groundsFromPixels(
  lens: LensLibrary,
  view: CameraView,
  pixels: readonly PixelPosition[],
  groundUpM: number,
): readonly (GroundPosition | null)[] {
  const rays = raysFromPixels(lens, view.calibration, Float64Array.from(pixels.flat()));
  const [east, north, up] = view.positionLocalM;
  const fallM = groundUpM - up;
  return pixels.map((_, i) => {
    const ray = rotate(view.localFromCamera, [rays[2 * i], rays[2 * i + 1], 1]);
    if (!(fallM < 0) || !(ray[2] < -DEPTH_MIN)) return null;
    const reach = fallM / ray[2];
    return [east + reach * ray[0], north + reach * ray[1]];
  });
}

/** As {@link groundsFromPixels}, of one pixel. */
export function groundFromPixel(
  lens: LensLibrary,
  view: CameraView,
  pixel: PixelPosition,
  groundUpM: number,
): GroundPosition | null {
  return groundsFromPixels(lens, view, [pixel], groundUpM)[0];
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
  lens: LensLibrary,
  view: CameraView,
  groundUpM: number,
  steps = 1,
): readonly GroundPosition[] | null {
  const right = view.calibration.widthPx - 0.5, bottom = view.calibration.heightPx - 0.5;
  const corners = [[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]];
  const outline: PixelPosition[] = [];
  for (let side = 0; side < 4; side++) {
    const [x0, y0] = corners[side], [x1, y1] = corners[(side + 1) % 4];
    for (let i = 0; i < steps; i++) {
      const share = i / steps;
      outline.push([x0 + share * (x1 - x0), y0 + share * (y1 - y0)]);
    }
  }
  const grounds = groundsFromPixels(lens, view, outline, groundUpM);
  return grounds.every((ground) => ground !== null) ? grounds : null;
}
