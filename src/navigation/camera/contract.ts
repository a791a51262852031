/**
 * Camera: calibrated frames with their exposure mid-time on the canonical clock.
 *
 * @module
 */
import * as z from "zod";
import { type MonotonicNs, quantity } from "../../core/mod.ts";

/**
 * Pinhole camera with Brown–Conrady distortion in OpenCV's order (k1, k2, p1, p2, k3).
 * Pixel centres are at integers: the top left pixel is (0, 0).
 */
export const CameraCalibrationSchema = z.strictObject({
  id: z.string().min(1),
  widthPx: z.int().min(16).max(20_000),
  heightPx: z.int().min(16).max(20_000),
  fxPx: quantity.focalLengthPx,
  fyPx: quantity.focalLengthPx,
  cxPx: quantity.coordinatePx,
  cyPx: quantity.coordinatePx,
  distortion: z.tuple([
    quantity.distortion,
    quantity.distortion,
    quantity.distortion,
    quantity.distortion,
    quantity.distortion,
  ]),
  /** Rotation body (FRD) from camera (optical) as mounted by design, Hamilton (w, x, y, z). */
  bodyFromCamera: z.tuple([
    quantity.quaternionPart,
    quantity.quaternionPart,
    quantity.quaternionPart,
    quantity.quaternionPart,
  ])
    .refine((q) => Math.abs(Math.hypot(...q) - 1) < 1e-3, "must be a unit quaternion"),
  /** 1 sigma of the mounting error about each axis, degrees. */
  mountingSigmaDeg: quantity.angleDeg.default(0.5),
});
export type CameraCalibration = z.infer<typeof CameraCalibrationSchema>;

/** One picture as the camera delivers it; no pixels are kept beyond its turn in the flight loop. */
export interface CameraFrame {
  readonly sequence: number;
  /** Middle of the exposure. */
  readonly exposureMidNs: MonotonicNs;
  /** Empty where the camera gives `grey`. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** Of a camera without JPEG: 8 bits a pixel, row-major, of the calibration's size. */
  readonly grey?: Uint8Array<ArrayBuffer>;
  readonly calibration: CameraCalibration;
  /** For messages: the file that it was read from, where there is one. */
  readonly name?: string;
}
