/**
 * Trains the vocabulary on the map and computes the descriptors of its places.
 *
 * @module
 */
import {
  type LocalFrame,
  type Progress,
  type Random,
  readAhead,
  seededRandom,
} from "../../core/mod.ts";
import type { Place } from "../../flight/flight_package/mod.ts";
import type { LocalBounds, MapSource } from "../../navigation/map/mod.ts";
import {
  type PatchDescriber,
  trainVlad,
  VLAD_TRAINING_DEFAULT,
  VladDescriptor,
  type VladTraining,
  VladTrainingError,
  type VladVocabulary,
} from "../../navigation/place_recognition/mod.ts";
import type { GreyPatch, VisionLibrary } from "../../native/vision/mod.ts";
import { ProvisioningError } from "./errors.ts";
import { PatchRenderer } from "./patch_renderer.ts";
import { type PlaceCentre, placeCentres } from "./place_grid.ts";

/**
 * Heading and scale errors as in flight (1 sigma), so that the principal axes do not depend on
 * them.
 */
const TRAINING_TURN_SIGMA_RAD = 0.05;
const TRAINING_SCALE_SIGMA = 0.02;

/** Places that are described beside the one whose turn it is: the pictures of one, the sums of another. */
const AHEAD = 2;

/** Number of trial queries for choosing efSearch while the index is built. */
const TRIAL_QUERIES = 160;

export interface DescribedPlaces {
  readonly vocabulary: VladVocabulary;
  readonly places: readonly Place[];
  /** places × vocabulary.axisCount. */
  readonly descriptors: Float32Array<ArrayBuffer>;
  /** Rows of vocabulary.axisCount: ground anywhere, with heading and scale errors as in flight. */
  readonly trialQueries: Float32Array<ArrayBuffer>;
}

/** Keeps descriptors as they are made, and has those of a run that was killed. */
interface KeptPlaces extends Disposable {
  readonly rows: readonly (Float32Array<ArrayBuffer> | null | undefined)[];
  append(place: number, row: Float32Array<ArrayBuffer> | null): void;
}

interface DescribeTools {
  readonly map: MapSource;
  readonly localFrame: LocalFrame;
  readonly vision: VisionLibrary;
  readonly sidesM: readonly number[];
  openKept?(vocabulary: VladVocabulary, places: number): Promise<KeptPlaces>;
  progress(label: string, total: number): Progress;
  readonly signal?: AbortSignal;
}

export async function describePlaces(
  tools: DescribeTools,
  training: VladTraining = VLAD_TRAINING_DEFAULT,
  describer?: PatchDescriber,
): Promise<DescribedPlaces> {
  const { map, vision, signal } = tools;
  const renderer = new PatchRenderer(map, vision, training.patchPx);
  const vocabulary = await learn(tools, renderer, training, describer);
  const descriptor = new VladDescriptor(vision, vocabulary, describer);
  const centres = tools.sidesM.flatMap((sideM) => placeCentres(map.bounds, sideM));
  using kept = await tools.openKept?.(vocabulary, centres.length);
  const places: Place[] = [];
  const { axisCount } = vocabulary;
  const descriptors = new Float32Array(centres.length * axisCount);
  using bar = tools.progress("describing places", centres.length);
  const parts = { renderer, descriptor, centres, signal };
  for await (const { i, row, isNew } of describeEach(centres.keys(), parts, kept?.rows)) {
    if (isNew) kept?.append(i, row);
    if (row !== null) {
      descriptors.set(row, places.length * axisCount);
      places.push(placeOf(centres[i], tools.localFrame));
    }
    bar.update(i + 1);
  }
  bar.end(`${places.length} places`);
  if (places.length === 0) {
    throw new ProvisioningError("no place of the map has enough ground and structure to describe");
  }
  const described = descriptors.subarray(0, places.length * axisCount);
  const trials = await describeTrials(tools, renderer, descriptor, training.seed);
  const trialQueries = trials.length > 0 ? joined(trials) : described.slice(0, axisCount);
  return { vocabulary, places, descriptors: described, trialQueries };
}

interface DescribeParts {
  readonly renderer: PatchRenderer;
  readonly descriptor: VladDescriptor;
  readonly centres: readonly PlaceCentre[];
  readonly signal?: AbortSignal;
}

