import type { Matrix3 } from "../../core/mod.ts";

/** A whole number of steps that reaches `wanted`, at most `most`; 0 when under half a step is wanted. */
export function halfRange(wanted: number, step: number, most: number): number {
  const steps = Math.min(Math.floor(most / step), Math.ceil(wanted / step - 0.5));
  return Math.max(0, steps) * step;
}

/**
 * How far from the point below the camera its picture is looked at, metres: its width on level ground, and
 * further where it looks aside.
 */
export function viewReachM(
  camera: { readonly widthPx: number; readonly heightPx: number; readonly fxPx: number },
  heightM: number,
  localFromCamera: Matrix3,
): number {
  const widthM = heightM * Math.max(camera.widthPx, camera.heightPx) / camera.fxPx;
  // The optical axis is the camera's z; it meets the ground so far aside.
  const aside = Math.hypot(localFromCamera[2], localFromCamera[5]) /
    Math.max(0.05, -localFromCamera[8]);
  return Math.max(widthM, aside * heightM + widthM / 2);
}
