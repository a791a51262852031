/**
 * Descriptors longer than an index stores: projected onto their principal axes and scaled to length 1
 * again. Mean and axes travel in the metadata, with a hash of their own.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { sha256Hex } from "../../core/mod.ts";
import {
  type FaissLibrary,
  type PrincipalAxes,
  projectOntoAxes,
  trainPrincipalAxes,
} from "../../native/faiss/mod.ts";
import { DESCRIPTOR_DIMENSION_MAX, type IndexMetadata } from "./contract.ts";
import { IndexBuildError } from "./errors.ts";
import { unavailable } from "./read_files.ts";

type Floats = Float32Array<ArrayBuffer>;
type ProjectionMetadata = NonNullable<IndexMetadata["projection"]>;

/** Rows that the axes are learnt from: more than thirty for each axis gave nothing new. */
const TRAINING_ROWS_MAX = 16_384;

interface TrainedProjection {
  readonly axes: PrincipalAxes;
  readonly metadata: ProjectionMetadata;
}

/** Learns the axes from rows spread evenly over `descriptors`; null where they are short enough. */
export async function trainProjection(
  faiss: FaissLibrary,
  descriptors: Floats,
  dimension: number,
): Promise<TrainedProjection | null> {
  if (dimension <= DESCRIPTOR_DIMENSION_MAX) return null;
  const count = descriptors.length / dimension;
  const axisCount = Math.min(DESCRIPTOR_DIMENSION_MAX, count - 1);
  if (axisCount < 1) {
    throw new IndexBuildError(
      `Cannot build the index: ${count} descriptor of ${dimension} floats has no principal axes; ` +
        `give more of them, or descriptors of at most ${DESCRIPTOR_DIMENSION_MAX} floats`,
    );
  }
  const rows = Math.min(count, TRAINING_ROWS_MAX);
  const sample = new Float32Array(rows * dimension);
  for (let i = 0; i < rows; i++) {
    const row = Math.floor(i * count / rows);
    sample.set(descriptors.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  }
  const trained = await trainPrincipalAxes(faiss, sample, { dimension, axisCount });
  return {
    axes: trained,
    metadata: {
      method: "pca",
      inputDimension: dimension,
      keptVariance: Math.round(trained.keptVariance * 1e6) / 1e6,
      meanBase64: bytesOf(trained.mean).toBase64(),
      axesBase64: bytesOf(trained.axes).toBase64(),
      sha256: hashOf(trained.mean, trained.axes),
    },
  };
}

/** @throws IndexUnavailableError when the metadata's numbers are not what they should be. */
export function decodeProjection({ projection, dimension }: IndexMetadata): PrincipalAxes | null {
  if (projection === undefined) return null;
  const { inputDimension, meanBase64, axesBase64 } = projection;
  const mean = floatsOf(meanBase64), axes = floatsOf(axesBase64);
  const whole = mean.length === inputDimension && axes.length === dimension * inputDimension &&
    hashOf(mean, axes) === projection.sha256;
  if (!whole) throw unavailable("its metadata holds a damaged projection");
  return { dimension: inputDimension, axisCount: dimension, mean, axes };
}

/** Rows of `axes.dimension` → rows of `axes.axisCount`; the rows themselves where there are no axes. */
export async function project(
  faiss: FaissLibrary,
  rows: Floats,
  axes: PrincipalAxes | null,
): Promise<Floats> {
  return axes === null ? rows : await projectOntoAxes(faiss, rows, axes);
}

function bytesOf(values: Floats): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function floatsOf(base64: string): Floats {
  const bytes = Uint8Array.fromBase64(base64);
  return new Float32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
}

function hashOf(mean: Floats, axes: Floats): string {
  return sha256Hex(Buffer.concat([bytesOf(mean), bytesOf(axes)]));
}
