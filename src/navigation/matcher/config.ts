import { z } from "zod";

/** Settings of the structural matcher. Lengths in pixels are of the resolution they speak of. */
export const StructuralConfigSchema = z.strictObject({
  /** The frame's footprint is compared at this many pixels across (coarse). */
  coarseWidthPx: z.number().positive().default(150),
  /** …and its blocks at this many times that. */
  fineFactor: z.number().min(1).max(4).default(2),
  headingStepDeg: z.number().positive().default(2.5),
  scaleStep: z.number().positive().default(0.03),
  /** How many sigmas of the hypothesis are searched. */
  searchSigmas: z.number().positive().default(3.5),
  /** Least search radius, coarse pixels: the second-best place must have room. */
  searchRadiusMinPx: z.number().positive().default(16),
  searchRadiusMaxM: z.number().positive().default(120),
  blocksX: z.int().min(2).max(16).default(6),
  blocksY: z.int().min(2).max(16).default(5),
  /** Blocks are sought this far around the coarse answer, coarse pixels. */
  blockSearchPx: z.number().positive().default(3.5),
  /** Least correlation of the best place… */
  scoreMin: z.number().min(0).default(0.1),
  /** …and least margin over the second-best: what wrong answers have stays below (see README). */
  marginMin: z.number().min(0).default(0.05),
  tiePointsMin: z.int().min(5).default(8),
});
export type StructuralConfig = z.infer<typeof StructuralConfigSchema>;
