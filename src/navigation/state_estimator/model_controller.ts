/**
 * Measurement models of what the flight controller says: attitude, barometer, GPS.
 *
 * The errors of its attitude and of GPS are correlated over tens of seconds. Fused as if they were
 * white they would be averaged away; their noise is therefore inflated to the white noise that has
 * the same variance over a long average: 2·tau/interval (the integral of e^(−|t|/tau)).
 *
 * @module
 */
import {
  type Matrix3,
  matrixFromQuaternion,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { AttitudeSample, BaroSample, GpsSample } from "./contract.ts";
import { type FilterState, NEVER_NS } from "./filter_state.ts";
import type { LinearMeasurement } from "./kalman_update.ts";
import { ERROR } from "./state_table.ts";

/** A 2D fix says nothing of the height. */
const UNKNOWN_HEIGHT_VARIANCE_M2 = 1e8;

/** Factor on the variance of a sample whose error is correlated with the one fused before it. */
export function correlationFactor(timeNs: number, earlierNs: number, tauS: number): number {
  if (earlierNs === NEVER_NS) return 1;
  return Math.max(1, 2 * tauS / Math.max(1e-3, (timeNs - earlierNs) * 1e-9));
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

export function lineariseAttitude(
  state: FilterState,
  sample: AttitudeSample,
  config: EskfConfig["attitude"],
  out: LinearMeasurement,
): void {
  out.reset(3);
  const own = state.quaternion("attitude");
  out.residual.set(rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(own), sample.localFromBody),
  ));
  for (let i = 0; i < 3; i++) out.setDerivative(i, ERROR.attitude + i, 1);
  const covariance = attitudeCovarianceBody(sample);
  const factor = correlationFactor(sample.timeNs, state.attitudeNs, config.correlationTimeS);
  out.setNoise(covariance, factor);
}

export function lineariseBaro(
  state: FilterState,
  sample: BaroSample,
  config: EskfConfig["baro"],
  out: LinearMeasurement,
): void {
  out.reset(1);
  out.residual[0] = sample.heightM - state.value("position", 2) - state.value("baroDrift");
  out.setDerivative(0, ERROR.position + 2, 1);
  out.setDerivative(0, ERROR.baroDrift, 1);
  out.setVariance(
    0,
    config.whiteSigmaM ** 2 + Math.max(0, sample.sigmaM ** 2 - config.driftSigmaM ** 2),
  );
}

export function lineariseGps(
  state: FilterState,
  sample: GpsSample,
  positionLocalM: Vector3,
  config: EskfConfig["gps"],
  out: LinearMeasurement,
): void {
  out.reset(6);
  const factor = correlationFactor(sample.timeNs, state.gpsNs, config.correlationTimeS);
  const horizontal = Math.max(config.horizontalFloorM, sample.sigmaHorizontalM) ** 2;
  const vertical = Math.max(config.verticalFloorM, sample.sigmaVerticalM) ** 2;
  for (let i = 0; i < 3; i++) {
    out.residual[i] = positionLocalM[i] - state.value("position", i);
    out.residual[3 + i] = sample.velocityLocalMps[i] - state.value("velocity", i);
    out.setDerivative(i, ERROR.position + i, 1);
    out.setDerivative(3 + i, ERROR.velocity + i, 1);
    out.setVariance(i, factor * (i < 2 ? horizontal : vertical));
    out.setVariance(3 + i, config.velocitySigmaMps ** 2);
  }
  if (sample.fix === "2d") out.setVariance(2, UNKNOWN_HEIGHT_VARIANCE_M2);
}
