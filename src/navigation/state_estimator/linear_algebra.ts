/**
 * Small dense linear algebra on row-major typed arrays.
 *
 * @module
 */
import type { Matrix3, Vector3 } from "../../core/mod.ts";

/**
 * Cholesky factor L (lower, `size`×`size`) of the leading block of `matrix` (row length `stride`).
 * False where the block is not positive definite; `out` is then useless.
 */
export function cholesky(
  matrix: Float64Array,
  stride: number,
  size: number,
  out: Float64Array,
): boolean {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * stride + column];
      for (let k = 0; k < column; k++) sum -= out[row * size + k] * out[column * size + k];
      if (row !== column) {
        out[row * size + column] = sum / out[column * size + column];
      } else {
        if (!(sum > 0) || sum === Infinity) return false;
        out[row * size + row] = Math.sqrt(sum);
      }
    }
  }
  return true;
}

/** Solves L·x = b in place (b at `offset`, contiguous). */
export function solveLower(
  lower: Float64Array,
  size: number,
  vector: Float64Array,
  offset = 0,
): void {
  for (let row = 0; row < size; row++) {
    let sum = vector[offset + row];
    for (let k = 0; k < row; k++) sum -= lower[row * size + k] * vector[offset + k];
    vector[offset + row] = sum / lower[row * size + row];
  }
}

/** Solves Lᵀ·x = b in place. */
export function solveLowerTransposed(
  lower: Float64Array,
  size: number,
  vector: Float64Array,
  offset = 0,
): void {
  for (let row = size - 1; row >= 0; row--) {
    let sum = vector[offset + row];
    for (let k = row + 1; k < size; k++) sum -= lower[k * size + row] * vector[offset + k];
    vector[offset + row] = sum / lower[row * size + row];
  }
}

/** True where all entries are finite, the matrix is symmetric (to rounding) and has a Cholesky factor. */
export function isCovariance(matrix: ArrayLike<number>, size: number): boolean {
  if (matrix.length !== size * size) return false;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const value = matrix[row * size + column];
      const limit = 1e-6 *
        Math.sqrt(Math.abs(matrix[row * size + row] * matrix[column * size + column]));
      if (!Number.isFinite(value)) return false;
      if (Math.abs(value - matrix[column * size + row]) > limit) return false;
    }
  }
  return cholesky(Float64Array.from(matrix), size, size, new Float64Array(size * size));
}

/** Larger eigenvalue of the symmetric [[a, b], [b, c]]. */
export function largestEigenvalue2(a: number, b: number, c: number): number {
  return (a + c) / 2 + Math.hypot((a - c) / 2, b);
}

/** Row-major 3×3 of a unit quaternion (w, x, y, z) that starts at `offset`. */
export function rotationInto(out: Float64Array, source: Float64Array, offset: number): void {
  const w = source[offset], x = source[offset + 1], y = source[offset + 2], z = source[offset + 3];
  out[0] = 1 - 2 * (y * y + z * z);
  out[1] = 2 * (x * y - w * z);
  out[2] = 2 * (x * z + w * y);
  out[3] = 2 * (x * y + w * z);
  out[4] = 1 - 2 * (x * x + z * z);
  out[5] = 2 * (y * z - w * x);
  out[6] = 2 * (x * z - w * y);
  out[7] = 2 * (y * z + w * x);
  out[8] = 1 - 2 * (x * x + y * y);
}

/** q ← q · Exp(x, y, z), renormalised; q is the quaternion at `offset`. */
export function turnQuaternion(
  target: Float64Array,
  offset: number,
  x: number,
  y: number,
  z: number,
): void {
  const squared = x * x + y * y + z * z;
  const angle = Math.sqrt(squared);
  const scale = angle < 1e-8 ? 0.5 - squared / 48 : Math.sin(angle / 2) / angle;
  const dw = Math.cos(angle / 2), dx = x * scale, dy = y * scale, dz = z * scale;
  const w = target[offset], a = target[offset + 1], b = target[offset + 2], c = target[offset + 3];
  const nw = w * dw - a * dx - b * dy - c * dz;
  const na = w * dx + a * dw + b * dz - c * dy;
  const nb = w * dy - a * dz + b * dw + c * dx;
  const nc = w * dz + a * dy - b * dx + c * dw;
  const inverse = 1 / Math.sqrt(nw * nw + na * na + nb * nb + nc * nc);
  target[offset] = nw * inverse;
  target[offset + 1] = na * inverse;
  target[offset + 2] = nb * inverse;
  target[offset + 3] = nc * inverse;
}

/** [v]×, row-major: [v]×·w = v × w. */
export function crossMatrix(v: Vector3): Matrix3 {
  return [0, -v[2], v[1], v[2], 0, -v[0], -v[1], v[0], 0];
}
