/**
 * VLAD place descriptors: a square patch of north-up ground → a unit vector that is like that of the
 * same place seen years earlier.
 *
 * Dense orientation histograms (signed, root-normalised) → nearest words → residual sums with
 * intra-normalisation and power law (Jégou et al., CVPR 2010; Arandjelović and Zisserman, CVPR 2013)
 * → principal axes → length 1.
 *
 * @module
 */
import { l2Normalise } from "../../core/mod.ts";
import {
  aggregateVlad,
  type GreyPatch,
  projectVector,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import { DenseDescriber, type PatchDescriber } from "./patch_describer.ts";
import { decodeVocabulary, type VladShape, type VladVocabulary } from "./vlad_vocabulary.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Rows of 128 floats of a patch, which must have the shape's size. */
export function describeLocally(
  describer: PatchDescriber,
  patch: GreyPatch,
  shape: VladShape,
): Promise<Floats> {
  const { patchPx } = shape;
  if (patch.widthPx !== patchPx || patch.heightPx !== patchPx) {
    throw new RangeError(
      `a patch must have ${patchPx}×${patchPx} pixels, got ${patch.widthPx}×${patch.heightPx}`,
    );
  }
  return describer.describe(patch, shape);
}

export class VladDescriptor {
  readonly #vision: VisionLibrary;
  readonly #describer: PatchDescriber;
  readonly vocabulary: VladVocabulary;

  constructor(
    vision: VisionLibrary,
    vocabulary: VladVocabulary,
    describer: PatchDescriber = new DenseDescriber(vision),
  ) {
    this.#vision = vision;
    this.#describer = describer;
    this.vocabulary = vocabulary;
  }

  /**
   * From the bytes of a vocabulary's file.
   *
   * @throws DataError naming `path` when they are none.
   */
  static decode(
    vision: VisionLibrary,
    { bytes, path }: { readonly bytes: Uint8Array; readonly path: string },
    describer?: PatchDescriber,
  ): VladDescriptor {
    return new VladDescriptor(vision, decodeVocabulary(bytes, path), describer);
  }

  /** Floats of a descriptor, at most 512. */
  get dimension(): number {
    return this.vocabulary.axisCount;
  }

  /** Side in pixels of the patches to describe. */
  get patchPx(): number {
    return this.vocabulary.patchPx;
  }

  /**
   * Describes a north-up square of ground, patchPx × patchPx, whatever ground its side covers.
   * Pixels whose `valid` is 0 take no part. Returns a vector of length 1, or null when the
   * patch has no structure (water, snow, no valid ground).
   */
  async describe(patch: GreyPatch): Promise<Floats | null> {
    const { words, power } = this.vocabulary;
    const local = await describeLocally(this.#describer, patch, this.vocabulary);
    if (local.length === 0) return null;
    const vlad = await aggregateVlad(this.#vision, local, words, {
      dimension: words.length / this.vocabulary.wordCount,
      power,
    });
    const projected = await projectVector(this.#vision, vlad, this.vocabulary);
    if (!projected.some((value) => value !== 0)) return null;
    if (this.#describer.elementType === "float32") return projected;
    // Half precision through the normaliser; the index compares float32 of the very same values.
    return Float32Array.from(l2Normalise(Float16Array.from(projected)));
  }
}
