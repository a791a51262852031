/**
 * Whether two calibrations are of one camera.
 *
 * @module
 */
import type { CameraCalibration } from "./contract.ts";

/** What a calibration that went through text may differ by. */
const SHARE = 1e-9;

/** What `other` says otherwise, for people; empty where they are the same. */
export function calibrationDifferences(
  stated: CameraCalibration,
  other: CameraCalibration,
): string[] {
  const differences: string[] = [];
  if (stated.id !== other.id) differences.push(`id ${other.id}, not ${stated.id}`);
  if (stated.widthPx !== other.widthPx || stated.heightPx !== other.heightPx) {
    const size = ({ widthPx, heightPx }: CameraCalibration) => `${widthPx}×${heightPx}`;
    differences.push(`${size(other)} pixels, not ${size(stated)}`);
  }
  for (const key of ["fxPx", "fyPx", "cxPx", "cyPx", "mountingSigmaDeg"] as const) {
    if (!isSame(stated[key], other[key])) {
      differences.push(`${key} ${other[key]}, not ${stated[key]}`);
    }
  }
  const isSameList = (key: "distortion" | "bodyFromCamera") =>
    stated[key].every((value, at) => isSame(value, other[key][at]));
  if (!isSameList("distortion")) differences.push("another distortion");
  if (!isSameList("bodyFromCamera")) differences.push("mounted otherwise");
  return differences;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= SHARE * Math.max(1, Math.abs(a), Math.abs(b));
}
