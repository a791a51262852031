/**
 * The flight controller's attitude:
 *
 *     Z = R · Exp(noise)
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  type MonotonicNs,
  quaternionConjugate,
  quaternionMultiply,
  quaternionNormalise,
  rotationVectorFromQuaternion,
} from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { AttitudeSample } from "../contract.ts";
import type { FilterState } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import type { PictureDelay } from "../picture_delay.ts";
import { ERROR } from "../state_table.ts";
import { areFinite, correlationFactor, isRotation } from "./checks.ts";
import {
  type FilterVerdict,
  fuseWithin,
  type MeasurementSource,
  NOT_FINITE,
  SIGMA_NOT_POSITIVE,
} from "./measurement_source.ts";

/** Chi-square, 3 degrees of freedom, 99.9 %. */
const GATE = 16.27;

export class AttitudeSource implements MeasurementSource<AttitudeSample> {
  readonly name = "attitude";
  readonly intervalS: number;
  readonly #config: EskfConfig["attitude"];

  readonly #delay: Pick<PictureDelay, "observeAttitude">;

  constructor(config: EskfConfig["attitude"], delay: Pick<PictureDelay, "observeAttitude">) {
    this.#config = config;
    this.#delay = delay;
    this.intervalS = config.intervalS;
  }

  timeNs(sample: AttitudeSample): MonotonicNs {
    return sample.timeNs;
  }

  fault(sample: AttitudeSample): string | undefined {
    if (!areFinite(...sample.localFromBody)) return NOT_FINITE;
    if (!isRotation(sample.localFromBody)) return "the attitude is not a unit quaternion";
    return sample.sigmaTiltRad > 0 && sample.sigmaHeadingRad > 0 ? undefined : SIGMA_NOT_POSITIVE;
  }

  copy(sample: AttitudeSample): AttitudeSample {
    return { ...sample, localFromBody: quaternionNormalise(sample.localFromBody) };
  }

  admit(sample: AttitudeSample): undefined {
    this.#delay.observeAttitude(sample);
  }

  fuse(state: FilterState, sample: AttitudeSample, update: KalmanUpdate): FilterVerdict {
    this.linearise(state, sample, update.measurement);
    return fuseWithin(GATE, state, update);
  }

  linearise(state: FilterState, sample: AttitudeSample, out: LinearMeasurement): void {
    out.reset(3);
    out.observation.set(rotationVectorFromQuaternion(sample.localFromBody));
    const own = state.quaternion("attitude");
    out.residual.set(rotationVectorFromQuaternion(
      quaternionMultiply(quaternionConjugate(own), sample.localFromBody),
    ));
    for (let i = 0; i < 3; i++) out.setDerivative(i, ERROR.attitude + i, 1);
    const earlierNs = state.lastFusedNs(this.name);
    const factor = correlationFactor(sample.timeNs, earlierNs, this.#config.correlationTimeS);
    out.setNoise(attitudeCovarianceBody(sample), factor);
  }
}

/** Covariance in body axes of independent tilt (east, north) and heading (up) errors. */
export function attitudeCovarianceBody(sample: AttitudeSample): Matrix3 {
  const r = matrixFromQuaternion(sample.localFromBody);
  const tilt = sample.sigmaTiltRad ** 2, heading = sample.sigmaHeadingRad ** 2;
  const out = new Array<number>(9);
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) {
      out[3 * i + k] = tilt * (r[i] * r[k] + r[3 + i] * r[3 + k]) + heading * r[6 + i] * r[6 + k];
    }
  }
  return out as unknown as Matrix3;
}
