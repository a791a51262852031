/**
 * The composition root of `airborne`: the only place that constructs its parts.
 *
 * @module
 */
import {
  chooseStrategy,
  type Command,
  hasNativeLibrary,
  settingVariables,
  type Strategies,
  type Strategy,
  UsageError,
  type VariableNames,
} from "../core/mod.ts";
import {
  type DeviceLibrary,
  environmentNames,
  installSyscallFilter,
  openDevice,
  ServiceManager,
  type SyscallsAllowed,
} from "../native/device/mod.ts";
import { type FlightPackage, packagedModel, packageFrame } from "../flight/flight_package/mod.ts";
import type { EngineEntry } from "../navigation/inference/mod.ts";
import { openCamera } from "../flight/camera_source/mod.ts";
import { TileMap } from "../navigation/map/mod.ts";
import {
  type CrossDomainMatcher,
  FeatureMatcher,
  ReliefMatcher,
  SiftExtractor,
  StructuralMatcher,
  XfeatExtractor,
} from "../navigation/matcher/mod.ts";
import { type PlaceRecogniser, ReliefRecogniser } from "../navigation/place_recognition/mod.ts";
import { GridTerrain, type Terrain } from "../navigation/terrain/mod.ts";
import { PlanarPoseSolver, type PoseSolver } from "../navigation/pose/mod.ts";
import { buildPackageTileStore, type PackageTileStore } from "../tiles/tile_journal/mod.ts";
import type { StateEstimator } from "../navigation/state_estimator/mod.ts";
import { PlanarKlt, type VioStrategy } from "../navigation/vio/mod.ts";
import { openOkvis2 } from "./compose_odometry.ts";
import { openVision, type VisionLibrary } from "../native/vision/mod.ts";
import { type AirborneConfig, AirborneConfigSchema } from "./config.ts";
import type { Airborne, AirborneOptions, TileStorePlace } from "./contract.ts";
import { openFlightController } from "./compose_controller.ts";
import {
  composeEstimator,
  type EstimatorParts,
  openPackage,
  STATE_ESTIMATORS,
} from "./compose_estimator.ts";
import { openAdaptiveRecogniser, openOnnxRecogniser } from "./compose_recogniser.ts";
import { composeOverlapLocator } from "./compose_overlap.ts";
import type { Companion } from "./companion.ts";
import { makeCompanion } from "./compose_companion.ts";
import { whileStarting } from "./supervision.ts";
import { Locator } from "./locator.ts";
import { Navigator } from "./navigator.ts";
import { flyCommand } from "./fly.ts";
import { statusCommand } from "./status.ts";
import { replayCommand } from "./replay.ts";
import { keysCommands } from "./trust/keys_commands.ts";

export function variables(): VariableNames {
  return { set: environmentNames(), settings: settingVariables(AirborneConfigSchema) };
}

/** The commands of `airborne`. */
export function commands(): readonly Command[] {
  const parts = {
    composeAirborne,
    composeEstimator,
    filterSyscalls,
    openTileStore,
    openFlightController,
    openCamera,
  };
  return [flyCommand(parts), replayCommand(parts), statusCommand(), ...keysCommands()];
}

/** What strategies are made of. */
interface StrategyParts extends EstimatorParts {
  readonly device: DeviceLibrary;
  readonly vision: VisionLibrary;
  readonly flightPackage: FlightPackage;
  readonly map: TileMap;
  /** null: the ground is flat. */
  readonly terrain: Terrain | null;
  readonly serviceManager: ServiceManager | null;
  /** Runs models, and knows how much work the computer allows. */
  readonly companion: Companion;
  /** Takes what a strategy opens for itself: it is closed with everything else, last opened first. */
  readonly resources: AsyncDisposableStack;
}

/** The roles that have alternatives, and what fills them. */
interface Roles {
  readonly vio: VioStrategy;
  readonly place_recognition: PlaceRecogniser;
  readonly matcher: CrossDomainMatcher;
  readonly pose: PoseSolver;
  readonly state_estimator: StateEstimator;
}

/** Every strategy that `airborne` knows, by the name that the configuration gives it. */
const STRATEGIES: { readonly [Role in keyof Roles]: Strategies<StrategyParts, Roles[Role]> } = {
  vio: {
    planar_klt: { create: ({ vision, config }) => new PlanarKlt(vision, config.planarKlt) },
    okvis2: { create: ({ vision, config }) => openOkvis2(vision, config) },
  },
  place_recognition: {
    adaptive: { library: "faiss", create: openAdaptiveRecogniser },
    onnx: {
      library: "faiss",
      create: (parts) => openOnnxRecogniser(parts, modelOf(parts, "place_recognition")),
    },
  },
  matcher: {
    structural: {
      create: ({ vision, map, config }) => new StructuralMatcher(vision, map, config.structural),
    },
    features: {
      create: ({ vision, map, config: { features } }) =>
        new FeatureMatcher(vision, map, new SiftExtractor(vision, features), features),
    },
    onnx: { create: openOnnxMatcher },
  },
  pose: {
    planar_pose: { create: ({ vision, config }) => new PlanarPoseSolver(vision, config.pose) },
  },
  state_estimator: STATE_ESTIMATORS,
};

/** What stands around a strategy, in place of it. */
export interface Around {
  vio?(strategy: VioStrategy): VioStrategy;
  matcher?(strategy: CrossDomainMatcher): CrossDomainMatcher;
}

/**
 * Looks the configured strategies up, opens the package, and puts everything together. A fault
 * closes what was opened, last first.
 *
 * @throws StrategyNotLinkedError before anything is opened
 */
