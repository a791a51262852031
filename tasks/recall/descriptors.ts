/**
 * Computes descriptors of many squares of ground, as provisioning does, in pieces that are stored:
 * an interrupted run continues where it stopped.
 *
 * @module
 */
import {
  forEachBounded,
  type Progress,
  type Random,
  replaceFile,
  seededRandom,
} from "../../src/core/mod.ts";
import {
  decodeVocabulary,
  DenseDescriber,
  describeLocally,
  encodeVocabulary,
  trainVlad,
  VLAD_TRAINING_DEFAULT,
  type VladVocabulary,
} from "../../src/navigation/place_recognition/mod.ts";
import {
  aggregateVlad,
  type GreyPatch,
  projectVector,
  type VisionLibrary,
} from "../../src/native/vision/mod.ts";
import { cutCrop, drawCrop } from "./crops.ts";
import { type Scene, scenes } from "./scenes.ts";

/** Axes are in order of variance: a shorter descriptor is the first ones, scaled to length 1. */
export const AXES_KEPT = 512;
const TRAINING_PATCHES = 1200;
/** Squares processed concurrently: one on each of two cores. */
const AT_ONCE = 2;

export type Floats = Float32Array<ArrayBuffer>;
export type SetName = "map" | "queries" | "queries_seen";

export interface DescriptorSet {
  readonly count: number;
  /** count × AXES_KEPT, each of length 1. */
  readonly values: Floats;
  /** The VLADs before the projection, of the first `rawCount`. */
  readonly raw: Floats;
  readonly rawLength: number;
}

export interface MakeOptions {
  readonly folder: string;
  readonly set: SetName;
  readonly count: number;
  /** Of how many, from the start, the unprojected VLADs are kept as well. */
  readonly rawCount: number;
  progress(label: string, total: number): Progress;
}

/** Words and axes trained on all scenes; stored in `folder`. */
export async function vocabularyFor(
  vision: VisionLibrary,
  folder: string,
): Promise<VladVocabulary> {
  const path = `${folder}/vocabulary.bin`;
  const kept = await Deno.readFile(path).catch(() => null);
  if (kept !== null) return decodeVocabulary(kept, path);
  const vocabulary = await trainVlad(vision, trainingPatches(vision), {
    ...VLAD_TRAINING_DEFAULT,
    axisCount: AXES_KEPT,
  });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(path, encodeVocabulary(vocabulary));
  return vocabulary;
}

async function* trainingPatches(vision: VisionLibrary): AsyncGenerator<GreyPatch> {
  const random = seededRandom("recall").fork("training");
  for (const scene of scenes()) {
    const picture = await scene.open();
    for (let i = 0; i < Math.ceil(TRAINING_PATCHES * scene.share); i++) {
      const crop = drawCrop(scene, picture, random);
      yield await cutCrop(vision, picture, crop, VLAD_TRAINING_DEFAULT.patchPx);
    }
  }
}

/** The set, read from `folder` when its pieces exist, else computed. */
export async function describeSet(
  vision: VisionLibrary,
  vocabulary: VladVocabulary,
  options: MakeOptions,
): Promise<DescriptorSet> {
  const { set, count } = options;
  const rawLength = vocabulary.words.length;
  const values = new Float32Array(count * AXES_KEPT);
  const rawCount = Math.min(options.rawCount, count);
  const raw = new Float32Array(rawCount * rawLength);
  using bar = options.progress(`describing ${set}`, count);
  let done = 0;
  for (const { scene, wanted } of sharesOf(scenes(), count)) {
    const rawWanted = Math.floor(wanted * rawCount / count);
    const path = `${options.folder}/${set}-${count}-${rawCount}-${scene.name.replaceAll(" ", "_")}`;
    const kept = await Deno.readFile(`${path}.f32`).catch(() => null);
    let floats: Floats;
    if (kept !== null) floats = new Float32Array(kept.buffer);
    else {
      const onDone = () => bar.update(++done, scene.name);
      floats = await describeScene({ vision, vocabulary, scene, set, wanted, rawWanted, onDone });
      await replaceFile(`${path}.f32`, new Uint8Array(floats.buffer));
    }
    appendTo(values, floats.subarray(0, wanted * AXES_KEPT));
    appendTo(raw, floats.subarray(wanted * AXES_KEPT));
  }
  bar.end();
  const filled = ends.get(values) ?? 0, rawFilled = ends.get(raw) ?? 0;
  return {
    count: filled / AXES_KEPT,
    values: values.slice(0, filled),
    raw: raw.slice(0, rawFilled),
    rawLength,
  };
}

const ends = new WeakMap<Floats, number>();

function appendTo(target: Floats, piece: Floats): void {
  const end = ends.get(target) ?? 0;
  target.set(piece, end);
  ends.set(target, end + piece.length);
}

function sharesOf(all: readonly Scene[], count: number): { scene: Scene; wanted: number }[] {
  const out: { scene: Scene; wanted: number }[] = [];
  let left = count, share = 1;
  for (const scene of all) {
    const wanted = Math.min(left, Math.round(left * scene.share / share));
    out.push({ scene, wanted });
    left -= wanted;
    share -= scene.share;
  }
  return out;
}

interface SceneJob {
  readonly vision: VisionLibrary;
  readonly vocabulary: VladVocabulary;
  readonly scene: Scene;
  readonly set: SetName;
  readonly wanted: number;
  readonly rawWanted: number;
  onDone(): void;
}

/** wanted × AXES_KEPT, then rawWanted unprojected VLADs. */
async function describeScene(job: SceneJob): Promise<Floats> {
  const { vision, vocabulary, scene, set, wanted, rawWanted } = job;
  const picture = await scene.open();
  const rawLength = vocabulary.words.length;
  const out = new Float32Array(wanted * AXES_KEPT + rawWanted * rawLength);
  const random = seededRandom("recall").fork(`${set} ${scene.name}`);
  await forEachBounded(Array(wanted).keys(), AT_ONCE, async (row) => {
    const vlad = await oneVlad(job, picture, random.fork(String(row)));
    const projected = await projectVector(vision, vlad, vocabulary);
    out.set(projected, row * AXES_KEPT);
    if (row < rawWanted) out.set(vlad, wanted * AXES_KEPT + row * rawLength);
    job.onDone();
  });
  return out;
}

/** Draws another square when the ground has no structure. */
async function oneVlad(
  { vision, vocabulary, scene, set }: SceneJob,
  picture: Awaited<ReturnType<Scene["open"]>>,
  random: Random,
): Promise<Floats> {
  const { words, power, wordCount, patchPx } = vocabulary;
  for (;;) {
    const crop = drawCrop(scene, picture, random);
    const seen = set === "queries_seen" ? random.fork("seen") : undefined;
    const patch = await cutCrop(vision, picture, crop, patchPx, seen);
    const local = await describeLocally(new DenseDescriber(vision), patch, vocabulary);
    if (local.length === 0) continue;
    return await aggregateVlad(vision, local, words, {
      dimension: words.length / wordCount,
      power,
    });
  }
}
