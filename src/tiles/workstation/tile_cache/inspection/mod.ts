/** Inspection and maintenance of the tile cache (C6), for the operator's `cache` commands. */
export * from "./contract.ts";
export { CacheInspection, type OpenCache } from "./cache_inspection.ts";
export { type EvictionPlan, planEviction, tidy } from "./tidy.ts";
export { verifyCache } from "./verify.ts";
