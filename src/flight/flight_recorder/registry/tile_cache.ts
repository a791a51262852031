/**
 * Record kinds of the tile cache (C6).
 *
 * @module
 */
import * as z from "zod";
import { Count, Fault, TileId } from "./shapes.ts";

const FRESHNESS = {
  tileId: TileId,
  /** null: the date of the picture is unknown. */
  ageS: z.number().nullable(),
  /** Classification of the sector that the tile lies in: active_conflict, stable_rear. */
  classification: z.string(),
  /** The rule that decided. */
  rule: z.string(),
  /** Largest age that the rule allows. */
  ageMaxS: z.number().optional(),
};

export const TILE_CACHE_KINDS = {
  "c6.write": z.looseObject({
    tileId: TileId,
    diskBytes: Count,
    contentSha256: z.string(),
    freshnessLabel: z.string().optional(),
    tookMs: z.number().optional(),
  }).describe("A tile was written to the cache"),
  "c6.write_failed": z.looseObject({ tileId: TileId, error: Fault })
    .describe("A tile could not be written to the cache, and nothing of it remains there"),
  "c6.freshness.rejected": z.looseObject(FRESHNESS)
    .describe("A tile was refused because it is too old for its sector"),
  "c6.freshness.downgraded": z.looseObject(FRESHNESS)
    .describe("An old tile was accepted with the label downgraded"),
  "c6.eviction_batch": z.looseObject({
    evictedCount: z.int().min(1),
    freedBytes: Count,
    /** The first of them, at most 5. */
    tileIds: z.array(TileId).max(5),
    totalBytes: Count.optional(),
    budgetBytes: Count.optional(),
  }).describe("The disk budget evicted the least recently used tiles"),
};
