/**
 * Brown–Conrady distortion in OpenCV's order (k1, k2, p1, p2, k3) on normalised image coordinates.
 *
 * Source: D. C. Brown, "Decentering distortion of lenses", 1966; OpenCV, camera calibration.
 *
 * @module
 */
import type { CameraCalibration } from "../../navigation/camera/mod.ts";

type Distortion = CameraCalibration["distortion"];
type Normalised = readonly [x: number, y: number];

/** Position on the image plane of a ray through (x, y) of the ideal plane. */
export function distort(distortion: Distortion, [x, y]: Normalised): Normalised {
  const [k1, k2, p1, p2, k3] = distortion;
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  return [
    x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
    y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
  ];
}

/** The inverse, by Newton's method; null where the model folds over and has none. */
export function undistort(distortion: Distortion, seen: Normalised): Normalised | null {
  if (distortion.every((k) => k === 0)) return seen;
  let [x, y] = seen;
  for (let iteration = 0; iteration < 20; iteration++) {
    const [fx, fy] = distort(distortion, [x, y]);
    const ex = fx - seen[0], ey = fy - seen[1];
    if (Math.abs(ex) + Math.abs(ey) < 1e-12) return [x, y];
    const [a, b, c, d] = jacobian(distortion, [x, y]);
    const determinant = a * d - b * c;
    if (!(determinant > 0)) return null;
    x -= (d * ex - b * ey) / determinant;
    y -= (a * ey - c * ex) / determinant;
  }
  const [fx, fy] = distort(distortion, [x, y]);
  return Math.hypot(fx - seen[0], fy - seen[1]) < 1e-6 ? [x, y] : null;
}

/** Whether the model is one-to-one out to (x, y): beyond its fold it would show ground twice. */
export function isUnfolded(distortion: Distortion, [x, y]: Normalised): boolean {
  if (distortion.every((k) => k === 0)) return true;
  // The radial growth d(r·radial)/dr must be positive all the way out.
  const [k1, k2, , , k3] = distortion;
  const r2Max = x * x + y * y;
  for (let i = 1; i <= 8; i++) {
    const r2 = r2Max * i / 8;
    if (!(1 + r2 * (3 * k1 + r2 * (5 * k2 + r2 * 7 * k3)) > 0)) return false;
  }
  return true;
}

/** Row-major d(distorted)/d(ideal). */
export function jacobian(
  distortion: Distortion,
  [x, y]: Normalised,
): readonly [number, number, number, number] {
  const [k1, k2, p1, p2, k3] = distortion;
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  const slope = 2 * (k1 + r2 * (2 * k2 + 3 * r2 * k3));
  const cross = x * y * slope + 2 * p1 * x + 2 * p2 * y;
  return [
    radial + x * x * slope + 2 * p1 * y + 6 * p2 * x,
    cross,
    cross,
    radial + y * y * slope + 6 * p1 * y + 2 * p2 * x,
  ];
}
