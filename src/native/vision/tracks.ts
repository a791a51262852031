/**
 * Tracks points from frame to frame, and computes the motion of a camera over flat ground
 * (ffi/vision/tracks.h).
 *
 * @module
 */
import { NativeErrorBuffer, type NativeLibrary, type Vector3 } from "../../core/mod.ts";
import type { Matrix3 } from "../../core/mod.ts";
import type { VisionFrame } from "./frame.ts";

export const trackSymbols = {
  gdn_frames_track: {
    // (uint64_t from, uint64_t to, const double* h, int32_t capacity, double* pairs, int32_t* count, gdn_error*)
    parameters: ["u64", "u64", "buffer", "i32", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_planar_motion: {
    // (const double* pairs, int32_t, const double* normal, const double* guess, double threshold,
    //  double* motion, double* covariance, double* result, gdn_error*)
    parameters: [
      "buffer",
      "i32",
      "buffer",
      "buffer",
      "f64",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type TrackLibrary = Pick<NativeLibrary<typeof trackSymbols>, "symbols">;

/** Rays x, y in `from`, then in `to`, four numbers a track. */
interface Tracks {
  readonly count: number;
  readonly pairs: Float64Array<ArrayBuffer>;
}

/**
 * Tracks corners of `from` into `to`, starting at the positions that `predicted` (on rays,
 * row-major) maps them to.
 */
export async function trackFrames(
  library: TrackLibrary,
  from: VisionFrame,
  to: VisionFrame,
  predicted: Matrix3,
  capacity: number,
): Promise<Tracks> {
  const pairs = new Float64Array(4 * capacity);
  const count = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await from.withHandle((fromHandle) =>
    to.withHandle((toHandle) =>
      library.symbols.gdn_frames_track(
        fromHandle,
        toHandle,
        Float64Array.from(predicted),
        capacity,
        pairs,
        count,
        error.bytes,
      )
    )
  );
  error.check("gdn_frames_track", status);
  return { count: count[0], pairs };
}

export interface PlanarMotion {
  /** Translation over the distance from the plane, and rotation vector from-from-to: axes of from. */
  readonly translationPerDistance: Vector3;
  readonly rotationVectorRad: Vector3;
  /** 6×6, in those units. */
  readonly covariance: Float64Array<ArrayBuffer>;
  readonly inliers: number;
  readonly tracks: number;
  /** Root mean square residual, in rays (radians near the axis). */
  readonly residualRms: number;
  /** Area that the inliers span, in rays squared. */
  readonly spanned: number;
}

/** Motion over a plane whose unit normal (towards the ground) is `normal` in the axes of `from`. */
export async function planarMotion(
  library: TrackLibrary,
  tracks: Tracks,
  options: {
    normal: Vector3;
    guessTranslationPerDistance: Vector3;
    guessRotationVectorRad: Vector3;
    /** Inlier bound, in rays. */
    threshold: number;
  },
): Promise<PlanarMotion> {
  const motion = new Float64Array(6), covariance = new Float64Array(36);
  const result = new Float64Array(4);
  const error = new NativeErrorBuffer();
  const status = await library.symbols.gdn_planar_motion(
    tracks.pairs,
    tracks.count,
    Float64Array.from(options.normal),
    Float64Array.of(...options.guessTranslationPerDistance, ...options.guessRotationVectorRad),
    options.threshold,
    motion,
    covariance,
    result,
    error.bytes,
  );
  error.check("gdn_planar_motion", status);
  return {
    translationPerDistance: [motion[0], motion[1], motion[2]],
    rotationVectorRad: [motion[3], motion[4], motion[5]],
    covariance,
    inliers: result[0],
    tracks: result[1],
    residualRms: result[2],
    spanned: result[3],
  };
}
