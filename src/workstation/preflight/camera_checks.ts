/**
 * Whether the camera is the one that was calibrated, and sees enough.
 *
 * @module
 */
import {
  calibrationDifferences,
  type CameraCalibration,
  type PictureLight,
} from "../../navigation/camera/mod.ts";
import { fail, type Finding, notChecked, pass, warning } from "./contract.ts";

export interface CameraReading {
  readonly calibrationId: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** A live picture of the calibration's size; null: none came. */
  readonly picture: PictureLight | null;
  /** Why none came. */
  readonly fault: string;
}

/** Package and command line say what the camera should be; the picture what it is. */
export function calibrationFindings(
  camera: CameraReading | null,
  expectedId: string | null,
): Finding[] {
  if (camera === null) return [notChecked("no --camera, or no calibration of it")];
  const { calibrationId, widthPx, heightPx, picture, fault } = camera;
  const found: Finding[] = [];
  if (expectedId !== null && expectedId !== calibrationId) {
    found.push(fail(
      `the calibration is of ${calibrationId}, ${expectedId} is expected`,
      "give the calibration of this camera",
    ));
  }
  if (picture === null) {
    found.push(fail(
      `${calibrationId}, ${widthPx}×${heightPx}: ${fault || "no picture comes"}`,
      "check the camera, its cable and address, and that the calibration is its own",
    ));
  } else found.push(pass(`${calibrationId}, ${widthPx}×${heightPx}, as the live picture`));
  return found;
}

const DARK_LEVEL = 12, DIM_LEVEL = 40;
const BRIGHT_LEVEL = 225, WHITE_LEVEL = 248;
const BLIND_SHARPNESS = 0.5, SOFT_SHARPNESS = 1.2;

/**
 * Whether the package was made for the camera that flies.
 *
 * @param used of the command line or of the aircraft; null: it has none
 */
export function packagedCalibrationFindings(
  packaged: CameraCalibration | null,
  used: CameraCalibration | null,
): Finding[] {
  if (packaged === null) return [];
  if (used === null) return [pass(`the package brings that of ${packaged.id}`)];
  const differences = calibrationDifferences(packaged, used);
  if (differences.length === 0) return [pass(`${used.id}, as the package has it`)];
  return [fail(
    `the camera that flies is not the one that the package was made for: ${differences.join("; ")}`,
    "provision again with --calibration of this camera, or give the aircraft the other one",
  )];
}

/** On the ground a camera sees what is below it from a hand's breadth: blurred is a warning at most. */
export function lightFindings(picture: PictureLight | null): Finding[] {
  if (picture === null) return [notChecked("no live picture")];
  const { meanLevel, sharpness } = picture;
  const text = `mean level ${meanLevel.toFixed(0)} of 255, sharpness ${sharpness.toFixed(1)}`;
  if (meanLevel < DARK_LEVEL) return [fail(`${text}: dark`, "take off the cap, or wait for light")];
  if (meanLevel > WHITE_LEVEL) return [fail(`${text}: white`, "shorten the exposure")];
  if (meanLevel < DIM_LEVEL || meanLevel > BRIGHT_LEVEL) {
    return [warning(text, "set the exposure, or wait for other light")];
  }
  if (sharpness < BLIND_SHARPNESS) {
    return [fail(`${text}: nothing is to be seen`, "clean the lens, and see what it looks at")];
  }
  if (sharpness < SOFT_SHARPNESS) {
    return [warning(text, "clean and focus the lens; where it lies on the ground, lift it")];
  }
  return [pass(text)];
}
