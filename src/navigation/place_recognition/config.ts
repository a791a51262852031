import * as z from "zod";
import { quantity } from "../../core/mod.ts";

export const PlaceRecognitionConfigSchema = z.strictObject({
  /** Up to this 1-sigma the estimate itself is the one hypothesis. */
  priorSigmaMaxM: quantity.lengthM.default(25),
  /** How many sigmas of a wide prior are searched. */
  searchSigmas: quantity.sigmas.default(3),
  /** Candidates of a search (K) and how many of them the matcher looks at (N). */
  candidates: z.int().min(1).max(100).default(10),
  rerank: z.int().min(1).max(10).default(3),
  /** Exhaustive search compares footprints of this many pixels across… */
  exhaustiveWidthPx: quantity.lengthPx.default(96),
  /** …or fewer where the area is large, down to this many… */
  exhaustiveWidthMinPx: quantity.lengthPx.default(48),
  /** …over at most this many pixels of map; larger areas are narrowed by descriptors. */
  exhaustivePixelsMax: z.number().positive().max(8_000_000).default(1_200_000),
  headingStepDeg: z.number().min(0.1).max(180).default(3),
  scaleStep: z.number().min(0.001).max(10).default(0.03),
});
export type PlaceRecognitionConfig = z.infer<typeof PlaceRecognitionConfigSchema>;
