/**
 * Composes place recognition (C2) from the bytes of a package that were verified.
 *
 * @module
 */
import { DataError, type LocalFrame } from "../core/mod.ts";
import { type FlightPackage, PACKAGE_PATHS, type Place } from "../flight/flight_package/mod.ts";
import { openFaiss } from "../native/faiss/mod.ts";
import type { VisionLibrary } from "../native/vision/mod.ts";
import { type DescriptorIndex, openDescriptorIndex } from "../navigation/descriptor_index/mod.ts";
import type { EngineEntry } from "../navigation/inference/mod.ts";
import type { TileMap } from "../navigation/map/mod.ts";
import {
  AdaptiveRecogniser,
  decodePlaceModel,
  ExhaustiveSearch,
  type KnownPlace,
  ModelDescriber,
  type PatchDescriber,
  type PlaceRecogniser,
  VladDescriptor,
  VladSearch,
} from "../navigation/place_recognition/mod.ts";
import type { Companion } from "./companion.ts";
import type { AirborneConfig } from "./config.ts";

interface RecogniserParts {
  readonly config: AirborneConfig;
  readonly vision: VisionLibrary;
  readonly flightPackage: FlightPackage;
  readonly localFrame: LocalFrame;
  readonly map: TileMap;
  readonly companion: Companion;
  /** Takes what is opened here. */
  readonly resources: AsyncDisposableStack;
}

/** Without a model. @throws DataError where one described the places */
export async function openAdaptiveRecogniser(parts: RecogniserParts): Promise<PlaceRecogniser> {
  const model = await placeModelOf(parts.flightPackage);
  if (model === null) return await openRecogniser(parts);
  throw new DataError(
    model.path,
    `the model ${model.name} described the places: set strategies.placeRecognition to onnx, with that model`,
  );
}

/** Descriptors of the model that the package was made with, and of no other. */
export async function openOnnxRecogniser(
  parts: RecogniserParts,
  ofPlaces: EngineEntry,
): Promise<PlaceRecogniser> {
  const { flightPackage, companion, resources } = parts;
  const described = await placeModelOf(flightPackage);
  if (described === null) {
    throw new DataError(
      flightPackage.path,
      "no model described its places: provision it with --model, or set strategies.placeRecognition " +
        "to adaptive",
    );
  }
  const model = { ...ofPlaces, sha256: described.sha256 };
  const describer = await ModelDescriber.open(companion.runtime(), model);
  return await openRecogniser(parts, resources.use(describer));
}

/** The model that described the places of a package; null: none did. */
async function placeModelOf(flightPackage: FlightPackage) {
  const name = PACKAGE_PATHS.placeModel, path = `${flightPackage.path}/${name}`;
  if (!flightPackage.hasFile(name)) return null;
  return { ...decodePlaceModel(await flightPackage.readFile(name), path), path };
}

async function openRecogniser(
  parts: RecogniserParts,
  describer?: PatchDescriber,
): Promise<PlaceRecogniser> {
  const { vision, map, localFrame, resources } = parts;
  const settings = parts.config.placeRecognition;
  const { flightPackage } = parts, { places } = flightPackage;
  const read = async (name: string) => ({
    bytes: await flightPackage.readFile(name),
    path: `${flightPackage.path}/${name}`,
  });
  const vlad = VladDescriptor.decode(vision, await read(PACKAGE_PATHS.vocabulary), describer);
  const { bytes, path: indexFile } = await read(PACKAGE_PATHS.index);
  const { bytes: metadata } = await read(PACKAGE_PATHS.indexMetadata);
  const index = resources.use(
    await openDescriptorIndex({ index: bytes, metadata, indexFile }, resources.use(openFaiss())),
  );
  checkIndex(indexFile, index, vlad.dimension, places.length);
  const descriptors = new VladSearch(vlad, index, knownPlaces(places, localFrame), settings);
  const exhaustive = new ExhaustiveSearch(vision, map, settings);
  return new AdaptiveRecogniser(map, exhaustive, descriptors, settings);
}

/** An index of another vocabulary or of other places would only fail at the first search in flight. */
function checkIndex(path: string, index: DescriptorIndex, dimension: number, places: number): void {
  const found = index.indexMetadata();
  if (found.dimension === dimension && found.count === places) return;
  throw new DataError(
    path,
    `holds ${found.count} descriptors of ${found.dimension} numbers, the package describes ` +
      `${places} places by ${dimension}; provision again`,
  );
}

function knownPlaces(places: readonly Place[], localFrame: LocalFrame): KnownPlace[] {
  return places.map((place) => {
    const [eastM, northM] = localFrame.localFromWgs({
      ...place,
      heightM: localFrame.origin.heightM,
    });
    return { eastM, northM, sideM: place.sideM };
  });
}
