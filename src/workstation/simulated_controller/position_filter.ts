/**
 * What a firmware's Kalman filter makes of positions and velocities, as far as a companion can see it:
 * prediction by the IMU, innovation gates, jumps. It carries its error against the truth, so that a
 * near-perfect IMU needs no simulation of its own.
 *
 * Per axis: δ = [position error, velocity error], δ̇ = [δv, a], a white with the firmware's accelerometer
 * noise as its standard deviation over a sample. One covariance holds for both horizontal axes.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";

interface FilterNoise {
  /** Process noise of the velocity, m/s²/√Hz. */
  readonly accelerationDensity: number;
  /** How fast the true velocity error wanders without any aid, m/s per √s. */
  readonly wanderMps: number;
}

/** Position variance, covariance, velocity variance. */
type Covariance = [pp: number, pv: number, vv: number];

const LARGE = 1e6;

export class PositionFilter {
  /** Estimate less truth: east, north, up. */
  readonly positionErrorM: [number, number, number] = [0, 0, 0];
  readonly velocityErrorMps: [number, number, number] = [0, 0, 0];
  readonly #horizontal: Covariance = [LARGE, 0, LARGE];
  readonly #vertical: Covariance = [LARGE, 0, LARGE];
  readonly #noise: FilterNoise;
  readonly #random: { normal(): number };

  constructor(noise: FilterNoise, random: { normal(): number }) {
    this.#noise = noise;
    this.#random = random;
  }

  get sigmaHorizontalM(): number {
    return Math.sqrt(this.#horizontal[0]);
  }

  predict(dtS: number): void {
    if (!(dtS > 0)) return;
    const q = this.#noise.accelerationDensity ** 2;
    for (const p of [this.#horizontal, this.#vertical]) {
      p[0] += dtS * (2 * p[1] + dtS * p[2]) + q * dtS ** 3 / 3;
      p[1] += dtS * p[2] + q * dtS ** 2 / 2;
      p[2] += q * dtS;
    }
    for (let axis = 0; axis < 3; axis++) {
      this.positionErrorM[axis] += this.velocityErrorMps[axis] * dtS;
      this.velocityErrorMps[axis] += this.#noise.wanderMps * Math.sqrt(dtS) * this.#random.normal();
    }
  }

  /** Innovations over their gates, horizontally: above 1 is refused. */
  positionRatio(errorM: Vector3, sigmaM: number, gate: number): number {
    const [east, north] = [0, 1].map((axis) => errorM[axis] - this.positionErrorM[axis]);
    return Math.hypot(east, north) / (gate * Math.sqrt(this.#horizontal[0] + sigmaM ** 2));
  }

  velocityRatio(errorMps: Vector3, sigmaMps: number, gate: number): number {
    const [east, north] = [0, 1].map((axis) => errorMps[axis] - this.velocityErrorMps[axis]);
    return Math.hypot(east, north) / (gate * Math.sqrt(this.#horizontal[2] + sigmaMps ** 2));
  }

  /** `errorM` and `errorMps`: measurement less truth. */
  fusePosition(errorM: Vector3, sigmaM: number): void {
    this.#fuse([0, 1], this.#horizontal, errorM, sigmaM, false);
  }

  fuseHeight(errorM: number, sigmaM: number): void {
    this.#fuse([2], this.#vertical, [0, 0, errorM], sigmaM, false);
  }

  fuseVelocity(errorMps: Vector3, sigmaMps: number): void {
    this.#fuse([0, 1], this.#horizontal, errorMps, sigmaMps, true);
    this.#fuse([2], this.#vertical, errorMps, sigmaMps, true);
  }

  resetPosition(errorM: Vector3, sigmaM: number): void {
    this.positionErrorM[0] = errorM[0];
    this.positionErrorM[1] = errorM[1];
    this.#horizontal[0] = sigmaM ** 2;
    this.#horizontal[1] = 0;
  }

  resetVelocity(errorMps: Vector3, sigmaMps: number): void {
    this.velocityErrorMps[0] = errorMps[0];
    this.velocityErrorMps[1] = errorMps[1];
    this.#horizontal[2] = sigmaMps ** 2;
    this.#horizontal[1] = 0;
  }

  #fuse(axes: number[], p: Covariance, error: Vector3, sigma: number, isVelocity: boolean): void {
    const variance = sigma ** 2;
    const [pp, pv, vv] = p;
    const innovationVariance = (isVelocity ? vv : pp) + variance;
    const gainPosition = (isVelocity ? pv : pp) / innovationVariance;
    const gainVelocity = (isVelocity ? vv : pv) / innovationVariance;
    for (const axis of axes) {
      const own = isVelocity ? this.velocityErrorMps[axis] : this.positionErrorM[axis];
      const innovation = error[axis] - own;
      this.positionErrorM[axis] += gainPosition * innovation;
      this.velocityErrorMps[axis] += gainVelocity * innovation;
    }
    if (isVelocity) {
      p[0] = pp - gainPosition * pv;
      p[1] = pv - gainPosition * vv;
      p[2] = vv - gainVelocity * vv;
    } else {
      p[0] = pp - gainPosition * pp;
      p[1] = pv - gainPosition * pv;
      p[2] = vv - gainVelocity * pv;
    }
  }
}
