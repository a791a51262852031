/**
 * Local descriptors of a patch, which VLAD pools: dense orientation histograms, or a model's.
 *
 * @module
 */
import { describeDense, type GreyPatch, type VisionLibrary } from "../../native/vision/mod.ts";
import type { VladShape } from "./vlad_vocabulary.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface PatchDescriber {
  /** Element type of the finished descriptors. */
  readonly elementType: "float32" | "float16";
  /** Rows of 128 floats; none where the patch holds no ground. Patches are squares of the shape's side. */
  describe(patch: GreyPatch, shape: VladShape): Promise<Floats>;
}

/** Orientation histograms of ffi/vision; needs no model. */
export class DenseDescriber implements PatchDescriber {
  readonly elementType = "float32";
  readonly #vision: VisionLibrary;

  constructor(vision: VisionLibrary) {
    this.#vision = vision;
  }

  describe(patch: GreyPatch, { stepPx, cellPx }: VladShape): Promise<Floats> {
    return describeDense(this.#vision, patch, { stepPx, cellPx, signed: true });
  }
}
