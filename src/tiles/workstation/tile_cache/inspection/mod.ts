/** What a person asks of the tile cache, and its upkeep. */
export * from "./contract.ts";
export { CacheInspection, type OpenCache } from "./cache_inspection.ts";
export { type EvictionPlan, planEviction, tidy, type TidyOptions } from "./tidy.ts";
export { verifyCache } from "./verify.ts";
