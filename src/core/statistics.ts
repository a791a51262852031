/**
 * Percentiles and shares.
 *
 * @module
 */

/** Linear between the closest ranks (Hyndman and Fan, type 7); null for no values. */
export function percentile(values: readonly number[], fraction: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (sorted.length - 1) * fraction;
  const low = Math.floor(rank);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (rank - low);
}

export function median(values: readonly number[]): number | null {
  return percentile(values, 0.5);
}

export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Share in [0, 1] of the values for which `holds` is true; null for no values. */
export function share<T>(values: readonly T[], holds: (value: T) => boolean): number | null {
  if (values.length === 0) return null;
  return values.filter(holds).length / values.length;
}

export function largest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
}
