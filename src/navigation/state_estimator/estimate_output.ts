/**
 * From the filter's state to what leaves the component.
 *
 * The filter's position is one in WGS84: the map's registration errors, local and as a whole, are
 * states of their own. Without GPS no fix can separate the offset of the whole map from position, so its
 * variance stands in the position's; while GPS is trusted the offset is learnt and stays learnt.
 *
 * @module
 */
import {
  horizontalCovarianceM2,
  type MonotonicNs,
  rotationVectorFromQuaternion,
} from "../../core/mod.ts";
import type { SourceLabel, StateEstimate } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import { type FilterState, NEVER_NS } from "./filter_state.ts";
import { isCovariance, largestEigenvalue2 } from "./linear_algebra.ts";
import { type BlockName, ERROR } from "./state_table.ts";

/** Chi-square, 2 degrees of freedom, 95 %. */
const CHI_SQUARE_2_95 = 5.991464547107979;

/** Which of the poses in a state: that of its own time, or the fixed point. */
interface PoseBlocks {
  readonly position: BlockName;
  readonly velocity: BlockName;
  readonly attitude: BlockName;
}
const NOW: PoseBlocks = { position: "position", velocity: "velocity", attitude: "attitude" };
const FIXED_POINT: PoseBlocks = {
  position: "fixedPosition",
  velocity: "fixedVelocity",
  attitude: "fixedAttitude",
};

/** Semi-major axis of the horizontal 95 % ellipse, metres; `addedM2`: to the variance of each axis. */
export function horizontal95M(state: FilterState, addedM2 = 0): number {
  const east = ERROR.position, north = ERROR.position + 1;
  return axis95M(
    state.covarianceOf(east, east) + addedM2,
    state.covarianceOf(east, north),
    state.covarianceOf(north, north) + addedM2,
  );
}

/** Variance of the horizontal position in its least certain direction, m². */
export function positionM2(state: FilterState): number {
  return horizontal95M(state) ** 2 / CHI_SQUARE_2_95;
}

function axis95M(eastEast: number, eastNorth: number, northNorth: number): number {
  return Math.sqrt(CHI_SQUARE_2_95 * largestEigenvalue2(eastEast, eastNorth, northNorth));
}

/**
 * `smoothed`: the fixed point with all that was measured since, at `timeNs` and with that moment's
 * age of the last fix. `addedM2`: what is added to the variance of each horizontal axis.
 *
 * @throws EstimatorDivergedError rather than emit what is not finite or not positive definite.
 */
export function estimateOutput(
  state: FilterState,
  label: SourceLabel,
  { smoothed, addedM2 = 0, unconfirmedM }: {
    readonly smoothed?: { readonly timeNs: number; readonly anchorAgeS: number };
    readonly addedM2?: number;
    readonly unconfirmedM?: number;
  } = {},
): StateEstimate {
  const pose = smoothed === undefined ? NOW : FIXED_POINT;
  const poseErrors = [...placesOf(pose.position), ...placesOf(pose.attitude)];
  const covariance = subCovariance(state, poseErrors);
  for (const axis of [0, 1]) covariance[axis * 7] += addedM2;
  const velocityCovariance = subCovariance(state, placesOf(pose.velocity));
  if (!isCovariance(covariance, 6) || !isCovariance(velocityCovariance, 3)) {
    throw new EstimatorDivergedError("the covariance is not symmetric positive definite");
  }
  if (!state.nominal.every(Number.isFinite)) {
    throw new EstimatorDivergedError("the state is not finite");
  }
  return {
    timeNs: (smoothed?.timeNs ?? state.timeNs) as MonotonicNs,
    positionLocalM: state.vector(pose.position),
    velocityLocalMps: state.vector(pose.velocity),
    localFromBody: state.quaternion(pose.attitude),
    mountingErrorRad: rotationVectorFromQuaternion(state.quaternion("mounting")),
    mapErrorM: [mapErrorM(state, 0), mapErrorM(state, 1)],
    covariance,
    velocityCovariance,
    horizontal95M: axis95M(...horizontalCovarianceM2(covariance)),
    unconfirmedM,
    label,
    anchorAgeS: smoothed?.anchorAgeS ?? anchorAgeS(state),
    smoothed: smoothed !== undefined,
  };
}

/** Local error and offset of the whole map, east (0) or north (1). */
function mapErrorM(state: FilterState, axis: 0 | 1): number {
  return state.value("map", axis) + state.value("mapOffset", axis);
}

/** Places of a block's three components in the error state. */
function placesOf(block: BlockName): readonly number[] {
  return [ERROR[block], ERROR[block] + 1, ERROR[block] + 2];
}

/** Covariance of the errors at `places`, row-major. */
function subCovariance(state: FilterState, places: readonly number[]): Float64Array {
  return Float64Array.from(
    places.flatMap((row) => places.map((column) => state.covarianceOf(row, column))),
  );
}

/** Infinity where `fusedNs` is never. */
export function secondsBetween(fusedNs: number, nowNs: number): number {
  return fusedNs === NEVER_NS ? Infinity : (nowNs - fusedNs) * 1e-9;
}

/** Since odometry or a fix was fused last; Infinity before. */
export function pictureAgeS(state: FilterState): number {
  const lastNs = Math.max(state.lastFusedNs("anchor"), state.lastFusedNs("odometry"));
  return secondsBetween(lastNs, state.timeNs);
}

export function anchorAgeS(state: FilterState): number {
  return secondsBetween(state.lastFusedNs("anchor"), state.timeNs);
}

/** Pictures count as present until the last one is so old, seconds. */
const SEEING_S = 2;

export function seesGround(state: FilterState): boolean {
  return pictureAgeS(state) < SEEING_S;
}
