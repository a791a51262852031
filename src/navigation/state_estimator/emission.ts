/**
 * From the filter's state to what leaves the component.
 *
 * The filter's position is one in WGS84: the map's registration errors, local and as a whole, are
 * states of their own. Without GPS no fix can tell the offset of the whole map from position, so its
 * variance stands in the position's; while GPS is trusted the offset is learnt and stays learnt.
 *
 * @module
 */
import { type MonotonicNs, rotationVectorFromQuaternion } from "../../core/mod.ts";
import type { SourceLabel, StateEstimate } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import { ERROR, type FilterState, NEVER_NS, NOMINAL, STATE_SIZE } from "./filter_state.ts";
import { isCovariance, largestEigenvalue2 } from "./linear_algebra.ts";

/** Chi-square, 2 degrees of freedom, 95 %. */
const CHI_SQUARE_2_95 = 5.991464547107979;

/** Which of the poses in a state: that of its own time, or the fixed point. */
const NOW = {
  position: [ERROR.position, NOMINAL.position],
  velocity: [ERROR.velocity, NOMINAL.velocity],
  attitude: [ERROR.attitude, NOMINAL.attitude],
} as const;
const FIXED_POINT = {
  position: [ERROR.fixedPosition, NOMINAL.fixedPosition],
  velocity: [ERROR.fixedVelocity, NOMINAL.fixedVelocity],
  attitude: [ERROR.fixedAttitude, NOMINAL.fixedAttitude],
} as const;

/** Semi-major axis of the horizontal 95 % ellipse, metres. */
export function horizontal95M(state: FilterState): number {
  const p = state.covariance;
  return axis95M(p[0], p[1], p[STATE_SIZE + 1]);
}

function axis95M(eastEast: number, eastNorth: number, northNorth: number): number {
  return Math.sqrt(CHI_SQUARE_2_95 * largestEigenvalue2(eastEast, eastNorth, northNorth));
}

/**
 * `smoothed`: the fixed point with all that was measured since, at `timeNs` and with that moment's
 * age of the last fix.
 *
 * @throws EstimatorDivergedError rather than emit what is not finite or not positive definite.
 */
export function emit(
  state: FilterState,
  label: SourceLabel,
  smoothed?: { readonly timeNs: number; readonly anchorAgeS: number },
): StateEstimate {
  const pose = smoothed === undefined ? NOW : FIXED_POINT;
  const covariance = new Float64Array(36), velocityCovariance = new Float64Array(9);
  const p = state.covariance;
  for (let i = 0; i < 6; i++) {
    const row = i < 3 ? pose.position[0] + i : pose.attitude[0] + i - 3;
    for (let k = 0; k < 6; k++) {
      const column = k < 3 ? pose.position[0] + k : pose.attitude[0] + k - 3;
      covariance[6 * i + k] = p[row * STATE_SIZE + column];
      if (i < 3 && k < 3) {
        velocityCovariance[3 * i + k] =
          p[(pose.velocity[0] + i) * STATE_SIZE + pose.velocity[0] + k];
      }
    }
  }
  if (!isCovariance(covariance, 6) || !isCovariance(velocityCovariance, 3)) {
    throw new EstimatorDivergedError("the covariance is not symmetric positive definite");
  }
  if (!state.nominal.every(Number.isFinite)) {
    throw new EstimatorDivergedError("the state is not finite");
  }
  return {
    timeNs: (smoothed?.timeNs ?? state.timeNs) as MonotonicNs,
    positionLocalM: state.vector(pose.position[1]),
    velocityLocalMps: state.vector(pose.velocity[1]),
    localFromBody: state.quaternion(pose.attitude[1]),
    mountingErrorRad: rotationVectorFromQuaternion(state.quaternion(NOMINAL.mounting)),
    mapErrorM: [mapErrorM(state, 0), mapErrorM(state, 1)],
    covariance,
    velocityCovariance,
    horizontal95M: axis95M(covariance[0], covariance[1], covariance[7]),
    label,
    anchorAgeS: smoothed?.anchorAgeS ?? anchorAgeS(state),
    smoothed: smoothed !== undefined,
  };
}

/** Local error and offset of the whole map, east (0) or north (1). */
function mapErrorM(state: FilterState, axis: 0 | 1): number {
  return state.nominal[NOMINAL.map + axis] + state.nominal[NOMINAL.mapOffset + axis];
}

export function anchorAgeS(state: FilterState): number {
  return state.anchorNs === NEVER_NS ? Infinity : (state.timeNs - state.anchorNs) * 1e-9;
}
