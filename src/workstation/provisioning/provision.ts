/**
 * Makes a flight package. The same tiles and request give the same package, byte by byte.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { LocalFrame } from "../../core/mod.ts";
import {
  PACKAGE_FORMAT_VERSION,
  PACKAGE_PATHS,
  type PackageTile,
  packageTilePath,
} from "../../flight/flight_package/mod.ts";
import {
  encodePlaceModel,
  encodeVocabulary,
  MODEL_TRAINING_DEFAULT,
  VLAD_TRAINING_DEFAULT,
  type VladVocabulary,
} from "../../navigation/place_recognition/mod.ts";
import type { MapSource } from "../../navigation/map/mod.ts";
import type { IndexMetadata } from "../../navigation/descriptor_index/mod.ts";
import type { ProvisionRequest, ProvisionSummary, ProvisionTools } from "./contract.ts";
import { coverageMap } from "./coverage_map.ts";
import { type DescribedPlaces, describePlaces } from "./describe_places.ts";
import { FreshTiles } from "./fresh_tiles.ts";
import { pinMission } from "./mission_pins.ts";
import { describeOnWorkers } from "./describe_on_workers.ts";
import { PackageFolder } from "./package_folder.ts";
import { PlaceJournal } from "./place_journal.ts";
import { missionSummary, writeMission } from "./package_mission.ts";
import { groundOf } from "./package_terrain.ts";
import { fittingSides } from "./place_grid.ts";
import { SelectedTiles } from "./selected_map.ts";
import { middleOf, selectTiles, type TileSelection } from "./select_tiles.ts";

/**
 * The build takes the smallest efSearch that finds this share of the true ten nearest: 0.98 leaves
 * a margin for frames that resemble the map less than the trial queries do (bar: 0.95).
 */
const HNSW = { m: 32, efConstruction: 200, recallMin: 0.98, k: 10 };

const NO_MISSION = { takeoff: null, calibration: null, settings: null };

/**
 * @throws UsageError when `out` holds something else than a package.
 * @throws ProvisioningError when there are no tiles, no structure in them, or no disk space.
 */
export async function provisionPackage(
  request: ProvisionRequest,
  tools: ProvisionTools,
): Promise<ProvisionSummary> {
  await using folder = await PackageFolder.begin(request.out);
  const fresh = new FreshTiles(tools.freshness, request.flightAt);
  const selection = await selectTiles(tools.cache, request.area, request.zoom, fresh);
  const name = request.name ?? defaultName(selection);
  await using pinned = await pinMission(tools.pins, name, selection.tiles.map((t) => t.tileId));
  const tiles = await copyTiles(folder, selection, tools, fresh);
  await folder.write(PACKAGE_PATHS.tiles, jsonLines(tiles));

  const laidOut = await layOut(folder, selection, { request, tools });
  const { map, groundHeightM, terrain, takeoffOutsideM } = laidOut;
  const mission = request.mission ?? NO_MISSION;
  await writeMission(folder, mission);
  const sidesM = fittingSides(map.bounds, request.placeSidesM);
  const made = await describe({ ...laidOut, sidesM, selection, request, tools });
  const { described } = made;
  const index = await writePlaces(folder, described, tools);
  tools.signal?.throwIfAborted();
  const mapError = mapErrorOf(request, selection);
  const freshness = freshnessOf(request, fresh, tiles);
  const { bytes, manifestSha256 } = await folder.finish({
    format: "gdn-flight-package",
    formatVersion: PACKAGE_FORMAT_VERSION,
    name,
    area: selection.area,
    zoom: selection.zoom,
    tileCount: tiles.length,
    groundHeightM,
    mapRegistrationSigmaM: mapError.mapRegistrationSigmaM,
    ...(freshness.isNeeded ? { freshness: freshness.document } : {}),
    ...(terrain === null ? {} : { terrain }),
    ...(mission.takeoff ? { takeoff: mission.takeoff } : {}),
  });
  await made.journal?.remove();
  await pinned.keep();
  const covered = tiles.reduce((sum, tile) => sum + tile.coverage, 0);
  return {
    path: request.out,
    name,
    zoom: selection.zoom,
    tiles: tiles.length,
    holes: selection.holes,
    flightAt: fresh.flightAt,
    leftOut: fresh.leftOut,
    firstExpiresAt: freshness.document.firstExpiresAt,
    coverage: covered / (tiles.length + selection.holes.length),
    places: described.places.length,
    placesResumed: made.journal?.resumed ?? 0,
    placesByWorkers: made.byWorkers ?? 0,
    placeSidesM: sidesM,
    groundHeightM,
    terrain,
    takeoffOutsideM,
    ...missionSummary(mission),
    ...mapError,
    descriptorDimension: described.vocabulary.axisCount,
    index: { efSearch: index.hnsw.efSearch, recall: index.recall?.measured ?? null },
    bytes,
    manifestSha256,
    coverageMap: coverageMap(selection.rectangle, tiles),
  };
}

