/**
 * Types of orthorectification: frames with a known pose are projected onto flat ground and cut into
 * slippy tiles.
 *
 * @module
 */
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { Enu, Quaternion } from "../../core/mod.ts";

/** A calibrated camera with a known pose in a local frame of reference. */
export interface CameraView {
  readonly calibration: CameraCalibration;
  /** Optical centre, local frame (east, north, up), metres. */
  readonly positionLocalM: Enu;
  /** local (ENU) from camera (optical). */
  readonly localFromCamera: Quaternion;
}

/** Pixel whose centre has integer coordinates, as in the calibration. */
export type PixelPosition = readonly [xPx: number, yPx: number];
/** East and north on the ground, local frame, metres. */
export type GroundPosition = readonly [eastM: number, northM: number];

/** A regular grid of output pixels that defines a warp; see WarpGrid of native/vision. */
export interface ProjectionGrid {
  readonly columns: number;
  readonly rows: number;
  readonly stepPx: number;
  /** Frame pixel (x, y) of each knot, row-major; NaN where the ground is not in view. */
  readonly sourcePx: Float64Array<ArrayBuffer>;
}
