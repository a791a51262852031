/**
 * Operations that all global descriptors share: normalisation to unit length, and the one metric
 * that compares them.
 *
 * @module
 */

type DescriptorArray = Float32Array | Float16Array;

/** The metric for descriptors, everywhere: the index is built with it and refuses another. */
type DescriptorMetric = "inner_product";

/** Inner product; for unit vectors it gives the same order as cosine and Euclidean distance. */
export function descriptorMetric(): DescriptorMetric {
  return "inner_product";
}

/**
 * Scales to Euclidean length 1, in a new array of the same type (fp16 stays fp16; sums are in double).
 * With `dimension`, a batch: each row of `dimension` values by itself. A row of zeros stays zeros.
 *
 * @throws RangeError when a value is not finite or the rows do not come out even.
 */
export function l2Normalise<A extends DescriptorArray>(
  values: A,
  dimension: number = values.length,
): A {
  const rows = values.length === 0 ? 0 : values.length / dimension;
  if (!Number.isInteger(rows)) {
    throw new RangeError(`${values.length} values are not a whole number of rows of ${dimension}`);
  }
  const out = values.slice() as A;
  for (let row = 0; row < rows; row++) {
    const start = row * dimension;
    let sum = 0;
    for (let i = start; i < start + dimension; i++) sum += values[i] * values[i];
    if (!Number.isFinite(sum)) {
      throw new RangeError(`descriptor ${row} holds a value that is not finite`);
    }
    if (sum === 0) continue;
    const scale = 1 / Math.sqrt(sum);
    for (let i = start; i < start + dimension; i++) out[i] = values[i] * scale;
  }
  return out;
}
