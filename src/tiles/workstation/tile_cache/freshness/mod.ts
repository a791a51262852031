/** The freshness rules of the tile cache (C6): how old a tile may be where it lies. */
export * from "./contract.ts";
export { daysOf, describeReason, describeRule } from "./describe.ts";
export { FreshnessRejectionError } from "./errors.ts";
export { SqlFreshnessGate } from "./gate.ts";
export { FreshnessSettings } from "./sectors.ts";
