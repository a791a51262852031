/**
 * Orthorectification: frames with a known pose → flat ground → slippy tiles.
 *
 * @module
 */
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import type { Enu, Quaternion } from "../../core/mod.ts";

/** A calibrated camera with a known pose in a local frame. */
export interface CameraView {
  readonly calibration: CameraCalibration;
  /** Optical centre, local frame (east, north, up), metres. */
  readonly positionLocalM: Enu;
  /** local (ENU) from camera (optical). */
  readonly localFromCamera: Quaternion;
}

/** Pixel with its centre at integers, as the calibration counts. */
export type PixelPosition = readonly [xPx: number, yPx: number];
/** East and north on the ground, local frame, metres. */
export type GroundPosition = readonly [eastM: number, northM: number];

/** A regular grid of output pixels on which a warp is given; see vision's WarpGrid. */
export interface ProjectionGrid {
  readonly columns: number;
  readonly rows: number;
  readonly stepPx: number;
  /** Frame pixel (x, y) of each knot, row-major; NaN where the ground is not in view. */
  readonly sourcePx: Float64Array<ArrayBuffer>;
}
