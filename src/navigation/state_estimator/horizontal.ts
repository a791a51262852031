/**
 * Vectors and covariances of the horizontal plane.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { FilterState } from "./filter_state.ts";

/** East and north. */
export type Vector2 = readonly [number, number];
/** East-east, east-north, north-north. */
export type Symmetric2 = readonly [number, number, number];

/** Of a block's horizontal axes, with `sigma` of another measurement of them. */
export function varianceOf(state: FilterState, block: number, sigma: number): Symmetric2 {
  return [
    state.covarianceOf(block, block) + sigma ** 2,
    state.covarianceOf(block, block + 1),
    state.covarianceOf(block + 1, block + 1) + sigma ** 2,
  ];
}

/** Squared Mahalanobis distance. */
export function distance2([x, y]: Vector2, [a, b, c]: Symmetric2): number {
  return (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b);
}

export function subtract2(a: Vector3, b: Vector3): Vector2 {
  return [a[0] - b[0], a[1] - b[1]];
}

export function mean2(values: readonly Vector2[]): Vector2 {
  return [meanOf(values.map(([east]) => east)), meanOf(values.map(([, north]) => north))];
}

export function mean3(values: readonly Symmetric2[]): Symmetric2 {
  const part = (index: 0 | 1 | 2) => meanOf(values.map((value) => value[index]));
  return [part(0), part(1), part(2)];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
