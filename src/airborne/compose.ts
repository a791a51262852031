/**
 * The composition root of `airborne`: the only place that constructs its parts.
 *
 * @module
 */
import {
  type Command,
  type Composition,
  DataError,
  LocalFrame,
  type Strategy,
  StrategyRegistry,
} from "../core/mod.ts";
import { type DescriptorIndex, openDescriptorIndex } from "../navigation/descriptor_index/mod.ts";
import { type FaissLibrary, openFaiss } from "../native/faiss/mod.ts";
import {
  type FlightPackage,
  openFlightPackage,
  type Place,
  verifiedBytes,
} from "../flight/flight_package/mod.ts";
import { TileMap } from "../navigation/map/mod.ts";
import { type CrossDomainMatcher, StructuralMatcher } from "../navigation/matcher/mod.ts";
import {
  AdaptiveRecogniser,
  ExhaustiveSearch,
  type KnownPlace,
  type PlaceRecogniser,
  VladDescriptor,
  VladSearch,
} from "../navigation/place_recognition/mod.ts";
import { PlanarPoseSolver, type PoseSolver } from "../navigation/pose/mod.ts";
import { buildPackageTileStore, type PackageTileStore } from "../tiles/tile_journal/mod.ts";
import { Eskf, type EskfConfig, type StateEstimator } from "../navigation/state_estimator/mod.ts";
import { PlanarKlt, type VioStrategy } from "../navigation/vio/mod.ts";
import {
  checkPoseLayout,
  checkStructuralLayout,
  openVision,
  type VisionLibrary,
} from "../native/vision/mod.ts";
import type { AirborneConfig } from "./config.ts";
import type { Airborne, AirborneOptions, TileStorePlace } from "./contract.ts";
import { Locator } from "./locator.ts";
import { Navigator } from "./navigator.ts";
import { replayCommand } from "./replay.ts";

/** The commands of `airborne`. */
export function commands(): readonly Command[] {
  return [replayCommand({ composeAirborne, openTileStore })];
}

/** Opens the package, links the strategies that the configuration names, and puts them together. */
export async function composeAirborne(options: AirborneOptions): Promise<Airborne> {
  const { config } = options;
  const registry = strategyRegistry(options);
  const choose = {
    vision: "opencv",
    package: "folder",
    frame: "map_centre",
    map: "slippy_tiles",
    faiss: "debian_static",
    descriptor_index: "faiss_hnsw",
    vio: config.strategies.vio,
    place_recognition: config.strategies.placeRecognition,
    matcher: config.strategies.matcher,
    pose: config.strategies.pose,
    state_estimator: config.strategies.stateEstimator,
    locator: "recognise_match_pose",
    navigator: "frame_by_frame",
  };
  const composition: Composition = await registry.compose({ executable: "airborne", choose });
  return {
    vision: composition.get<VisionLibrary>("vision"),
    flightPackage: composition.get<FlightPackage>("package"),
    frame: composition.get<LocalFrame>("frame"),
    estimator: composition.get<StateEstimator>("state_estimator"),
    navigator: composition.get<Navigator>("navigator"),
    locator: composition.get<Locator>("locator"),
    strategies: choose,
    [Symbol.asyncDispose]: () => composition[Symbol.asyncDispose](),
  };
}

async function openTileStore(options: TileStorePlace): Promise<PackageTileStore> {
  const store = buildPackageTileStore(options);
  await store.open();
  return store;
}

/** Every strategy that `airborne` can link. */
function strategyRegistry(options: AirborneOptions): StrategyRegistry {
  const registry = new StrategyRegistry();
  const { config } = options;
  const linked = [
    ...groundStrategies(options),
    ...sightStrategies(config),
    ...flightStrategies(config),
  ];
  for (const strategy of linked) {
    registry.register({ ...strategy, executables: ["airborne"] });
  }
  return registry.register({
    role: "state_estimator",
    name: "eskf",
    executables: ["airborne"],
    needs: ["frame", "package"],
    create: (parts): StateEstimator =>
      new Eskf({
        config: withMapSigma(
          options.config.eskf,
          parts.get<FlightPackage>("package").manifest.mapRegistrationSigmaM,
        ),
        frame: parts.get<LocalFrame>("frame"),
        onEvent: options.onEvent,
      }),
  });
}

/** The package knows how well its map is registered. */
function withMapSigma(config: EskfConfig, mapConstantSigmaM: number): EskfConfig {
  return { ...config, anchor: { ...config.anchor, mapConstantSigmaM } };
}

type Linked = Omit<Strategy, "executables">;

