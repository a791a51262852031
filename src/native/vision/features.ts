/**
 * Local features of ffi/vision: SIFT, matching, MAGSAC++ homography.
 *
 * Every call is non-blocking; do not change the arrays passed to it until it settles.
 *
 * @module
 */
import { NativeErrorBuffer, type NativeLibrary } from "../../core/mod.ts";

/** Floats of one local descriptor, SIFT or dense. */
export const LOCAL_DESCRIPTOR_LENGTH = 128;

type Floats = Float32Array<ArrayBuffer>;

/** 8-bit grey, row-major; `valid` (same size) is 0 where no ground is visible. */
export interface GreyPatch {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly valid?: Uint8Array<ArrayBuffer>;
}

export const featureSymbols = {
  gdn_features_sift: {
    // (const uint8_t* pixels, const uint8_t* valid, int32_t w, int32_t h, double contrast,
    //  int32_t upright, float* keypoints, float* descriptors, int32_t capacity, int32_t* count, gdn_error*)
    parameters: [
      "buffer",
      "buffer",
      "i32",
      "i32",
      "f64",
      "i32",
      "buffer",
      "buffer",
      "i32",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  gdn_features_match: {
    // (const float* a, const float* positions, int32_t, const float* b, const float* positions,
    //  int32_t, int32_t length, double radius, double ratio, int32_t* pairs, float* cosines,
    //  int32_t* count, gdn_error*)
    parameters: [
      "buffer",
      "buffer",
      "i32",
      "buffer",
      "buffer",
      "i32",
      "i32",
      "f64",
      "f64",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  gdn_features_homography: {
    // (const double* a, const double* b, int32_t count, double threshold, double confidence,
    //  int32_t iterations, double* homography, uint8_t* mask, int32_t* inliers, gdn_error*)
    parameters: [
      "buffer",
      "buffer",
      "i32",
      "f64",
      "f64",
      "i32",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

export type FeatureLibrary = Pick<NativeLibrary<typeof featureSymbols>, "symbols">;

interface LocalFeatures {
  readonly count: number;
  /** x, y, size (pixels) and angle (degrees) of each. */
  readonly keypoints: Floats;
  /** count × {@link LOCAL_DESCRIPTOR_LENGTH}, each of length 1. */
  readonly descriptors: Floats;
}

/** SIFT keypoints with root-SIFT descriptors, strongest first. `upright`: north is known, angle 0. */
export async function detectSift(
  vision: FeatureLibrary,
  patch: GreyPatch,
  options: { featuresMax: number; contrastThreshold?: number; upright?: boolean },
): Promise<LocalFeatures> {
  const { featuresMax, contrastThreshold = 0.04, upright = false } = options;
  const keypoints = new Float32Array(4 * featuresMax);
  const descriptors = new Float32Array(LOCAL_DESCRIPTOR_LENGTH * featuresMax);
  const count = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_features_sift(
    patch.pixels,
    patch.valid ?? null,
    patch.widthPx,
    patch.heightPx,
    contrastThreshold,
    upright ? 1 : 0,
    keypoints,
    descriptors,
    featuresMax,
    count,
    error.bytes,
  );
  error.check("gdn_features_sift", status);
  return {
    count: count[0],
    keypoints: keypoints.subarray(0, 4 * count[0]),
    descriptors: descriptors.subarray(0, LOCAL_DESCRIPTOR_LENGTH * count[0]),
  };
}

/** Descriptors of length 1 and where they are; positions in one frame and unit for both sides. */
interface PlacedDescriptors {
  /** Rows of `length` floats. */
  readonly descriptors: Floats;
  /** x, y of each. */
  readonly positions: Floats;
}

interface FeatureMatches {
  readonly count: number;
  /** Index in a, index in b, of each pair. */
  readonly pairs: Int32Array;
  /** Cosine of the two descriptors of each pair, −1 to 1. */
  readonly cosines: Float32Array;
}

/**
 * Mutual nearest neighbours among those at most `radius` apart. `length`: floats of a descriptor, a
 * multiple of 8. `ratio` under 1 is Lowe's ratio test.
 */
export async function matchFeatures(
  vision: FeatureLibrary,
  a: PlacedDescriptors,
  b: PlacedDescriptors,
  options: { length: number; radius?: number; ratio?: number },
): Promise<FeatureMatches> {
  const { length, radius = Infinity, ratio = 1 } = options;
  const countA = rowCount(a, length), countB = rowCount(b, length);
  const pairs = new Int32Array(2 * countA);
  const cosines = new Float32Array(countA);
  const count = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_features_match(
    a.descriptors,
    a.positions,
    countA,
    b.descriptors,
    b.positions,
    countB,
    length,
    radius,
    ratio,
    pairs,
    cosines,
    count,
    error.bytes,
  );
  error.check("gdn_features_match", status);
  return {
    count: count[0],
    pairs: pairs.subarray(0, 2 * count[0]),
    cosines: cosines.subarray(0, count[0]),
  };
}

/** Checks the sizes, which the native side trusts. */
function rowCount({ descriptors, positions }: PlacedDescriptors, length: number): number {
  const count = positions.length / 2;
  if (Number.isInteger(count) && descriptors.length === count * length) return count;
  throw new RangeError(
    `${descriptors.length} floats are no rows of ${length} for ${count} positions`,
  );
}

interface HomographyEstimate {
  /** b = H a, row-major. */
  readonly homography: Float64Array;
  readonly inlierMask: Uint8Array;
  readonly inliers: number;
}

/** MAGSAC++ homography of x, y pairs; null when fewer than four agree. */
export async function estimateHomography(
  vision: FeatureLibrary,
  a: Float64Array<ArrayBuffer>,
  b: Float64Array<ArrayBuffer>,
  options: { thresholdPx: number; confidence?: number; iterationsMax?: number },
): Promise<HomographyEstimate | null> {
  if (a.length !== b.length || a.length % 2 !== 0) {
    throw new RangeError(`points must be pairs of x, y, got ${a.length} and ${b.length} numbers`);
  }
  const count = a.length / 2;
  const homography = new Float64Array(9);
  const inlierMask = new Uint8Array(count);
  const inliers = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_features_homography(
    a,
    b,
    count,
    options.thresholdPx,
    options.confidence ?? 0.999,
    options.iterationsMax ?? 5000,
    homography,
    inlierMask,
    inliers,
    error.bytes,
  );
  error.check("gdn_features_homography", status);
  return inliers[0] < 4 ? null : { homography, inlierMask, inliers: inliers[0] };
}
