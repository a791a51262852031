/**
 * The state that the filter starts from: the controller's attitude, the take-off origin where one
 * was set, and what is not known with a sigma that says so.
 *
 * @module
 */
import type { EskfConfig } from "./config.ts";
import type { AttitudeSample, TakeoffOrigin } from "./contract.ts";
import { StateEstimatorConfigError } from "./errors.ts";
import type { FilterState } from "./filter_state.ts";
import { attitudeCovarianceBody } from "./sources/attitude.ts";
import { ERROR, type KnownOrigin, PLACED_BLOCKS } from "./state_table.ts";

/**
 * Sigmas that are not given are those of the configuration.
 *
 * @throws StateEstimatorConfigError where a number is not finite, or a sigma not positive
 */
export function knownOrigin(
  origin: TakeoffOrigin,
  given: { readonly sigmaHorizM?: number | undefined; readonly sigmaVertM?: number | undefined },
  { initial }: EskfConfig,
): KnownOrigin {
  const {
    sigmaHorizM = initial.defaultTakeoffOriginSigmaHorizM,
    sigmaVertM = initial.defaultTakeoffOriginSigmaVertM,
  } = given;
  const values = [...origin.positionLocalM, sigmaHorizM, sigmaVertM];
  if (!values.every(Number.isFinite) || sigmaHorizM <= 0 || sigmaVertM <= 0) {
    throw new StateEstimatorConfigError(
      `Cannot set the take-off origin: give finite numbers, and sigmas > 0, not [${values}]`,
    );
  }
  return { origin: { positionLocalM: [...origin.positionLocalM] }, sigmaHorizM, sigmaVertM };
}

export function initialise(
  state: FilterState,
  attitude: AttitudeSample,
  origin: KnownOrigin | undefined,
  config: EskfConfig,
): void {
  state.clear();
  state.set("position", origin?.origin.positionLocalM ?? [0, 0, 0]);
  state.set("attitude", attitude.localFromBody);
  for (const { initialSigmas, error } of PLACED_BLOCKS) {
    initialSigmas?.({ config, origin }).forEach((sigma, i) =>
      state.addCovariance(error + i, error + i, sigma ** 2)
    );
  }
  const covariance = attitudeCovarianceBody(attitude);
  for (let i = 0; i < 9; i++) {
    const row = ERROR.attitude + Math.floor(i / 3);
    state.addCovariance(row, ERROR.attitude + i % 3, covariance[i]);
  }
  // A moment earlier, so that what was measured together with the attitude is not too old.
  state.timeNs = attitude.timeNs - 1;
  state.setLastFused("attitude", attitude.timeNs);
  state.clone();
}
