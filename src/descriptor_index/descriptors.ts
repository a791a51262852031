/**
 * What descriptors must be before an index takes or searches them.
 *
 * @module
 */
import { DESCRIPTOR_DIMENSION_MAX, type HnswParams, HnswParamsSchema } from "./contract.ts";
import { IndexBuildError } from "./errors.ts";

/** How far a norm may be from 1: float32 sums of 512 squares stay well inside. */
const NORM_TOLERANCE = 1e-3;

/** Euclidean norm of `dimension` floats from `offset`. */
function normOf(values: Float32Array, offset: number, dimension: number): number {
  let sum = 0;
  for (let i = offset; i < offset + dimension; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}

const isUnit = (norm: number) => Math.abs(norm - 1) <= NORM_TOLERANCE;

/** Throws {@link IndexBuildError} unless these make an index; returns how many there are. */
export function checkDescriptors(
  descriptors: Float32Array,
  dimension: number,
  hnswParams: HnswParams,
): number {
  const refuse = (state: string) => new IndexBuildError(`Cannot build the index: ${state}`);
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > DESCRIPTOR_DIMENSION_MAX) {
    throw refuse(
      `the dimension must be in [1, ${DESCRIPTOR_DIMENSION_MAX}], got ${dimension} ` +
        "(reduce larger descriptors by PCA)",
    );
  }
  const count = descriptors.length / dimension;
  if (!Number.isInteger(count) || count < 1) {
    throw refuse(`${descriptors.length} floats are no whole number of descriptors of ${dimension}`);
  }
  const parsed = HnswParamsSchema.safeParse(hnswParams);
  if (!parsed.success) throw refuse(`its parameters are wrong: ${parsed.error.message}`);
  for (let row = 0; row < count; row++) {
    const norm = normOf(descriptors, row * dimension, dimension);
    if (!isUnit(norm)) {
      throw refuse(`descriptor ${row} has norm ${norm}; L2-normalise every descriptor first`);
    }
  }
  return count;
}

/** Throws RangeError unless `query` is one L2-normalised descriptor and k a count. */
export function checkQuery(query: Float32Array, dimension: number, k: number): void {
  if (query.length !== dimension) {
    throw new RangeError(`the query has ${query.length} floats, the index has ${dimension}`);
  }
  const norm = normOf(query, 0, dimension);
  if (!isUnit(norm)) throw new RangeError(`the query has norm ${norm}, it must be L2-normalised`);
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be at least 1, got ${k}`);
}
