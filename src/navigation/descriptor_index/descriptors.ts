/**
 * What descriptors must be before an index takes or searches them.
 *
 * @module
 */
import { type HnswBuildParams, HnswParamsSchema, INPUT_DIMENSION_MAX } from "./contract.ts";
import { IndexBuildError } from "./errors.ts";

/** How far a norm may be from 1: float32 sums of 65,536 squares stay well inside. */
const NORM_TOLERANCE = 1e-3;

/** Euclidean norm of `dimension` floats from `offset`. */
function normOf(values: Float32Array, offset: number, dimension: number): number {
  let sum = 0;
  for (let i = offset; i < offset + dimension; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}

const isUnit = (norm: number) => Math.abs(norm - 1) <= NORM_TOLERANCE;

/** Throws {@link IndexBuildError} unless these make an index; returns floats per descriptor. */
export function checkDescriptors(
  descriptors: Float32Array,
  tileIds: readonly number[],
  params: HnswBuildParams,
): number {
  const dimension = checkShape(descriptors, tileIds);
  checkIds(tileIds);
  checkRows(descriptors, dimension, "descriptor");
  const { efSearch } = params;
  const asNumber = typeof efSearch === "number" ? efSearch : 1;
  const parsed = HnswParamsSchema.safeParse({ ...params, efSearch: asNumber });
  if (!parsed.success) throw refuse(`its parameters are wrong: ${parsed.error.message}`);
  if (typeof efSearch === "number") return dimension;
  const { recallMin, k, queries } = efSearch;
  if (!(recallMin > 0 && recallMin <= 1)) {
    throw refuse(`recallMin must be in (0, 1], got ${recallMin}`);
  }
  if (!Number.isInteger(k) || k < 1) throw refuse(`k must be at least 1, got ${k}`);
  if (queries.length === 0 || queries.length % dimension !== 0) {
    throw refuse(`the queries (${queries.length} floats) are no rows of ${dimension} floats`);
  }
  checkRows(queries, dimension, "query");
  return dimension;
}

function refuse(state: string): IndexBuildError {
  return new IndexBuildError(`Cannot build the index: ${state}`);
}

function checkShape(descriptors: Float32Array, { length: count }: readonly number[]): number {
  const dimension = descriptors.length / count;
  if (count < 1 || descriptors.length < 1) throw refuse("there are no descriptors");
  if (!Number.isInteger(dimension)) {
    throw refuse(`${descriptors.length} floats do not make ${count} descriptors, one for each id`);
  }
  if (dimension > INPUT_DIMENSION_MAX) {
    throw refuse(`a descriptor has at most ${INPUT_DIMENSION_MAX} floats, got ${dimension}`);
  }
  return dimension;
}

function checkIds(tileIds: readonly number[]): void {
  const wrong = tileIds.find((id) => !Number.isSafeInteger(id) || id < 0);
  if (wrong !== undefined) {
    throw refuse(`an id must be a whole number of 0 to 2^53 - 1, got ${wrong}`);
  }
  const seen = new Set<number>();
  for (const id of tileIds) {
    if (seen.has(id)) {
      throw refuse(
        `id ${id} is given twice; number the descriptors and keep a list of what they are of`,
      );
    }
    seen.add(id);
  }
}

function checkRows(values: Float32Array, dimension: number, what: string): void {
  for (let row = 0; row * dimension < values.length; row++) {
    const norm = normOf(values, row * dimension, dimension);
    if (!isUnit(norm)) {
      throw refuse(`${what} ${row} has norm ${norm}; L2-normalise every ${what} first`);
    }
  }
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