/** The map and what reads it. */
function groundStrategies(options: AirborneOptions): Linked[] {
  return [
    {
      role: "vision",
      name: "opencv",
      create: () => {
        const vision = openVision();
        checkStructuralLayout(vision);
        checkPoseLayout(vision);
        return vision;
      },
    },
    {
      role: "package",
      name: "folder",
      create: () =>
        openFlightPackage(
          options.packagePath,
          (manifest) => (doneBytes) => options.onVerified?.(doneBytes, verifiedBytes(manifest)),
          { flightUntil: options.flightUntil },
        ),
    },
    {
      role: "frame",
      name: "map_centre",
      needs: ["package"],
      create: (parts) => {
        const { area, groundHeightM } = parts.get<FlightPackage>("package").manifest;
        return new LocalFrame({
          latitudeDeg: (area.southDeg + area.northDeg) / 2,
          longitudeDeg: (area.westDeg + area.eastDeg) / 2,
          heightM: groundHeightM,
        });
      },
    },
    { role: "faiss", name: "debian_static", create: () => openFaiss() },
    {
      role: "descriptor_index",
      name: "faiss_hnsw",
      needs: ["faiss", "package"],
      create: (parts) =>
        openDescriptorIndex(
          parts.get<FlightPackage>("package").indexPath,
          parts.get<FaissLibrary>("faiss"),
        ),
    },
    {
      role: "map",
      name: "slippy_tiles",
      needs: ["vision", "package", "frame"],
      create: (parts) =>
        new TileMap(
          parts.get<VisionLibrary>("vision"),
          parts.get<FlightPackage>("package").tiles,
          parts.get<LocalFrame>("frame"),
        ),
    },
  ];
}

/** C1 to C4. */
function sightStrategies(config: AirborneConfig): Linked[] {
  return [
    {
      role: "vio",
      name: "planar_klt",
      needs: ["vision"],
      create: (parts) => new PlanarKlt(parts.get<VisionLibrary>("vision"), config.planarKlt),
    },
    {
      role: "place_recognition",
      name: "adaptive",
      needs: ["vision", "package", "frame", "map", "descriptor_index"],
      create: async (parts) => {
        const vision = parts.get<VisionLibrary>("vision");
        const map = parts.get<TileMap>("map");
        const settings = config.placeRecognition;
        const { vocabularyPath, places, indexPath } = parts.get<FlightPackage>("package");
        const vlad = await VladDescriptor.open(vision, vocabularyPath);
        const index = parts.get<DescriptorIndex>("descriptor_index");
        checkIndex(indexPath, index, vlad.dimension, places.length);
        const descriptors = new VladSearch(
          vlad,
          index,
          knownPlaces(places, parts.get<LocalFrame>("frame")),
          settings,
        );
        const exhaustive = new ExhaustiveSearch(vision, map, settings);
        return new AdaptiveRecogniser(map, exhaustive, descriptors, settings);
      },
    },
    {
      role: "matcher",
      name: "structural",
      needs: ["vision", "map"],
      create: (parts) =>
        new StructuralMatcher(
          parts.get<VisionLibrary>("vision"),
          parts.get<TileMap>("map"),
          config.structural,
        ),
    },
    {
      role: "pose",
      name: "planar_pose",
      needs: ["vision"],
      create: (parts) => new PlanarPoseSolver(parts.get<VisionLibrary>("vision"), config.pose),
    },
  ];
}

/** What drives C1 to C5. */
function flightStrategies(config: AirborneConfig): Linked[] {
  return [
    {
      role: "locator",
      name: "recognise_match_pose",
      needs: ["place_recognition", "matcher", "pose"],
      create: (parts) =>
        new Locator({
          recogniser: parts.get<PlaceRecogniser>("place_recognition"),
          matcher: parts.get<CrossDomainMatcher>("matcher"),
          solver: parts.get<PoseSolver>("pose"),
        }, {
          rerank: config.placeRecognition.rerank,
          refineResidualPx: config.navigator.refineResidualPx,
        }),
    },
    {
      role: "navigator",
      name: "frame_by_frame",
      needs: ["vision", "state_estimator", "vio", "locator", "frame"],
      create: (parts) =>
        new Navigator({
          vision: parts.get<VisionLibrary>("vision"),
          estimator: parts.get<StateEstimator>("state_estimator"),
          vio: parts.get<VioStrategy>("vio"),
          locator: parts.get<Locator>("locator"),
          frame: parts.get<LocalFrame>("frame"),
          config: config.navigator,
          priorSigmaMaxM: config.placeRecognition.priorSigmaMaxM,
        }),
    },
  ];
}

/** Better told on the ground than by the first frame that is lost. */
function checkIndex(path: string, index: DescriptorIndex, dimension: number, places: number): void {
  const found = index.indexMetadata();
  if (found.dimension === dimension && found.count === places) return;
  throw new DataError(
    path,
    `holds ${found.count} descriptors of ${found.dimension} numbers, the package describes ` +
      `${places} places by ${dimension}; provision again`,
  );
}

function knownPlaces(places: readonly Place[], frame: LocalFrame): KnownPlace[] {
  return places.map((place) => {
    const [eastM, northM] = frame.localFromWgs({ ...place, heightM: frame.origin.heightM });
    return { eastM, northM, sideM: place.sideM };
  });
}