/** The vocabulary, the places and their index. */
async function writePlaces(
  folder: PackageFolder,
  described: DescribedPlaces,
  tools: ProvisionTools,
): Promise<IndexMetadata> {
  await folder.write(PACKAGE_PATHS.vocabulary, encodeVocabulary(described.vocabulary));
  await writePlaceModel(folder, tools);
  await folder.write(PACKAGE_PATHS.places, jsonLines(described.places));
  const index = await buildIndex(`${folder.path}/${PACKAGE_PATHS.index}`, described, tools);
  for (const suffix of ["", ".sha256", ".meta.json"]) {
    await folder.adopt(PACKAGE_PATHS.index + suffix);
  }
  return index;
}

async function writePlaceModel(folder: PackageFolder, { placeModel }: ProvisionTools) {
  if (placeModel === null) return;
  const { name, sha256, describer: { elementType } } = placeModel;
  await folder.write(PACKAGE_PATHS.placeModel, encodePlaceModel({ name, sha256, elementType }));
}

/** The package's local frame, with its ground; the terrain goes into the folder. */
async function layOut(
  folder: PackageFolder,
  selection: TileSelection,
  { request, tools }: { readonly request: ProvisionRequest; readonly tools: ProvisionTools },
) {
  const tileSource = new SelectedTiles(tools.cache, selection);
  const middle = middleOf(selection), { area } = selection;
  const level = new LocalFrame({ ...middle, heightM: 0 });
  const { bounds } = tools.openMap(tileSource, level);
  const ground = await groundOf(request, tools, { localFrame: level, bounds, area });
  const { groundHeightM, terrain, heights, takeoffOutsideM } = ground;
  if (heights !== null) await folder.write(PACKAGE_PATHS.terrain, heights);
  const localFrame = new LocalFrame({ ...middle, heightM: groundHeightM });
  const map = tools.openMap(tileSource, localFrame);
  return { map, localFrame, groundHeightM, terrain, takeoffOutsideM };
}

interface DescribeParts {
  readonly map: MapSource;
  readonly localFrame: LocalFrame;
  readonly sidesM: readonly number[];
  readonly selection: TileSelection;
  readonly groundHeightM: number;
  readonly request: ProvisionRequest;
  readonly tools: ProvisionTools;
}

/** The journal is closed, and stays until the package is whole. */
async function describe(parts: DescribeParts) {
  const { map, localFrame, sidesM, selection, groundHeightM, tools } = parts;
  const { vision, signal, placeModel, workFolder } = tools;
  const opened: { journal?: PlaceJournal; byWorkers?: number } = {};
  const described = await describePlaces(
    {
      map,
      localFrame,
      vision,
      sidesM,
      async openKept(vocabulary, places) {
        const key = journalKey(selection, groundHeightM, vocabulary, sidesM);
        const dimension = vocabulary.axisCount;
        const journal = await PlaceJournal.open(workFolder, { key, places, dimension });
        opened.journal = journal;
        if (tools.workers !== undefined) {
          const described = { ...parts, key, journal, vocabulary };
          opened.byWorkers = await describeOnWorkers(described, tools.workers);
        }
        return journal;
      },
      progress: tools.progress.bind(tools),
      signal,
    },
    placeModel === null ? VLAD_TRAINING_DEFAULT : MODEL_TRAINING_DEFAULT,
    placeModel?.describer,
  );
  return { described, ...opened };
}

