/**
 * Computes a camera pose from rays and ground points (ffi/vision/pose.h).
 *
 * @module
 */
import {
  type Matrix3,
  NativeErrorBuffer,
  type NativeLibrary,
  type Vector3,
} from "../../core/mod.ts";

export const poseSymbols = {
  gdn_pose_solve: {
    // (const double* points, int32_t, const query*, answer*, uint8_t* inlier, gdn_error*)
    parameters: ["buffer", "i32", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_pose_ransac: {
    // (const double* points, int32_t, double threshold, double* pose, int32_t* inliers,
    //  uint8_t* inlier, gdn_error*)
    parameters: ["buffer", "i32", "f64", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type PoseLibrary = Pick<NativeLibrary<typeof poseSymbols>, "symbols">;

/** A normalised ray of the camera frame and the point where it meets the ground, metres. */
export interface RayAndGround {
  readonly rayX: number;
  readonly rayY: number;
  readonly eastM: number;
  readonly northM: number;
  readonly upM: number;
}

export interface CameraPose {
  readonly positionM: Vector3;
  readonly localFromCamera: Matrix3;
}

/** See `gdn_pose_query`: angles are bounds and sigmas on rays. */
export interface PoseQuery {
  readonly start: CameraPose;
  readonly expectedHeightM: number;
  readonly sigmaHeightM: number;
  readonly sigmaTiltRad: number;
  readonly sigmaHeadingRad: number;
  readonly thresholdRad: number;
  readonly noiseRad: number;
  readonly smoothRad: number;
  readonly smoothLengthM: number;
}

export interface PoseWithCovariance extends CameraPose {
  /** 6×6 of (position m, rotation error in camera axes rad). */
  readonly covariance: Float64Array<ArrayBuffer>;
}

interface PoseSolution {
  /** Most probable pose, with the expected attitude and height as priors. */
  readonly posterior: PoseWithCovariance;
  /** Pose from the measurement alone, without priors; weak directions have large variances. */
  readonly measurementOnly: PoseWithCovariance;
  readonly residualRmsRad: number;
  readonly inliers: number;
  readonly inlier: Uint8Array<ArrayBuffer>;
}

const POSE_DOUBLES = 3 + 9 + 36;
const QUERY_DOUBLES = 3 + 9 + 8;
const ANSWER_BYTES = (2 * POSE_DOUBLES + 1) * 8 + 2 * 4;

/** Layout of the structs in this file; `openVision` compares it with the library. */
export const poseStructBytes = {
  gdn_sizeof_pose_query: QUERY_DOUBLES * 8,
  gdn_sizeof_pose_answer: ANSWER_BYTES,
} as const;

function encodePoints(points: readonly RayAndGround[]): Float64Array<ArrayBuffer> {
  const values = new Float64Array(5 * points.length);
  points.forEach((p, i) => values.set([p.rayX, p.rayY, p.eastM, p.northM, p.upM], 5 * i));
  return values;
}

/** null when fewer than five points agree. */
export async function solvePose(
  library: PoseLibrary,
  points: readonly RayAndGround[],
  query: PoseQuery,
): Promise<PoseSolution | null> {
  const answer = new Uint8Array(ANSWER_BYTES);
  const inlier = new Uint8Array(points.length);
  const error = new NativeErrorBuffer();
  const status = await library.symbols.gdn_pose_solve(
    encodePoints(points),
    points.length,
    Float64Array.of(
      ...query.start.positionM,
      ...query.start.localFromCamera,
      query.expectedHeightM,
      query.sigmaHeightM,
      query.sigmaTiltRad,
      query.sigmaHeadingRad,
      query.thresholdRad,
      query.noiseRad,
      query.smoothRad,
      query.smoothLengthM,
    ),
    answer,
    inlier,
    error.bytes,
  );
  error.check("gdn_pose_solve", status);
  const inliers = new DataView(answer.buffer).getInt32(ANSWER_BYTES - 8, true);
  if (inliers === 0) return null;
  const doubles = new Float64Array(answer.buffer, 0, 2 * POSE_DOUBLES + 1);
  return {
    posterior: decodePose(doubles.subarray(0, POSE_DOUBLES)),
    measurementOnly: decodePose(doubles.subarray(POSE_DOUBLES, 2 * POSE_DOUBLES)),
    residualRmsRad: doubles[2 * POSE_DOUBLES],
    inliers,
    inlier,
  };
}

function decodePose(values: Float64Array): PoseWithCovariance {
  return {
    positionM: [values[0], values[1], values[2]],
    localFromCamera: Array.from(values.subarray(3, 12)) as unknown as Matrix3,
    covariance: Float64Array.from(values.subarray(12, 48)),
  };
}

/** PnP without an initial pose (USAC_MAGSAC); null when too few points agree. */
export async function solvePoseRansac(
  library: PoseLibrary,
  points: readonly RayAndGround[],
  thresholdRad: number,
): Promise<(CameraPose & { inliers: number; inlier: Uint8Array<ArrayBuffer> }) | null> {
  const pose = new Float64Array(12), inliers = new Int32Array(1);
  const inlier = new Uint8Array(points.length);
  const error = new NativeErrorBuffer();
  const status = await library.symbols.gdn_pose_ransac(
    encodePoints(points),
    points.length,
    thresholdRad,
    pose,
    inliers,
    inlier,
    error.bytes,
  );
  error.check("gdn_pose_ransac", status);
  if (inliers[0] === 0) return null;
  return {
    positionM: [pose[0], pose[1], pose[2]],
    localFromCamera: Array.from(pose.subarray(3)) as unknown as Matrix3,
    inliers: inliers[0],
    inlier,
  };
}
