/**
 * Whether the camera is the one that was calibrated, and sees enough.
 *
 * @module
 */
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

interface PictureLight {
  /** Grey level, 0 to 255. */
  readonly meanLevel: number;
  /** Mean difference between neighbouring pixels, grey levels. */
  readonly sharpness: number;
}

/** Of at most some hundred thousand pixels: every row that far apart. */
const ROWS_MAX = 240;

/** `pixels`: 8-bit grey, row-major. */
export function lightOf(
  { pixels, widthPx, heightPx }: {
    readonly pixels: Uint8Array;
    readonly widthPx: number;
    readonly heightPx: number;
  },
): PictureLight {
  const stride = Math.max(1, Math.floor(heightPx / ROWS_MAX));
  let level = 0, difference = 0, count = 0;
  for (let row = 0; row + 1 < heightPx; row += stride) {
    const at = row * widthPx;
    for (let column = 0; column + 1 < widthPx; column++) {
      const value = pixels[at + column];
      level += value;
      difference += Math.abs(pixels[at + column + 1] - value) +
        Math.abs(pixels[at + widthPx + column] - value);
      count++;
    }
  }
  return { meanLevel: level / count, sharpness: difference / (2 * count) };
}

/** Package and command line say what the camera should be; the picture what it is. */
export function calibrationFindings(
  camera: CameraReading | null,
  expectedId: string | null,
): Finding[] {
  if (camera === null) return [notChecked("no --camera and --calibration were given")];
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

/** On the ground a camera sees what is below it from a hand's breadth: blurred is a warning at most. */
export function lightFindings(camera: CameraReading | null): Finding[] {
  if (camera === null || camera.picture === null) return [notChecked("no live picture")];
  const { meanLevel, sharpness } = camera.picture;
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
