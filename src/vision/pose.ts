/**
 * Camera pose from rays and ground points (ffi/vision/pose.h).
 *
 * @module
 */
import { type Matrix3, NativeErrorBuffer, type NativeLibrary, type Vector3 } from "../core/mod.ts";

export const poseSymbols = {
  gdn_pose_solve: {
    // (const double* points, int32_t, const double* guess, double threshold, double sigma_floor,
    //  double* pose, double* covariance, double* result, uint8_t* inlier, gdn_error*)
    parameters: [
      "buffer",
      "i32",
      "buffer",
      "f64",
      "f64",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type PoseLibrary = Pick<NativeLibrary<typeof poseSymbols>, "symbols">;

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

export interface PoseSolution extends CameraPose {
  /** 6×6 of (position m, rotation error in camera axes rad). */
  readonly covariance: Float64Array<ArrayBuffer>;
  readonly inliers: number;
  readonly points: number;
  readonly residualRmsRad: number;
  readonly sigmaRad: number;
  readonly condition: number;
  readonly inlier: Uint8Array<ArrayBuffer>;
}

/** null when fewer than five points agree. */
export async function solvePose(
  library: PoseLibrary,
  points: readonly RayAndGround[],
  guess: CameraPose,
  options: { thresholdRad: number; sigmaFloorRad: number },
): Promise<PoseSolution | null> {
  const values = new Float64Array(5 * points.length);
  points.forEach((p, i) => values.set([p.rayX, p.rayY, p.eastM, p.northM, p.upM], 5 * i));
  const pose = new Float64Array(12), covariance = new Float64Array(36);
  const result = new Float64Array(5), inlier = new Uint8Array(points.length);
  const error = new NativeErrorBuffer();
  const status = await library.symbols.gdn_pose_solve(
    values,
    points.length,
    Float64Array.of(...guess.positionM, ...guess.localFromCamera),
    options.thresholdRad,
    options.sigmaFloorRad,
    pose,
    covariance,
    result,
    inlier,
    error.bytes,
  );
  error.check("gdn_pose_solve", status);
  if (result[0] === 0) return null;
  return {
    positionM: [pose[0], pose[1], pose[2]],
    localFromCamera: Array.from(pose.subarray(3)) as unknown as Matrix3,
    covariance,
    inliers: result[0],
    points: result[4],
    residualRmsRad: result[1],
    sigmaRad: result[2],
    condition: result[3],
    inlier,
  };
}
