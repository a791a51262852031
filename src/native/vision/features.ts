/**
 * Local features and place descriptors of ffi/vision: SIFT, matching, MAGSAC++ homography, dense
 * orientation descriptors, k-means, VLAD, principal axes.
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
    // (const float* a, int32_t, const float* b, int32_t, double ratio, int32_t* pairs,
    //  float* distances, int32_t* count, gdn_error*)
    parameters: ["buffer", "i32", "buffer", "i32", "f64", "buffer", "buffer", "buffer", "buffer"],
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
  gdn_vlad_dense: {
    // (const uint8_t* pixels, const uint8_t* valid, int32_t w, int32_t h, int32_t step, int32_t cell,
    //  int32_t is_signed, float* descriptors, int32_t capacity, int32_t* count, gdn_error*)
    parameters: [
      "buffer",
      "buffer",
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "buffer",
      "i32",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  gdn_vlad_kmeans: {
    // (const float* samples, int32_t count, int32_t dimension, int32_t words, int32_t iterations,
    //  uint64_t seed, float* words, gdn_error*)
    parameters: ["buffer", "i32", "i32", "i32", "i32", "u64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_vlad_aggregate: {
    // (const float* descriptors, int32_t count, int32_t dimension, const float* words,
    //  int32_t word_count, double power, float* vlad, gdn_error*)
    parameters: ["buffer", "i32", "i32", "buffer", "i32", "f64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_vlad_principal_axes: {
    // (const float* samples, int32_t count, int32_t length, int32_t axes, float* mean, float* axes,
    //  float* variances, gdn_error*)
    parameters: ["buffer", "i32", "i32", "i32", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_vlad_project: {
    // (const float* vector, int32_t length, const float* mean, const float* axes, int32_t axis_count,
    //  float* out, gdn_error*)
    parameters: ["buffer", "i32", "buffer", "buffer", "i32", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type FeatureLibrary = Pick<NativeLibrary<typeof featureSymbols>, "symbols">;

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

interface FeatureMatches {
  readonly count: number;
  /** Index in a, index in b, of each pair. */
  readonly pairs: Int32Array;
  /** Euclidean distance of the descriptors, 0…2. */
  readonly distances: Float32Array;
}

/** Mutual nearest neighbours that pass Lowe's ratio test. */
export async function matchFeatures(
  vision: FeatureLibrary,
  a: Floats,
  b: Floats,
  ratio = 0.8,
): Promise<FeatureMatches> {
  const countA = a.length / LOCAL_DESCRIPTOR_LENGTH;
  const countB = b.length / LOCAL_DESCRIPTOR_LENGTH;
  if (!Number.isInteger(countA) || !Number.isInteger(countB)) {
    throw new RangeError(`descriptors come in ${LOCAL_DESCRIPTOR_LENGTH} floats each`);
  }
  const pairs = new Int32Array(2 * countA);
  const distances = new Float32Array(countA);
  const count = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_features_match(
    a,
    countA,
    b,
    countB,
    ratio,
    pairs,
    distances,
    count,
    error.bytes,
  );
  error.check("gdn_features_match", status);
  return {
    count: count[0],
    pairs: pairs.subarray(0, 2 * count[0]),
    distances: distances.subarray(0, count[0]),
  };
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

/** Dense orientation descriptors, count × {@link LOCAL_DESCRIPTOR_LENGTH}; see ffi/vision/vlad.h. */
export async function describeDense(
  vision: FeatureLibrary,
  patch: GreyPatch,
  options: { stepPx: number; cellPx: number; signed: boolean },
): Promise<Floats> {
  const { stepPx, cellPx, signed } = options;
  const capacity = Math.ceil(patch.widthPx / stepPx) * Math.ceil(patch.heightPx / stepPx);
  const descriptors = new Float32Array(capacity * LOCAL_DESCRIPTOR_LENGTH);
  const count = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_vlad_dense(
    patch.pixels,
    patch.valid ?? null,
    patch.widthPx,
    patch.heightPx,
    stepPx,
    cellPx,
    signed ? 1 : 0,
    descriptors,
    capacity,
    count,
    error.bytes,
  );
  error.check("gdn_vlad_dense", status);
  return descriptors.subarray(0, count[0] * LOCAL_DESCRIPTOR_LENGTH);
}

/** k-means words of `samples` (rows of `dimension`); deterministic in samples and seed. */
export async function clusterWords(
  vision: FeatureLibrary,
  samples: Floats,
  options: { dimension: number; wordCount: number; iterations: number; seed: bigint },
): Promise<Floats> {
  const { dimension, wordCount, iterations, seed } = options;
  const words = new Float32Array(wordCount * dimension);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_vlad_kmeans(
    samples,
    samples.length / dimension,
    dimension,
    wordCount,
    iterations,
    seed,
    words,
    error.bytes,
  );
  error.check("gdn_vlad_kmeans", status);
  return words;
}

/** VLAD of local descriptors: word count × dimension floats of length 1 (all zero without any). */
export async function aggregateVlad(
  vision: FeatureLibrary,
  descriptors: Floats,
  words: Floats,
  options: { dimension: number; power: number },
): Promise<Floats> {
  const vlad = new Float32Array(words.length);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_vlad_aggregate(
    descriptors,
    descriptors.length / options.dimension,
    options.dimension,
    words,
    words.length / options.dimension,
    options.power,
    vlad,
    error.bytes,
  );
  error.check("gdn_vlad_aggregate", status);
  return vlad;
}

interface PrincipalAxes {
  readonly mean: Floats;
  /** axisCount × length, largest variance first. */
  readonly axes: Floats;
  readonly variances: Floats;
}

export async function principalAxes(
  vision: FeatureLibrary,
  samples: Floats,
  options: { length: number; axisCount: number },
): Promise<PrincipalAxes> {
  const { length, axisCount } = options;
  const mean = new Float32Array(length);
  const axes = new Float32Array(axisCount * length);
  const variances = new Float32Array(axisCount);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_vlad_principal_axes(
    samples,
    samples.length / length,
    length,
    axisCount,
    mean,
    axes,
    variances,
    error.bytes,
  );
  error.check("gdn_vlad_principal_axes", status);
  return { mean, axes, variances };
}

/** Axes · (vector − mean), L2-normalised (a zero vector stays zero). */
export async function projectVector(
  vision: FeatureLibrary,
  vector: Floats,
  projection: { readonly mean: Floats; readonly axes: Floats },
): Promise<Floats> {
  const axisCount = projection.axes.length / vector.length;
  const out = new Float32Array(axisCount);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_vlad_project(
    vector,
    vector.length,
    projection.mean,
    projection.axes,
    axisCount,
    out,
    error.bytes,
  );
  error.check("gdn_vlad_project", status);
  return out;
}
