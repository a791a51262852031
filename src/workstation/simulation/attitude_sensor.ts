/**
 * Simulates the flight controller's attitude: accurate over short times, with a slowly varying
 * error.
 *
 * @module
 */
import {
  GaussMarkov,
  type Quaternion,
  quaternionFromRotationVector,
  quaternionMultiply,
  quaternionNormalise,
  radiansFromDegrees,
  type Random,
} from "../../core/mod.ts";

interface AttitudeNoise {
  /** 1 sigma of roll and of pitch, degrees. */
  readonly tiltDeg: number;
  readonly headingDeg: number;
  readonly timeConstantS: number;
}

export class AttitudeSensor {
  readonly #random: Random;
  readonly #errors: readonly GaussMarkov[];
  readonly #stepS: number;

  constructor(random: Random, noise: AttitudeNoise, rateHz: number) {
    this.#random = random.fork("white");
    this.#stepS = 1 / rateHz;
    const error = (label: string, sigmaDeg: number) =>
      new GaussMarkov(random.fork(label), {
        sigma: radiansFromDegrees(sigmaDeg),
        timeConstantS: noise.timeConstantS,
      });
    this.#errors = [
      error("roll", noise.tiltDeg),
      error("pitch", noise.tiltDeg),
      error("heading", noise.headingDeg),
    ];
  }

  /** local from body, as reported: heading error about up, tilt errors about the body's axes. */
  measure(localFromBody: Quaternion): Quaternion {
    const white = radiansFromDegrees(0.05);
    const [roll, pitch, heading] = this.#errors.map((error) =>
      error.step(this.#stepS) + white * this.#random.normal()
    );
    const turned = quaternionMultiply(
      quaternionFromRotationVector([0, 0, -heading]),
      localFromBody,
    );
    return quaternionNormalise(
      quaternionMultiply(turned, quaternionFromRotationVector([roll, pitch, 0])),
    );
  }
}
