/**
 * Which photographs of a folder belong to one flight, and when each of them was taken.
 *
 * @module
 */
import { type MonotonicNs, monotonicNs, wrapDegrees } from "../../core/mod.ts";
import type { PhotographFile } from "../photographs/mod.ts";

/** Fields of view and proportions that differ by more are of two cameras. */
const CAMERA_TOLERANCE = 0.05;

/**
 * Cameras of a folder one after the other, each in order of time: what one camera's located photographs tell (its
 * mounting, its scale) is not true of another's. A camera is a model, a sensor, a field of view and a proportion.
 */
export function byCamera<T extends Pick<PhotographFile, "photograph">>(
  files: readonly T[],
): readonly (readonly T[])[] {
  const cameras: T[][] = [];
  for (const file of files) {
    const known = cameras.find(([first]) => isSameCamera(first.photograph, file.photograph));
    if (known === undefined) cameras.push([file]);
    else known.push(file);
  }
  return cameras;
}

function isSameCamera(
  a: PhotographFile["photograph"],
  b: PhotographFile["photograph"],
): boolean {
  if (a.camera !== b.camera) return false;
  const { calibration: c } = a, { calibration: d } = b;
  const isAlike = (x: number, y: number) => Math.abs(x / y - 1) <= CAMERA_TOLERANCE;
  const sides = ({ widthPx, heightPx }: typeof c) =>
    [Math.max(widthPx, heightPx), Math.min(widthPx, heightPx)] as const;
  const [longC, shortC] = sides(c), [longD, shortD] = sides(d);
  return isAlike(c.fxPx / longC, d.fxPx / longD) && isAlike(longC / shortC, longD / shortD);
}

/** A gimbal that holds its camera upright says so by another roll. */
const ROLL_UPRIGHT_DEG = 45;

/**
 * Of one camera: which pictures were turned by a quarter, by the size that the camera wrote, or (a program may have
 * written that anew) being upright where most of the others lie.
 */
export function withTurned<T extends Pick<PhotographFile, "photograph">>(
  files: readonly T[],
): readonly (T & { readonly isTurned: boolean })[] {
  const others = files.filter((file) => !file.photograph.isTurned);
  const upright = new Set(
    others.filter(({ photograph: { calibration } }) => calibration.heightPx > calibration.widthPx),
  );
  const lying = others.filter((file) => !upright.has(file));
  const rollDeg = ({ photograph: { gimbal } }: T) => gimbal?.rollDeg ?? 0;
  return files.map((file) => {
    const isOdd = upright.has(file) && lying.length > upright.size &&
      Math.abs(wrapDegrees(rollDeg(file) - rollDeg(lying[0]))) < ROLL_UPRIGHT_DEG;
    return { ...file, isTurned: file.photograph.isTurned || isOdd };
  });
}

/** Interval between photographs without a capture time, or of the same second. */
const STEP_NS = 100e6;
/** A longer break (another battery, another day, a clock that was set) begins another flight. */
const BREAK_NS = 600e9;
/** The clock of a flight counts no further: its numbers are whole. */
const TIME_MAX_NS = 8e15;

export interface ExposureTime {
  readonly timeNs: MonotonicNs;
  readonly flight: number;
}

/**
 * Time since the first of the photographs, which come camera by camera in order of time; strictly increasing. A
 * break counts as ten minutes at most, so that years between two flights do not run out of the clock. Another
 * camera begins another flight.
 */
export function exposureTimes(cameras: readonly (readonly (Date | null)[])[]): ExposureTime[] {
  const count = cameras.reduce((sum, times) => sum + times.length, 0);
  const breakNs = Math.min(BREAK_NS, TIME_MAX_NS / Math.max(1, count));
  let timeNs = -STEP_NS, flight = -1;
  return cameras.flatMap((capturedAt) =>
    capturedAt.map((captured, i): ExposureTime => {
      if (i === 0) {
        flight++;
        timeNs += STEP_NS;
      } else {
        const before = capturedAt[i - 1];
        const sinceNs = captured === null || before === null
          ? 0
          : 1e6 * (captured.getTime() - before.getTime());
        if (sinceNs > BREAK_NS) flight++;
        timeNs += Math.max(STEP_NS, Math.min(sinceNs, breakNs));
      }
      return { timeNs: monotonicNs(Math.round(timeNs)), flight };
    })
  );
}
