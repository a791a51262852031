/**
 * Doubt that is put into a state: errors that several blocks have in common are added to the
 * covariance as such, so that what was measured between them stays true.
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  quaternionConjugate,
  quaternionMultiply,
} from "../../core/mod.ts";
import type { FilterState } from "./filter_state.ts";
import { ERROR, STATE_SIZE } from "./state_table.ts";

const IDENTITY: Matrix3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Widens the position, in common for now and for the clone. */
export function widenPosition(state: FilterState, varianceM2: number): void {
  widen(state, ERROR.position, ERROR.clonePosition, varianceM2, IDENTITY);
}

/** Widens the horizontal position, in common for now and for the clone. */
export function widenHorizontally(state: FilterState, varianceM2: number): void {
  for (let axis = 0; axis < 2; axis++) {
    for (const row of [ERROR.position, ERROR.clonePosition]) {
      for (const column of [ERROR.position, ERROR.clonePosition]) {
        state.addCovariance(row + axis, column + axis, varianceM2);
      }
    }
  }
}

/** Widens the attitude, in common for now and for the clone. */
export function widenAttitude(state: FilterState, varianceRad2: number): void {
  // The same turn of the world is another vector in the body axes of another moment.
  const nowFromClone = matrixFromQuaternion(quaternionMultiply(
    quaternionConjugate(state.quaternion("attitude")),
    state.quaternion("cloneAttitude"),
  ));
  widen(state, ERROR.attitude, ERROR.cloneAttitude, varianceRad2, nowFromClone);
}

/** Widens the height, in common for now and for the clone, and the vertical speed. */
export function widenHeight(state: FilterState, varianceM2: number, speedVariance: number): void {
  for (const row of [ERROR.position + 2, ERROR.clonePosition + 2]) {
    for (const column of [ERROR.position + 2, ERROR.clonePosition + 2]) {
      state.addCovariance(row, column, varianceM2);
    }
  }
  state.addCovariance(ERROR.velocity + 2, ERROR.velocity + 2, speedVariance);
}

/** The barometer has run away, and the height with it: what it says of the height now is not known. */
export function doubtBarometer(state: FilterState, varianceM2: number): void {
  widenHeight(state, varianceM2, 1);
  state.addCovariance(ERROR.baroDrift, ERROR.baroDrift, varianceM2);
}

/** What the place was told by may have been from `ageS` earlier. */
export function doubtAlongTheWay(state: FilterState, ageS: number): void {
  widenHorizontally(state, (state.horizontalSpeedMps() * ageS) ** 2);
}

/** The offset of the map is what was expected of it before anything was measured. */
export function forgetMapOffset(state: FilterState, sigmaM: number): void {
  const { covariance } = state;
  state.set("mapOffset", [0, 0]);
  for (let row = ERROR.mapOffset; row < ERROR.mapOffset + 2; row++) {
    for (let k = 0; k < STATE_SIZE; k++) {
      covariance[row * STATE_SIZE + k] = 0;
      covariance[k * STATE_SIZE + row] = 0;
    }
  }
  for (let row = ERROR.mapOffset; row < ERROR.mapOffset + 2; row++) {
    state.addCovariance(row, row, sigmaM ** 2);
  }
}

/**
 * The whole map may lie elsewhere, and the position with it: places in the map (position + offset)
 * stay as well known as they were.
 */
export function doubtMapOffset(state: FilterState, varianceM2: number): void {
  const shares = [
    [ERROR.position, 1],
    [ERROR.clonePosition, 1],
    [ERROR.mapOffset, -1],
  ] as const;
  for (let axis = 0; axis < 2; axis++) {
    for (const [row, rowShare] of shares) {
      for (const [column, columnShare] of shares) {
        state.addCovariance(row + axis, column + axis, rowShare * columnShare * varianceM2);
      }
    }
  }
}

/** Adds an isotropic error that block `a` (now) and block `b` (clone) have in common. */
function widen(state: FilterState, a: number, b: number, variance: number, aFromB: Matrix3): void {
  for (let i = 0; i < 3; i++) {
    state.addCovariance(a + i, a + i, variance);
    state.addCovariance(b + i, b + i, variance);
    for (let k = 0; k < 3; k++) {
      state.addCovariance(a + i, b + k, variance * aFromB[3 * i + k]);
      state.addCovariance(b + k, a + i, variance * aFromB[3 * i + k]);
    }
  }
}
