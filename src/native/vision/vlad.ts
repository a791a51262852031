/**
 * Place descriptors of ffi/vision: dense orientation descriptors, k-means, VLAD, principal axes.
 *
 * Every call is non-blocking; do not change the arrays passed to it until it settles.
 *
 * @module
 */
import { NativeErrorBuffer, type NativeLibrary } from "../../core/mod.ts";
import { type GreyPatch, LOCAL_DESCRIPTOR_LENGTH } from "./features.ts";

type Floats = Float32Array<ArrayBuffer>;

export const vladSymbols = {
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

type VladLibrary = Pick<NativeLibrary<typeof vladSymbols>, "symbols">;

/** Dense orientation descriptors, count × {@link LOCAL_DESCRIPTOR_LENGTH}; see ffi/vision/vlad.h. */
export async function describeDense(
  vision: VladLibrary,
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
  vision: VladLibrary,
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
  vision: VladLibrary,
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
  vision: VladLibrary,
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
  vision: VladLibrary,
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
