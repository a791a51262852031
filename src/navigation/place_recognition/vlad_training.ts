/**
 * Trains the vocabulary on patches of the map itself: k-means words, then principal axes of the
 * patches' VLADs. Deterministic in the patches, their order and the seed.
 *
 * @module
 */
import { seededRandom } from "../../core/mod.ts";
import {
  aggregateVlad,
  clusterWords,
  type GreyPatch,
  LOCAL_DESCRIPTOR_LENGTH,
  principalAxes,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import { DenseDescriber, type PatchDescriber } from "./patch_describer.ts";
import { describeLocally } from "./vlad.ts";
import type { VladShape, VladVocabulary } from "./vlad_vocabulary.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface VladTraining extends VladShape {
  readonly wordCount: number;
  /** Wanted length of a descriptor; fewer patches than that give shorter ones. */
  readonly axisCount: number;
  /** Patches of the map to learn from. */
  readonly patchCount: number;
  readonly kmeansIterations: number;
  /** Local descriptors that k-means sees, over all patches. */
  readonly kmeansSamples: number;
  readonly seed: number;
}

/** What retrieved best between two dates: see README.md for the measurement. */
export const VLAD_TRAINING_DEFAULT: VladTraining = {
  patchPx: 96,
  stepPx: 3,
  cellPx: 6,
  power: 0.5,
  wordCount: 32,
  axisCount: 128,
  // More made no measurable difference.
  patchCount: 600,
  kmeansIterations: 15,
  kmeansSamples: 40_000,
  seed: 1,
};

/** For the features of a model: patches of half a metre per pixel at usual heights, cells of 8 pixels. */
export const MODEL_TRAINING_DEFAULT: VladTraining = {
  ...VLAD_TRAINING_DEFAULT,
  patchPx: 256,
  stepPx: 8,
  cellPx: 8,
  // Each costs an inference.
  patchCount: 300,
};

/** The patches hold too little structure to learn from. */
export class VladTrainingError extends RangeError {
  readonly code = "VLAD_TRAINING";
}

/**
 * @param patches patchPx × patchPx each, several hundred of them.
 * @throws VladTrainingError when fewer than two patches have any structure.
 */
export async function trainVlad(
  vision: VisionLibrary,
  patches: AsyncIterable<GreyPatch> | Iterable<GreyPatch>,
  training: VladTraining = VLAD_TRAINING_DEFAULT,
  describer: PatchDescriber = new DenseDescriber(vision),
): Promise<VladVocabulary> {
  const locals: Floats[] = [];
  for await (const patch of patches) {
    const local = await describeLocally(describer, patch, training);
    if (local.length > 0) locals.push(local.slice());
  }
  if (locals.length < 2) {
    throw new VladTrainingError(`only ${locals.length} patches of the map have any structure`);
  }
  const dimension = LOCAL_DESCRIPTOR_LENGTH;
  const samples = drawSamples(locals, training);
  const wordCount = Math.min(training.wordCount, samples.length / dimension);
  const words = await clusterWords(vision, samples, {
    dimension,
    wordCount,
    iterations: training.kmeansIterations,
    seed: BigInt(training.seed),
  });
  const length = words.length;
  const vlads = new Float32Array(locals.length * length);
  for (const [i, local] of locals.entries()) {
    const options = { dimension, power: training.power };
    vlads.set(await aggregateVlad(vision, local, words, options), i * length);
  }
  const axisCount = Math.min(training.axisCount, locals.length - 1, length);
  const { mean, axes } = await principalAxes(vision, vlads, { length, axisCount });
  const { patchPx, stepPx, cellPx, power } = training;
  return { patchPx, stepPx, cellPx, power, wordCount, axisCount, words, mean, axes };
}

/** The same number from every patch, so that busy ones do not rule. */
function drawSamples(locals: readonly Floats[], training: VladTraining): Floats {
  const random = seededRandom(training.seed).fork("vlad words");
  const perPatch = Math.max(1, Math.ceil(training.kmeansSamples / locals.length));
  const rows: Float32Array[] = [];
  for (const local of locals) {
    const count = local.length / LOCAL_DESCRIPTOR_LENGTH;
    for (let i = 0; i < Math.min(perPatch, count); i++) {
      const row = perPatch >= count ? i : random.integer(count);
      rows.push(local.subarray(row * LOCAL_DESCRIPTOR_LENGTH, (row + 1) * LOCAL_DESCRIPTOR_LENGTH));
    }
  }
  const samples = new Float32Array(rows.length * LOCAL_DESCRIPTOR_LENGTH);
  rows.forEach((row, i) => samples.set(row, i * LOCAL_DESCRIPTOR_LENGTH));
  return samples;
}
