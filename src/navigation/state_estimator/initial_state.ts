/**
 * The state that the filter starts from: the controller's attitude, the take-off origin where one
 * was set, and what is not known with a sigma that says so.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { AttitudeSample, TakeoffOrigin } from "./contract.ts";
import { ERROR, type FilterState, NEVER_NS, NOMINAL, STATE_SIZE } from "./filter_state.ts";
import { attitudeCovarianceBody } from "./model_controller.ts";

export interface KnownOrigin {
  readonly origin: TakeoffOrigin;
  readonly sigmaHorizM: number;
  readonly sigmaVertM: number;
}

export function initialise(
  state: FilterState,
  attitude: AttitudeSample,
  known: KnownOrigin | undefined,
  config: EskfConfig,
): void {
  const n = state.nominal, initial = config.initial;
  state.clear();
  n.set(known?.origin.positionLocalM ?? [0, 0, 0], NOMINAL.position);
  n.set(attitude.localFromBody, NOMINAL.attitude);
  const horizontal = known?.sigmaHorizM ?? initial.unknownSigmaHorizM;
  const vertical = known?.sigmaVertM ?? initial.unknownSigmaVertM;
  state.setVariance(ERROR.position, 2, horizontal ** 2);
  state.setVariance(ERROR.position + 2, 1, vertical ** 2);
  state.setVariance(ERROR.velocity, 2, initial.velocitySigmaHorizMps ** 2);
  state.setVariance(ERROR.velocity + 2, 1, initial.velocitySigmaVertMps ** 2);
  state.setVariance(ERROR.accelerometerBias, 3, config.imu.accelerometerBiasSigmaMps2 ** 2);
  state.setVariance(ERROR.gyroscopeBias, 3, config.imu.gyroscopeBiasSigmaRps ** 2);
  state.setVariance(ERROR.mounting, 3, config.mountingSigmaRad ** 2);
  state.setVariance(ERROR.baroDrift, 1, config.baro.driftSigmaM ** 2);
  state.setVariance(ERROR.odometryScale, 1, config.odometry.scaleSigma ** 2);
  state.setVariance(ERROR.map, 2, config.anchor.mapLocalSigmaM ** 2);
  state.setVariance(ERROR.mapOffset, 2, config.anchor.mapConstantSigmaM ** 2);
  const covariance = attitudeCovarianceBody(attitude);
  for (let i = 0; i < 9; i++) {
    const row = ERROR.attitude + Math.floor(i / 3);
    state.covariance[row * STATE_SIZE + ERROR.attitude + i % 3] = covariance[i];
  }
  // A moment earlier, so that what was measured together with the attitude is not too old.
  state.timeNs = attitude.timeNs - 1;
  state.decayS = 0;
  state.decayM = 0;
  state.anchorNs = NEVER_NS;
  state.odometryNs = NEVER_NS;
  state.gpsNs = NEVER_NS;
  state.attitudeNs = attitude.timeNs;
  state.refusedFixes = [];
  state.clone();
}
