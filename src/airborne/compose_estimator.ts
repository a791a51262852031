/**
 * Composes the state estimator, for every flight and for one without a camera.
 *
 * @module
 */
import { chooseStrategy, hasNativeLibrary, LocalFrame, type Strategies } from "../core/mod.ts";
import {
  type FlightPackage,
  openFlightPackage,
  packageFrame,
  verifiedBytes,
} from "../flight/flight_package/mod.ts";
import { openGtsam } from "../native/gtsam/mod.ts";
import {
  Eskf,
  type EskfOptions,
  isam2,
  type StateEstimator,
} from "../navigation/state_estimator/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { AirborneOptions, EstimatorAlone, EstimatorAloneOptions } from "./contract.ts";

/** What a state estimator is made of. */
export interface EstimatorParts {
  readonly config: AirborneConfig;
  /** null: nothing is known of a map. */
  readonly flightPackage: FlightPackage | null;
  readonly localFrame: LocalFrame;
  readonly onEvent: EskfOptions["onEvent"];
}

export const STATE_ESTIMATORS: Strategies<EstimatorParts, StateEstimator> = {
  eskf: { create: (parts) => new Eskf(estimatorOptions(parts)) },
  isam2: { library: "gtsam", create: (parts) => isam2(openGtsam(), estimatorOptions(parts)) },
};

/** A flight without a camera: the state estimator, in the frame of a package where there is one. */
export async function composeEstimator(options: EstimatorAloneOptions): Promise<EstimatorAlone> {
  const { onEvent, packagePath, origin } = options;
  choose(options.config);
  const flightPackage = packagePath === null
    ? null
    : await openPackage({ ...options, packagePath });
  const localFrame = flightPackage === null
    ? new LocalFrame(origin)
    : packageFrame(flightPackage.manifest);
  const config = flightPackage === null
    ? options.config
    : options.settle?.(flightPackage) ?? options.config;
  const estimator = await choose(config).create({ config, flightPackage, localFrame, onEvent });
  const strategies = { state_estimator: config.strategies.stateEstimator };
  return { estimator, localFrame, flightPackage, strategies };
}

function choose({ strategies: { stateEstimator: name } }: AirborneConfig) {
  return chooseStrategy<EstimatorParts, StateEstimator>({
    executable: "airborne",
    role: "state_estimator",
    name,
    strategies: STATE_ESTIMATORS,
    hasLibrary: (library) => hasNativeLibrary(library),
  });
}

export async function openPackage(
  options: Pick<
    AirborneOptions,
    "packagePath" | "packageSha256" | "packageDemands" | "flightUntil" | "onVerified"
  >,
): Promise<FlightPackage> {
  return await openFlightPackage(
    options.packagePath,
    (manifest) => (doneBytes) => options.onVerified?.(doneBytes, verifiedBytes(manifest)),
    {
      ...options.packageDemands,
      flightUntil: options.flightUntil,
      ...(options.packageSha256 ? { manifestSha256: options.packageSha256 } : {}),
    },
  );
}

/**
 * The package knows how well its map is registered; the configuration knows how well any map of another
 * season can be told from it.
 */
function estimatorOptions(
  { config, localFrame, flightPackage, onEvent }: EstimatorParts,
): EskfOptions {
  const { anchor: configured } = config.eskf;
  const statedM = flightPackage?.manifest.mapRegistrationSigmaM ?? configured.mapConstantSigmaM;
  const mapConstantSigmaM = Math.max(configured.mapConstantSigmaMinM, statedM);
  const anchor = { ...configured, mapConstantSigmaM };
  return { config: { ...config.eskf, anchor }, localFrame, onEvent };
}
