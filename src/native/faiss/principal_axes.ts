/**
 * Computes principal axes of descriptors, and projects descriptors onto them.
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import type { FaissLibrary } from "./library.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface PrincipalAxes {
  /** Floats of a descriptor before the projection. */
  readonly dimension: number;
  readonly axisCount: number;
  readonly mean: Floats;
  /** axisCount rows of `dimension` floats. */
  readonly axes: Floats;
}

interface TrainedAxes extends PrincipalAxes {
  /** 0…1: share of the descriptors' variance along the kept axes. */
  readonly keptVariance: number;
}

/**
 * Computes the axes of `descriptors` (rows of `dimension`, not to be changed until it settles);
 * needs more rows than axes.
 */
export async function trainPrincipalAxes(
  faiss: FaissLibrary,
  descriptors: Floats,
  shape: { readonly dimension: number; readonly axisCount: number },
): Promise<TrainedAxes> {
  const { dimension, axisCount } = shape;
  const mean = new Float32Array(dimension), axes = new Float32Array(axisCount * dimension);
  const variances = new Float32Array(dimension);
  const error = new NativeErrorBuffer();
  const status = await faiss.symbols.gdn_pca_train(
    descriptors,
    BigInt(descriptors.length),
    BigInt(descriptors.length / dimension),
    dimension,
    axisCount,
    mean,
    axes,
    BigInt(axes.length),
    variances,
    error.bytes,
  );
  error.check("gdn_pca_train", status);
  const sum = (values: Floats) => values.reduce((total, value) => total + Math.max(0, value), 0);
  const keptVariance = sum(variances.subarray(0, axisCount)) / sum(variances);
  return { dimension, axisCount, mean, axes, keptVariance };
}

/** Projects rows of `axes.dimension` floats to rows of `axes.axisCount` floats of length 1. */
export async function projectOntoAxes(
  faiss: FaissLibrary,
  descriptors: Floats,
  { dimension, axisCount, mean, axes }: PrincipalAxes,
): Promise<Floats> {
  const count = descriptors.length / dimension;
  const out = new Float32Array(count * axisCount);
  const error = new NativeErrorBuffer();
  const status = await faiss.symbols.gdn_pca_project(
    descriptors,
    BigInt(descriptors.length),
    BigInt(count),
    dimension,
    mean,
    axes,
    BigInt(axes.length),
    axisCount,
    out,
    error.bytes,
  );
  error.check("gdn_pca_project", status);
  return out;
}
