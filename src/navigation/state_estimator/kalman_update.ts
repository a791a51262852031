/**
 * The measurement update of an error-state filter in Joseph's form, which keeps the covariance
 * symmetric and positive definite even where a precise fix meets a prior of kilometres.
 *
 * Source: R. S. Bucy, P. D. Joseph, "Filtering for Stochastic Processes with Applications to
 * Guidance", 1968.
 *
 * @module
 */
import type { MeasurementNumbers } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import { cholesky, solveLower, solveLowerTransposed } from "./linear_algebra.ts";
import { STATE_SIZE as N } from "./state_table.ts";

/** The longest measurement: pose (6), GPS position and velocity (6). */
const MEASUREMENT_MAX = 6;

/** A linearised measurement: residual ≈ H · error + noise. Filled by the sources, reused by all. */
export class LinearMeasurement {
  size = 0;
  /** What was measured; for the records alone. */
  readonly observation = new Float64Array(MEASUREMENT_MAX);
  readonly residual = new Float64Array(MEASUREMENT_MAX);
  /** Row-major, `size` × `STATE_SIZE`. */
  readonly jacobian = new Float64Array(MEASUREMENT_MAX * N);
  /** Row-major, `size` × `size`. */
  readonly noise = new Float64Array(MEASUREMENT_MAX * MEASUREMENT_MAX);
  /** Of odometry whose length counts: the height over the ground that gave it, and the ground's own. */
  scale: { readonly heightM: number; readonly groundUpM: number } | undefined;

  reset(size: number): void {
    this.size = size;
    this.scale = undefined;
    this.observation.fill(0);
    this.residual.fill(0);
    this.jacobian.fill(0);
    this.noise.fill(0);
  }

  /** Derivative of one row by one error. */
  setDerivative(row: number, error: number, value: number): void {
    this.jacobian[row * N + error] = value;
  }

  addDerivative(row: number, error: number, value: number): void {
    this.jacobian[row * N + error] += value;
  }

  /** The whole noise, `factor` times a row-major covariance. */
  setNoise(covariance: ArrayLike<number>, factor = 1): void {
    const { noise } = this, count = this.size * this.size;
    for (let i = 0; i < count; i++) noise[i] = factor * covariance[i];
  }

  scaleNoise(factor: number): void {
    const { noise } = this, count = this.size * this.size;
    for (let i = 0; i < count; i++) noise[i] *= factor;
  }

  addNoise(row: number, column: number, covariance: number): void {
    this.noise[row * this.size + column] += covariance;
  }

  setVariance(row: number, variance: number): void {
    this.noise[row * this.size + row] = variance;
  }

  variance(row: number): number {
    return this.noise[row * this.size + row];
  }

  /** Writes a 3×3 (row-major, times `factor`) into the Jacobian. */
  setBlock(row: number, column: number, block: ArrayLike<number>, factor = 1): void {
    for (let i = 0; i < 3; i++) {
      for (let k = 0; k < 3; k++) {
        this.jacobian[(row + i) * N + column + k] = factor * block[3 * i + k];
      }
    }
  }
}

export class KalmanUpdate {
  readonly measurement = new LinearMeasurement();
  /** H·P, `size` × `STATE_SIZE`. */
  readonly #projected = new Float64Array(MEASUREMENT_MAX * N);
  /** Innovation covariance. */
  readonly #innovation = new Float64Array(MEASUREMENT_MAX * MEASUREMENT_MAX);
  readonly #factor = new Float64Array(MEASUREMENT_MAX * MEASUREMENT_MAX);
  readonly #whitened = new Float64Array(MEASUREMENT_MAX);
  readonly #column = new Float64Array(MEASUREMENT_MAX);
  /** Gain, `STATE_SIZE` × `size`. */
  readonly #gain = new Float64Array(N * MEASUREMENT_MAX);
  readonly #rest = new Float64Array(N * MEASUREMENT_MAX);
  readonly #error = new Float64Array(N);

