/**
 * Accessors of the 6×6 covariance of a pose, as used for camera poses, odometry and estimates:
 * row-major, of (position in the local frame of reference in metres: east, north, up; rotation
 * error in body axes in radians).
 *
 * @module
 */
import type { Matrix3 } from "./rotation.ts";

const SIZE = 6;
const EAST = 0, NORTH = 1, UP = 2, ROTATION = 3;

/** Variances and covariance of the horizontal position, m². */
export function horizontalCovarianceM2(
  covariance: ArrayLike<number>,
): [eastEast: number, eastNorth: number, northNorth: number] {
  return [
    covariance[EAST * SIZE + EAST],
    covariance[EAST * SIZE + NORTH],
    covariance[NORTH * SIZE + NORTH],
  ];
}

/** m². */
export function upVarianceM2(covariance: ArrayLike<number>): number {
  return covariance[UP * SIZE + UP];
}

/** Of the rotation error, body axes, rad². */
export function rotationCovarianceRad2(covariance: ArrayLike<number>): Matrix3 {
  const at = (row: number, column: number) =>
    covariance[(ROTATION + row) * SIZE + ROTATION + column];
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/** Adds an independent error of the same variance on every axis of position and of rotation. */
export function addPoseVariance(
  covariance: Float64Array,
  variance: { readonly positionM2: number; readonly rotationRad2: number },
): void {
  for (let i = 0; i < SIZE; i++) {
    covariance[i * SIZE + i] += i < ROTATION ? variance.positionM2 : variance.rotationRad2;
  }
}
