/**
 * How much an IMU's samples jump. What happens between two samples of a log at 10 to 50 Hz is not in it:
 * vibration and fast turns fold into what is, and an estimate that integrates them errs by it as if by noise.
 *
 * For white noise the second difference a − 2b + c has six times its variance; smooth motion has next to none.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { ImuNoise, LogSample } from "./contract.ts";

type ImuSample = Extract<LogSample["event"], { readonly kind: "imu" }>;

/** A longer interval than this many times the one before it is a gap. */
const GAP = 1.8;
const AXES = 3;

export class ImuRoughness {
  #before: ImuSample | null = null;
  #last: ImuSample | null = null;
  #force = 0;
  #rate = 0;
  #durationS = 0;
  #count = 0;

  add(sample: ImuSample): void {
    const before = this.#before, last = this.#last;
    this.#before = last;
    this.#last = sample;
    if (before === null || last === null) return;
    const firstNs = last.controllerNs - before.controllerNs;
    const secondNs = sample.controllerNs - last.controllerNs;
    if (!(secondNs > 0 && secondNs < GAP * firstNs && firstNs < GAP * secondNs)) return;
    this.#force += squares(
      before.specificForceMps2,
      last.specificForceMps2,
      sample.specificForceMps2,
    );
    this.#rate += squares(before.angularRateRps, last.angularRateRps, sample.angularRateRps);
    this.#durationS += secondNs * 1e-9;
    this.#count++;
  }

  /** As densities of white noise at the log's rate; 0 below three samples. */
  noise(): ImuNoise {
    const periodS = this.#durationS / Math.max(1, this.#count);
    const density = (sum: number) =>
      Math.sqrt(sum / (6 * AXES * Math.max(1, this.#count)) * periodS);
    return {
      accelerometerDensity: density(this.#force),
      gyroscopeDensity: density(this.#rate),
    };
  }
}

/** Of the second difference, over the axes. */
function squares(a: Vector3, b: Vector3, c: Vector3): number {
  return (a[0] - 2 * b[0] + c[0]) ** 2 + (a[1] - 2 * b[1] + c[1]) ** 2 +
    (a[2] - 2 * b[2] + c[2]) ** 2;
}
