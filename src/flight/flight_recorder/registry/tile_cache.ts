/**
 * Kinds of the tile cache (C6).
 *
 * @module
 */
import { z } from "zod";
import { Count, Fault, TileId } from "./shapes.ts";

const FRESHNESS = {
  tileId: TileId,
  /** null: nobody knows when the ground looked like this. */
  ageS: z.number().nullable(),
  /** Of the sector that the tile lies in: active_conflict, stable_rear. */
  classification: z.string(),
  /** The rule that decided. */
  rule: z.string(),
  /** What the rule allows. */
  ageMaxS: z.number().optional(),
};

export const TILE_CACHE_KINDS = {
  "c6.write": z.looseObject({
    tileId: TileId,
    diskBytes: Count,
    contentSha256: z.string(),
    freshnessLabel: z.string().optional(),
    tookMs: z.number().optional(),
  }).describe("A tile went into the cache"),
  "c6.write_failed": z.looseObject({ tileId: TileId, error: Fault })
    .describe("A tile did not go into the cache, and nothing of it is left there"),
  "c6.freshness.rejected": z.looseObject(FRESHNESS)
    .describe("A tile was too old for its sector and refused"),
  "c6.freshness.downgraded": z.looseObject(FRESHNESS)
    .describe("A tile was old, and taken with the label downgraded"),
  "c6.eviction_batch": z.looseObject({
    evictedCount: z.int().min(1),
    freedBytes: Count,
    /** The first of them, at most 5. */
    tileIds: z.array(TileId).max(5),
    totalBytes: Count.optional(),
    budgetBytes: Count.optional(),
  }).describe("The disk budget put out the tiles that were not used for longest"),
};