  /**
   * Forms the innovation covariance H·P·Hᵀ + R and returns the squared Mahalanobis distance of the
   * residual; NaN where that covariance is not positive definite.
   */
  prepare(state: FilterState): number {
    const { size, jacobian, noise, residual } = this.measurement;
    const p = state.covariance, hp = this.#projected, s = this.#innovation;
    hp.fill(0);
    for (let row = 0; row < size; row++) {
      for (let k = 0; k < N; k++) {
        const h = jacobian[row * N + k];
        if (h === 0) continue;
        for (let column = 0; column < N; column++) hp[row * N + column] += h * p[k * N + column];
      }
    }
    for (let row = 0; row < size; row++) {
      for (let column = 0; column <= row; column++) {
        let sum = 0.5 * (noise[row * size + column] + noise[column * size + row]);
        for (let k = 0; k < N; k++) sum += hp[row * N + k] * jacobian[column * N + k];
        s[row * size + column] = sum;
        s[column * size + row] = sum;
      }
    }
    if (!cholesky(s, size, size, this.#factor)) return NaN;
    this.#whitened.set(residual);
    solveLower(this.#factor, size, this.#whitened);
    let distance = 0;
    for (let i = 0; i < size; i++) distance += this.#whitened[i] * this.#whitened[i];
    return distance;
  }

  /** What the gate looks at; after {@link prepare}. */
  numbers(): MeasurementNumbers {
    const { size, observation, residual, noise } = this.measurement;
    const diagonal = (matrix: Float64Array) =>
      Array.from({ length: size }, (_, i) => matrix[i * size + i]);
    return {
      observation: [...observation.subarray(0, size)],
      observationVariance: diagonal(noise),
      innovation: [...residual.subarray(0, size)],
      innovationVariance: diagonal(this.#innovation),
    };
  }

  /** Squared Mahalanobis distance of two of the residuals; after {@link prepare}. */
  pairDistance(i: number, k: number): number {
    const { size, residual } = this.measurement, s = this.#innovation;
    const a = s[i * size + i], b = s[i * size + k], c = s[k * size + k];
    const x = residual[i], y = residual[k];
    return (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b);
  }

  /**
   * Linearises anew where the update would end (iterated filter, Gauss–Newton): needed where the
   * prior is so wide that the Jacobian at the prior is another one. After {@link prepare}; leaves
   * the state as it was, ready for {@link apply}.
   *
   * Source: B. M. Bell, F. W. Cathey, "The iterated Kalman filter update as a Gauss–Newton method",
   * IEEE Transactions on Automatic Control 38(2), 1993.
   */
  relinearise(state: FilterState, linearise: () => void, iterations: number): void {
    const prior = state.nominal.slice(), { jacobian, residual } = this.measurement;
    for (let i = 0; i < iterations; i++) {
      this.#makeGain();
      const error = this.#makeError();
      state.inject(error);
      linearise();
      state.nominal.set(prior);
      for (let row = 0; row < this.measurement.size; row++) {
        for (let k = 0; k < N; k++) residual[row] += jacobian[row * N + k] * error[k];
      }
      this.prepare(state);
    }
  }

  /** Updates state and covariance; after {@link prepare}. */
  apply(state: FilterState): void {
    this.#makeGain();
    const { size, noise } = this.measurement;
    const p = state.covariance, hp = this.#projected, gain = this.#gain, rest = this.#rest;
    // A·P with A = I − K·H, then A·P·Aᵀ + K·R·Kᵀ = A·P + (K·R − A·P·Hᵀ)·Kᵀ.
    for (let row = 0; row < N; row++) {
      for (let m = 0; m < size; m++) {
        const k = gain[row * size + m];
        for (let column = 0; column < N; column++) p[row * N + column] -= k * hp[m * N + column];
      }
    }
    this.#makeRest(p, size, noise);
    for (let row = 0; row < N; row++) {
      for (let column = 0; column <= row; column++) {
        let a = p[row * N + column], b = p[column * N + row];
        for (let m = 0; m < size; m++) {
          a += rest[row * size + m] * gain[column * size + m];
          b += rest[column * size + m] * gain[row * size + m];
        }
        p[row * N + column] = 0.5 * (a + b);
        p[column * N + row] = 0.5 * (a + b);
      }
    }
    state.inject(this.#makeError());
  }

  #makeError(): Float64Array {
    const { size, residual } = this.measurement, error = this.#error;
    for (let row = 0; row < N; row++) {
      error[row] = 0;
      for (let m = 0; m < size; m++) error[row] += this.#gain[row * size + m] * residual[m];
    }
    return error;
  }

  #makeGain(): void {
    const size = this.measurement.size, hp = this.#projected, column = this.#column;
    for (let row = 0; row < N; row++) {
      for (let m = 0; m < size; m++) column[m] = hp[m * N + row];
      solveLower(this.#factor, size, column);
      solveLowerTransposed(this.#factor, size, column);
      for (let m = 0; m < size; m++) this.#gain[row * size + m] = column[m];
    }
  }

  /** K·R − (A·P)·Hᵀ. */
  #makeRest(ap: Float64Array, size: number, noise: Float64Array): void {
    const h = this.measurement.jacobian;
    for (let row = 0; row < N; row++) {
      for (let m = 0; m < size; m++) {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += this.#gain[row * size + k] * noise[k * size + m];
        for (let k = 0; k < N; k++) sum -= ap[row * N + k] * h[m * N + k];
        this.#rest[row * size + m] = sum;
      }
    }
  }
}
