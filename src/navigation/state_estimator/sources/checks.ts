/**
 * Checks that several sources share.
 *
 * @module
 */
import type { Quaternion } from "../../../core/mod.ts";
import { NEVER_NS } from "../filter_state.ts";

/** Within 1 % of unit length. */
export function isRotation(q: Quaternion): boolean {
  return Math.abs(Math.hypot(...q) - 1) < 0.01;
}

export function areFinite(...values: readonly number[]): boolean {
  return values.every(Number.isFinite);
}

/**
 * Factor on the variance of a sample whose error is correlated with the one fused before it.
 *
 * The errors of the controller's attitude and of GPS are correlated over tens of seconds. Fused as if
 * they were white they would be averaged away; their noise is therefore inflated to the white noise
 * that has the same variance over a long average: 2·tau/interval (the integral of e^(−|t|/tau)).
 */
export function correlationFactor(timeNs: number, earlierNs: number, tauS: number): number {
  if (earlierNs === NEVER_NS) return 1;
  return Math.max(1, 2 * tauS / Math.max(1e-3, (timeNs - earlierNs) * 1e-9));
}