/** Hash of all that the descriptors of the places depend on. */
function journalKey(
  { zoom, area, tiles }: TileSelection,
  groundHeightM: number,
  vocabulary: VladVocabulary,
  sidesM: readonly number[],
): Uint8Array {
  const hash = createHash("sha256");
  // The vocabulary is of this build of the native library, and of the model where there is one.
  hash.update(encodeVocabulary(vocabulary));
  hash.update(JSON.stringify({ zoom, area, groundHeightM, sidesM }));
  for (const { tileId: { x, y }, contentSha256 } of tiles) {
    hash.update(`${x}/${y} ${contentSha256}\n`);
  }
  return hash.digest();
}

/** Ids are positions in `place/places.json`. */
async function buildIndex(
  path: string,
  { places, descriptors, trialQueries }: DescribedPlaces,
  tools: ProvisionTools,
): Promise<IndexMetadata> {
  const { m, efConstruction, recallMin, k } = HNSW;
  await using index = tools.buildDescriptorIndex(path);
  using bar = tools.progress("building the index", places.length);
  await index.rebuildFromDescriptors(
    descriptors,
    places.map((_, position) => position),
    { m, efConstruction, efSearch: { recallMin, k, queries: trialQueries } },
    { onProgress: (done) => bar.update(done), signal: tools.signal },
  );
  const metadata = index.indexMetadata();
  bar.end(`efSearch ${metadata.hnsw.efSearch}`);
  return metadata;
}

async function copyTiles(
  folder: PackageFolder,
  selection: TileSelection,
  tools: ProvisionTools,
  fresh: FreshTiles,
): Promise<PackageTile[]> {
  const tiles: PackageTile[] = [];
  using bar = tools.progress("copying tiles", selection.tiles.length);
  for (const metadata of selection.tiles) {
    tools.signal?.throwIfAborted();
    const { zoom, x, y, source } = metadata.tileId;
    {
      using handle = await tools.cache.readTilePixels(metadata.tileId);
      await folder.write(packageTilePath({ zoom, x, y }), handle.jpeg.slice());
    }
    const expiresAt = fresh.expiryOf(metadata);
    tiles.push({
      x,
      y,
      source,
      sourceGsdM: metadata.sourceGsdM,
      capturedAt: metadata.capturedAt?.toISOString() ?? null,
      coverage: metadata.coverage,
      attribution: metadata.attribution,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    });
    bar.update(tiles.length);
  }
  bar.end();
  return tiles;
}

/** The freshness section of the manifest, and whether it is needed. */
function freshnessOf(request: ProvisionRequest, fresh: FreshTiles, tiles: readonly PackageTile[]) {
  const expiries = tiles.flatMap(({ expiresAt }) => expiresAt ?? []).sort();
  const firstExpiresAt = expiries[0] ?? null;
  // A default time ("now") would make a different package of the same tiles each time.
  const flightAt = request.flightAt?.toISOString();
  return {
    document: {
      ...(flightAt === undefined ? {} : { flightAt }),
      leftOut: [...fresh.leftOut],
      firstExpiresAt,
    },
    isNeeded: flightAt !== undefined || fresh.leftOut.length > 0 || firstExpiresAt !== null,
  };
}

/**
 * What shifts all of the map (a datum, the tags of a flight's photographs): no part makes up for another, so it is
 * added in full.
 */
function mapErrorOf(request: ProvisionRequest, { tiles }: TileSelection) {
  const registrationErrorM = tiles.reduce(
    (most, tile) => Math.max(most, tile.registrationErrorM ?? 0),
    0,
  );
  const sumM = request.mapRegistrationSigmaM + registrationErrorM;
  // To the millimetre: sums of decimals have a long tail.
  return { mapRegistrationSigmaM: Math.round(1000 * sumM) / 1000, registrationErrorM };
}

function defaultName(selection: TileSelection): string {
  const { latitudeDeg, longitudeDeg } = middleOf(selection);
  return `zoom ${selection.zoom} around ${latitudeDeg.toFixed(4)}, ${longitudeDeg.toFixed(4)}`;
}

/** A JSON array with one item a line. */
function jsonLines(items: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const text = "[\n" + items.map((item) => JSON.stringify(item)).join(",\n") + "\n]\n";
  return new TextEncoder().encode(text);
}
