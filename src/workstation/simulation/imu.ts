/**
 * Simulates an IMU of BMI088 class on a vibrating airframe.
 *
 * @module
 */
import { radiansFromDegrees, type Random, type Vector3 } from "../../core/mod.ts";
import { GRAVITY_MPS2, type IdealImuSample } from "./trajectory.ts";

interface ImuNoise {
  /** White noise, m/s² and rad/s per √Hz. */
  readonly accelerometerDensity: number;
  readonly gyroscopeDensity: number;
  /** Bias that remains after the calibration before take-off, 1 sigma an axis, m/s² and rad/s. */
  readonly accelerometerBias: number;
  readonly gyroscopeBias: number;
  /** Random walk of the biases, per √s. */
  readonly accelerometerWalk: number;
  readonly gyroscopeWalk: number;
  /** Vibration of the motor, 1 sigma an axis, m/s² and rad/s. */
  readonly accelerometerVibration: number;
  readonly gyroscopeVibration: number;
  readonly vibrationHz: number;
}

/**
 * Noise densities from the BMI088's data sheet (175 µg/√Hz, 0.014 °/s/√Hz). Its turn-on biases
 * (about 15 mg and 0.3 °/s after soldering) are calibrated on the ground; what remains in flight,
 * with temperature, is a third and a fifth of them.
 */
export const BMI088: ImuNoise = {
  accelerometerDensity: 175e-6 * GRAVITY_MPS2,
  gyroscopeDensity: radiansFromDegrees(0.014),
  accelerometerBias: 5e-3 * GRAVITY_MPS2,
  gyroscopeBias: radiansFromDegrees(0.06),
  accelerometerWalk: 3e-4,
  gyroscopeWalk: 1e-5,
  accelerometerVibration: 0.35,
  gyroscopeVibration: radiansFromDegrees(0.6),
  vibrationHz: 73,
};

export class ImuSensor {
  readonly #noise: ImuNoise;
  readonly #random: Random;
  readonly #stepS: number;
  readonly #accelerometerBias: number[];
  readonly #gyroscopeBias: number[];
  readonly #phase: number[];
  #timeS = 0;

  constructor(random: Random, noise: ImuNoise, rateHz: number) {
    this.#noise = noise;
    this.#random = random.fork("samples");
    this.#stepS = 1 / rateHz;
    const start = random.fork("start");
    this.#accelerometerBias = [0, 1, 2].map(() => noise.accelerometerBias * start.normal());
    this.#gyroscopeBias = [0, 1, 2].map(() => noise.gyroscopeBias * start.normal());
    this.#phase = Array.from({ length: 6 }, () => 2 * Math.PI * start.uniform());
  }

  get bias(): { accelerometerMps2: readonly number[]; gyroscopeRps: readonly number[] } {
    return {
      accelerometerMps2: [...this.#accelerometerBias],
      gyroscopeRps: [...this.#gyroscopeBias],
    };
  }

  measure(ideal: IdealImuSample): IdealImuSample {
    const noise = this.#noise, random = this.#random, dt = this.#stepS;
    this.#timeS += dt;
    const turn = 2 * Math.PI * noise.vibrationHz * this.#timeS;
    const axis = (i: number) => ({
      accelerometer: this.#accelerometerBias[i] +
        noise.accelerometerDensity / Math.sqrt(dt) * random.normal() +
        Math.SQRT2 * noise.accelerometerVibration * Math.sin(turn + this.#phase[i]),
      gyroscope: this.#gyroscopeBias[i] + noise.gyroscopeDensity / Math.sqrt(dt) * random.normal() +
        Math.SQRT2 * noise.gyroscopeVibration * Math.sin(turn + this.#phase[3 + i]),
    });
    for (let i = 0; i < 3; i++) {
      this.#accelerometerBias[i] += noise.accelerometerWalk * Math.sqrt(dt) * random.normal();
      this.#gyroscopeBias[i] += noise.gyroscopeWalk * Math.sqrt(dt) * random.normal();
    }
    const errors = [axis(0), axis(1), axis(2)];
    const force = ideal.specificForceMps2.map((f, i) => f + errors[i].accelerometer);
    const rate = ideal.angularRateRps.map((w, i) => w + errors[i].gyroscope);
    return {
      specificForceMps2: force as unknown as Vector3,
      angularRateRps: rate as unknown as Vector3,
    };
  }
}
