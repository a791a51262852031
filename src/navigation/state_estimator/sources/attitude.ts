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
  type Vector3,
} from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { AttitudeSample } from "../contract.ts";
import { type FilterState, NEVER_NS } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import type { PictureDelay } from "../picture_delay.ts";
import { GRAVITY_MPS2 } from "../propagation.ts";
import { ERROR } from "../state_table.ts";
import { widenAttitude, widenPosition } from "../widening.ts";
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
/** Further from the filter than so many sigmas of its own, so often in a row… */
const FAR_SIGMAS = 3;
const FAR_SAMPLES = 3;
/** …after no more than so many that were nearer: a controller that goes wrong later is what lies. */
const NEAR_SAMPLES_MAX = 5;

export class AttitudeSource implements MeasurementSource<AttitudeSample> {
  readonly name = "attitude";
  readonly intervalS: number;
  readonly #config: EskfConfig["attitude"];
  readonly #velocitySigmaMps: number;
  readonly #delay: Pick<PictureDelay, "observeAttitude">;

  constructor(
    { attitude, initial }: Pick<EskfConfig, "attitude" | "initial">,
    delay: Pick<PictureDelay, "observeAttitude">,
  ) {
    this.#config = attitude;
    this.#velocitySigmaMps = initial.velocitySigmaHorizMps;
    this.#delay = delay;
    this.intervalS = attitude.intervalS;
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
    if (!this.#beganOtherwise(state, sample, update)) return fuseWithin(GATE, state, update);
    this.#forgetStart(state, sample);
    this.linearise(state, sample, update.measurement);
    return { ...fuseWithin(Infinity, state, update), reason: "the filter began with another one" };
  }

  /**
   * Before the first fix the filter's attitude is the controller's first one, and that may have been wrong: it is so where
   * more of those that follow agree with each other than with the filter, and no GPS bears the filter out.
   */
  #beganOtherwise(
    state: FilterState,
    { timeNs, sigmaTiltRad, sigmaHeadingRad }: AttitudeSample,
    { measurement: { residual } }: KalmanUpdate,
  ): boolean {
    const { near, far, farSinceNs, byRad: before } = state.attitudes;
    const byRad: Vector3 = [residual[0], residual[1], residual[2]], size = Math.hypot(...byRad);
    if (!(size > FAR_SIGMAS * Math.hypot(sigmaTiltRad, sigmaHeadingRad))) {
      state.attitudes = { near: near + 1, far: 0, farSinceNs, byRad };
      return false;
    }
    const isSame = far > 0 &&
      Math.hypot(...byRad.map((each, i) => each - before[i])) < size / 2;
    const since = isSame ? { far: far + 1, farSinceNs } : { far: 1, farSinceNs: timeNs };
    state.attitudes = { near, ...since, byRad };
    return since.far >= FAR_SAMPLES && since.far > near && near <= NEAR_SAMPLES_MAX &&
      state.lastFusedNs("anchor") === NEVER_NS && state.lastFusedNs("gps") < since.farSinceNs;
  }

  /** What a wrong attitude has made of velocity and position since the start. */
  #forgetStart(state: FilterState, { timeNs }: AttitudeSample): void {
    const { near, farSinceNs, byRad } = state.attitudes;
    const turnedRad = Math.hypot(...byRad);
    const elapsedS = (timeNs - farSinceNs) * 1e-9 + (near + 1) * this.intervalS;
    const astrayM = state.horizontalSpeedMps() * elapsedS +
      0.5 * GRAVITY_MPS2 * elapsedS ** 2;
    state.attitudes = { near: 1, far: 0, farSinceNs, byRad: [0, 0, 0] };
    widenAttitude(state, turnedRad ** 2);
    widenPosition(state, (turnedRad * astrayM) ** 2);
    for (let i = ERROR.velocity; i < ERROR.velocity + 3; i++) {
      state.addCovariance(i, i, this.#velocitySigmaMps ** 2);
    }
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