export async function composeAirborne(
  options: AirborneOptions,
  around: Around = {},
): Promise<Airborne> {
  chooseAll(options.config);
  await using resources = new AsyncDisposableStack();
  const parts = await openParts(options, resources);
  const { vision, localFrame, terrain, config } = parts;
  const { chosen, strategies } = chooseAll(config);
  const estimator = await chosen.estimator.create(parts);
  const plainVio = await chosen.vio.create(parts);
  const matcher = await chosen.matcher.create(parts);
  const limits = () => parts.companion.limits();
  const solver = await chosen.solver.create(parts);
  const locator = new Locator({
    ...overTerrain(terrain, {
      recogniser: await chosen.recogniser.create(parts),
      matcher: around.matcher?.(matcher) ?? matcher,
    }),
    solver,
  }, {
    rerank: config.placeRecognition.rerank,
    refineResidualPx: config.navigator.refineResidualPx,
    limits,
  });
  const navigator = resources.use(
    new Navigator({
      vision,
      estimator,
      vio: around.vio?.(plainVio) ?? plainVio,
      locator,
      localFrame,
      mapBounds: parts.map.bounds,
      terrain,
      config: config.navigator,
      priorSigmaMaxM: config.placeRecognition.priorSigmaMaxM,
      limits,
    }),
  );
  const owned = resources.move();
  return {
    vision,
    config,
    flightPackage: parts.flightPackage,
    localFrame,
    terrain,
    estimator,
    navigator,
    locator,
    overlapLocator: (ground) =>
      composeOverlapLocator({ vision, solver, config, stages: locator.stages }, ground),
    companion: parts.companion,
    serviceManager: parts.serviceManager,
    filterSyscalls: (allowed) => installSyscallFilter(parts.device, allowed),
    strategies,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** For a flight that needs nothing else of the kernel. */
function filterSyscalls(allowed: SyscallsAllowed): void {
  using device = openDevice();
  installSyscallFilter(device, allowed);
}

function openServiceManager(
  device: DeviceLibrary,
  resources: AsyncDisposableStack,
): ServiceManager | null {
  const manager = ServiceManager.open(device);
  return manager === null ? null : resources.use(manager);
}

async function openTileStore(options: TileStorePlace): Promise<PackageTileStore> {
  const store = buildPackageTileStore(options);
  await store.open();
  return store;
}

function chooseAll({ strategies: names }: AirborneConfig) {
  const strategies = {
    vio: names.vio,
    place_recognition: names.placeRecognition,
    matcher: names.matcher,
    pose: names.pose,
    state_estimator: names.stateEstimator,
  };
  const chosen = {
    vio: choose("vio", strategies.vio),
    recogniser: choose("place_recognition", strategies.place_recognition),
    matcher: choose("matcher", strategies.matcher),
    solver: choose("pose", strategies.pose),
    estimator: choose("state_estimator", strategies.state_estimator),
  };
  return { strategies, chosen };
}

function choose<Role extends keyof Roles>(
  role: Role,
  name: string,
): Strategy<StrategyParts, Roles[Role]> {
  return chooseStrategy<StrategyParts, Roles[Role]>({
    executable: "airborne",
    role,
    name,
    strategies: STRATEGIES[role],
    hasLibrary: (library) => hasNativeLibrary(library),
  });
}

/** What has no alternatives: the vision library, the package, the local frame and the map. */
async function openParts(
  options: AirborneOptions,
  resources: AsyncDisposableStack,
): Promise<StrategyParts> {
  const { onEvent } = options;
  const device = resources.use(openDevice());
  const vision = resources.use(openVision());
  const serviceManager = openServiceManager(device, resources);
  const flightPackage = await openPackage({
    ...options,
    onVerified: whileStarting(serviceManager, options.onVerified),
  });
  const config = options.settle?.(flightPackage) ?? options.config;
  const localFrame = packageFrame(flightPackage.manifest);
  const map = new TileMap(vision, flightPackage.tiles, localFrame);
  const terrain = flightPackage.terrain === null ? null : new GridTerrain(flightPackage.terrain);
  const companion = resources.use(makeCompanion({ ...options, config }, device));
  return {
    companion,
    config,
    device,
    vision,
    flightPackage,
    localFrame,
    map,
    terrain,
    serviceManager,
    onEvent,
    resources,
  };
}

/** The same strategies, of which each takes the ground for flat. */
function overTerrain(
  terrain: Terrain | null,
  flat: { readonly recogniser: PlaceRecogniser; readonly matcher: CrossDomainMatcher },
): typeof flat {
  if (terrain === null) return flat;
  return {
    recogniser: new ReliefRecogniser(flat.recogniser, terrain),
    matcher: new ReliefMatcher(flat.matcher, terrain),
  };
}

async function openOnnxMatcher(parts: StrategyParts): Promise<CrossDomainMatcher> {
  const { vision, map, companion, resources, config: { onnxMatcher } } = parts;
  const extractor = await XfeatExtractor.open({
    runtime: companion.runtime(),
    model: modelOf(parts, "matcher"),
    config: onnxMatcher,
    inputScale: () => companion.limits().modelInputScale,
  });
  return new FeatureMatcher(vision, map, resources.use(extractor), onnxMatcher);
}

/** @throws UsageError without one */
function modelOf({ config, flightPackage }: StrategyParts, role: keyof Roles): EngineEntry {
  if (config.modelPath !== "") return packagedModel(flightPackage, config.modelPath);
  throw new UsageError(`the strategy onnx of ${role} needs a model: give --model, or modelPath`);
}
