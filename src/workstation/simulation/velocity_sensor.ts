/**
 * Simulates a sensor of the velocity over the ground in body axes, such as optical flow with a
 * range finder: noise, and a slowly varying error.
 *
 * @module
 */
import {
  GaussMarkov,
  type Matrix3,
  quaternionConjugate,
  type Random,
  rotate,
  type Vector3,
} from "../../core/mod.ts";
import type { TrueState } from "./trajectory.ts";

/** 1 sigma, each axis. */
const WHITE_MPS = 0.1;
const SLOW_MPS = 0.15;
const SLOW_TIME_CONSTANT_S = 20;
const VARIANCE = WHITE_MPS ** 2 + SLOW_MPS ** 2;

/** The error that the sensor itself reports, m²/s². */
export const VELOCITY_COVARIANCE: Matrix3 = [VARIANCE, 0, 0, 0, VARIANCE, 0, 0, 0, VARIANCE];

export class VelocitySensor {
  readonly #white: Random;
  readonly #slow: readonly GaussMarkov[];
  readonly #stepS: number;

  constructor(random: Random, rateHz: number) {
    this.#white = random.fork("white");
    this.#stepS = 1 / rateHz;
    this.#slow = ["forward", "right", "down"].map((axis) =>
      new GaussMarkov(random.fork(axis), { sigma: SLOW_MPS, timeConstantS: SLOW_TIME_CONSTANT_S })
    );
  }

  /** Forward, right, down, m/s. */
  measure({ localFromBody, velocityLocalMps }: TrueState): Vector3 {
    const body = rotate(quaternionConjugate(localFromBody), velocityLocalMps);
    const error = (axis: 0 | 1 | 2) =>
      this.#slow[axis].step(this.#stepS) + WHITE_MPS * this.#white.normal();
    return [body[0] + error(0), body[1] + error(1), body[2] + error(2)];
  }
}
