/**
 * A velocity over the ground in body axes (optical flow, Doppler, MAVLink VISION_SPEED_ESTIMATE turned
 * into the body; airspeed only with the wind in its covariance):
 *
 *     z = Rᵀ·v + noise
 *
 * @module
 */
import {
  matrixFromQuaternion,
  matrixTranspose,
  type MonotonicNs,
  quaternionConjugate,
  rotate,
} from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { VelocitySample } from "../contract.ts";
import type { FilterState } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import { crossMatrix, isCovariance } from "../linear_algebra.ts";
import { ERROR } from "../state_table.ts";
import { areFinite, correlationFactor } from "./checks.ts";
import {
  type FilterVerdict,
  fuseIterated,
  type MeasurementSource,
  NOT_FINITE,
  NOT_POSITIVE_DEFINITE,
} from "./measurement_source.ts";

/** Residual, m/s, from which it is linearised anew: the prior of the velocity is wide. */
const RELINEARISE_MPS = 2;

export class VelocitySource implements MeasurementSource<VelocitySample> {
  readonly name = "velocity";
  readonly intervalS: number;
  readonly #config: EskfConfig["velocity"];

  constructor(config: EskfConfig["velocity"]) {
    this.#config = config;
    this.intervalS = config.intervalS;
  }

  timeNs(sample: VelocitySample): MonotonicNs {
    return sample.timeNs;
  }

  fault(sample: VelocitySample): string | undefined {
    if (!areFinite(...sample.velocityBodyMps)) return NOT_FINITE;
    return isCovariance(sample.covariance, 3) ? undefined : NOT_POSITIVE_DEFINITE;
  }

  copy(sample: VelocitySample): VelocitySample {
    return {
      ...sample,
      velocityBodyMps: [...sample.velocityBodyMps],
      covariance: [...sample.covariance] as unknown as VelocitySample["covariance"],
    };
  }

  fuse(state: FilterState, sample: VelocitySample, update: KalmanUpdate): FilterVerdict {
    const { gate, correlationTimeS } = this.#config;
    // A jump is judged by the sample's own sigma; what is correlated over time counts for less.
    return fuseIterated(gate, state, update, {
      inflation: correlationFactor(sample.timeNs, state.lastFusedNs(this.name), correlationTimeS),
      linearise: () => this.linearise(state, sample, update.measurement),
      residualMax: RELINEARISE_MPS,
    });
  }

  linearise(state: FilterState, sample: VelocitySample, out: LinearMeasurement): void {
    const config = this.#config, attitude = state.quaternion("attitude");
    out.reset(3);
    out.observation.set(sample.velocityBodyMps);
    const predicted = rotate(quaternionConjugate(attitude), state.vector("velocity"));
    for (let i = 0; i < 3; i++) out.residual[i] = sample.velocityBodyMps[i] - predicted[i];
    out.setBlock(0, ERROR.velocity, matrixTranspose(matrixFromQuaternion(attitude)));
    out.setBlock(0, ERROR.attitude, crossMatrix(predicted));
    out.setNoise(sample.covariance);
    for (let i = 0; i < 3; i++) out.addNoise(i, i, config.floorMps ** 2);
  }
}
