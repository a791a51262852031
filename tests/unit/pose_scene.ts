/**
 * Random pose problems: a camera over ground, tie points with the errors that the solver assumes
 * (each its own, and one shared by neighbours), and what the flight expects of the attitude.
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  matrixVector,
  quaternionFromMatrix,
  quaternionFromRotationVector,
  type Random,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../src/core/mod.ts";
import type { CameraPose, PoseQuery, RayAndGround } from "../../src/native/vision/mod.ts";
import { type Attitude, cameraRotation } from "./vision_scene.ts";

export interface PoseProblem {
  readonly truth: CameraPose;
  readonly points: readonly RayAndGround[];
  readonly query: PoseQuery;
}

export const SIGMA_TILT_RAD = 0.01;
export const SIGMA_HEADING_RAD = 0.03;
const SIGMA_HEIGHT_M = 2;
const NOISE_RAD = 0.002, SMOOTH_RAD = 0.003, SMOOTH_LENGTH_M = 50;

/** `errors`: 0 for perfect tie points. `expectation`: 0 for an exactly known attitude and height. */
export function poseProblem(
  random: Random,
  options: { count?: number; errors?: number; expectation?: number; attitude?: Attitude } = {},
): PoseProblem {
  const { count = 30, errors = 1, expectation = 1 } = options;
  const attitude = options.attitude ?? {
    rollDeg: 8 * random.normal(),
    pitchDeg: 8 * random.normal(),
    headingDeg: 360 * random.uniform(),
  };
  const truth: CameraPose = {
    positionM: [200 * random.normal(), 200 * random.normal(), 100 + 10 * random.normal()],
    localFromCamera: cameraRotation(attitude),
  };
  const exact = Array.from({ length: count }, () => tiePoint(random, truth));
  const points = withErrors(random, exact, errors);
  const tilt = () => expectation * SIGMA_TILT_RAD * random.normal();
  const heading = expectation * SIGMA_HEADING_RAD * random.normal();
  const off = matrixFromQuaternion(quaternionFromRotationVector([tilt(), tilt(), heading]));
  const query: PoseQuery = {
    start: {
      positionM: [truth.positionM[0] + 4, truth.positionM[1] - 3, truth.positionM[2] + 3],
      localFromCamera: matrixMultiply(truth.localFromCamera, off),
    },
    expectedHeightM: truth.positionM[2] + expectation * SIGMA_HEIGHT_M * random.normal(),
    sigmaHeightM: SIGMA_HEIGHT_M,
    sigmaTiltRad: SIGMA_TILT_RAD,
    sigmaHeadingRad: SIGMA_HEADING_RAD,
    thresholdRad: 0.03,
    noiseRad: NOISE_RAD,
    smoothRad: SMOOTH_RAD,
    smoothLengthM: SMOOTH_LENGTH_M,
  };
  return { truth, points, query };
}

/** Where a random ray of the picture meets the ground. */
function tiePoint(random: Random, { positionM, localFromCamera }: CameraPose): RayAndGround {
  const rayX = 1.1 * (random.uniform() - 0.5), rayY = 0.8 * (random.uniform() - 0.5);
  const ray = matrixVector(localFromCamera, [rayX, rayY, 1]);
  const t = positionM[2] / -ray[2];
  return {
    rayX,
    rayY,
    eastM: positionM[0] + t * ray[0],
    northM: positionM[1] + t * ray[1],
    upM: 0,
  };
}

/** Errors of covariance noise² I + smooth² exp(−distance / length), through its Cholesky factor. */
function withErrors(random: Random, points: RayAndGround[], share: number): RayAndGround[] {
  const n = points.length;
  const factor = Array.from({ length: n }, () => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let k = 0; k <= i; k++) {
      const [a, b] = [points[i], points[k]];
      const distance = Math.hypot(a.eastM - b.eastM, a.northM - b.northM);
      let sum = SMOOTH_RAD ** 2 * Math.exp(-distance / SMOOTH_LENGTH_M);
      if (i === k) sum += NOISE_RAD ** 2;
      for (let j = 0; j < k; j++) sum -= factor[i][j] * factor[k][j];
      factor[i][k] = i === k ? Math.sqrt(sum) : sum / factor[k][k];
    }
  }
  const draw = () => {
    const white = points.map(() => share * random.normal());
    return factor.map((row) => row.reduce((sum, value, k) => sum + value * white[k], 0));
  };
  const dx = draw(), dy = draw();
  return points.map((p, i) => ({ ...p, rayX: p.rayX + dx[i], rayY: p.rayY + dy[i] }));
}

/** Moves some ground points by tens of metres. */
export function spoilt(
  random: Random,
  points: readonly RayAndGround[],
  wrong: number,
): RayAndGround[] {
  return points.map((p, i) =>
    i >= wrong ? p : {
      ...p,
      eastM: p.eastM + 15 + 20 * random.uniform(),
      northM: p.northM - 15 - 20 * random.uniform(),
    }
  );
}

/** (position m, rotation error in camera axes rad): R_true = R Exp(error). */
export function poseError(pose: CameraPose, truth: CameraPose): number[] {
  const turn = matrixMultiply(matrixTranspose(pose.localFromCamera), truth.localFromCamera);
  return [
    ...truth.positionM.map((value, i) => value - pose.positionM[i]),
    ...rotationVector(turn),
  ];
}

export function rotationVector(m: Matrix3): Vector3 {
  return rotationVectorFromQuaternion(quaternionFromMatrix(m));
}

/** Smallest pivot of a Cholesky factorisation; positive when the matrix is. */
export function smallestPivot(covariance: Float64Array): number {
  const l = new Float64Array(36);
  let smallest = Infinity;
  for (let r = 0; r < 6; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = covariance[6 * r + c];
      for (let k = 0; k < c; k++) sum -= l[6 * r + k] * l[6 * c + k];
      if (r === c) smallest = Math.min(smallest, sum);
      l[6 * r + c] = r === c ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l[7 * c];
    }
  }
  return smallest;
}