/** Rows of the places with these numbers, in their order; null where there is nothing to describe. */
export function describeEach(
  places: Iterable<number>,
  { renderer, descriptor, centres, signal }: DescribeParts,
  known: KeptPlaces["rows"] = [],
): AsyncGenerator<
  { readonly i: number; readonly row: Float32Array<ArrayBuffer> | null; readonly isNew: boolean }
> {
  return readAhead(places, AHEAD, async (i) => {
    signal?.throwIfAborted();
    const before = known[i];
    if (before !== undefined) return { i, row: before, isNew: false };
    const patch = await renderer.render(centres[i]);
    return { i, row: patch === null ? null : await descriptor.describe(patch), isNew: true };
  });
}

function joined(rows: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const length = rows[0].length;
  const all = new Float32Array(rows.length * length);
  rows.forEach((row, i) => all.set(row, i * length));
  return all;
}

/** Between the places as well as on them. */
async function describeTrials(
  { map, sidesM, signal }: DescribeTools,
  renderer: PatchRenderer,
  descriptor: VladDescriptor,
  seed: number,
): Promise<Float32Array[]> {
  const random = seededRandom(seed).fork("trial queries");
  const rows: Float32Array[] = [];
  for (let attempt = 0; attempt < TRIAL_QUERIES; attempt++) {
    signal?.throwIfAborted();
    const centre = randomCentre(map.bounds, sidesM[attempt % sidesM.length], random);
    const turnRad = random.normal() * TRAINING_TURN_SIGMA_RAD;
    const scale = 1 + random.normal() * TRAINING_SCALE_SIGMA;
    const patch = await renderer.render(centre, turnRad, scale);
    const row = patch === null ? null : await descriptor.describe(patch);
    if (row !== null) rows.push(row);
  }
  return rows;
}

function placeOf({ eastM, northM, sideM }: PlaceCentre, localFrame: LocalFrame): Place {
  const { latitudeDeg, longitudeDeg } = localFrame.wgsFromLocal([eastM, northM, 0]);
  // 1e-8 degrees are a millimetre: enough, and the same text on every machine.
  const round = (value: number) => Math.round(value * 1e8) / 1e8;
  return { latitudeDeg: round(latitudeDeg), longitudeDeg: round(longitudeDeg), sideM };
}

async function learn(
  tools: DescribeTools,
  renderer: PatchRenderer,
  training: VladTraining,
  describer?: PatchDescriber,
): Promise<VladVocabulary> {
  using bar = tools.progress("learning the vocabulary", training.patchCount);
  let rendered = 0;
  const onPatch = () => bar.update(++rendered);
  try {
    const vocabulary = await trainVlad(
      tools.vision,
      trainingPatches(tools, renderer, training, onPatch),
      training,
      describer,
    );
    bar.end();
    return vocabulary;
  } catch (error) {
    if (error instanceof VladTrainingError) {
      const sides = tools.sidesM.map((side) => `${side} m`).join(", ");
      throw new ProvisioningError(
        rendered < 2
          ? `the map holds no whole square of the places' side (${sides}): import more ground, or give ` +
            "a smaller --footprint, or the --agl that will be flown"
          : `${error.message}; import tiles that show ground (is the area under water or snow?)`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Patches at random places of the map, of each side length in turn. */
async function* trainingPatches(
  { map, sidesM, signal }: DescribeTools,
  renderer: PatchRenderer,
  { seed, patchCount }: VladTraining,
  onPatch: () => void,
): AsyncGenerator<GreyPatch> {
  const random = seededRandom(seed).fork("vlad patches");
  let made = 0;
  for (let attempt = 0; made < patchCount && attempt < 3 * patchCount; attempt++) {
    signal?.throwIfAborted();
    const centre = randomCentre(map.bounds, sidesM[attempt % sidesM.length], random);
    const turnRad = random.normal() * TRAINING_TURN_SIGMA_RAD;
    const scale = 1 + random.normal() * TRAINING_SCALE_SIGMA;
    const patch = await renderer.render(centre, turnRad, scale);
    if (patch === null) continue;
    made++;
    onPatch();
    yield patch;
  }
}

function randomCentre(bounds: LocalBounds, sideM: number, random: Random): PlaceCentre {
  const between = (minimum: number, maximum: number) => {
    const room = Math.max(0, maximum - minimum - sideM);
    return (minimum + maximum) / 2 + (random.uniform() - 0.5) * room;
  };
  const eastM = between(bounds.eastMinM, bounds.eastMaxM);
  const northM = between(bounds.northMinM, bounds.northMaxM);
  return { eastM, northM, sideM };
}
