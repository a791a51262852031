/** How old tiles may be where they lie. */
export * from "./contract.ts";
export { daysOf, describeReason, describeRule } from "./describe.ts";
export { FreshnessRejectionError } from "./errors.ts";
export { type FreshnessGateOptions, SqlFreshnessGate } from "./gate.ts";
export { FreshnessSettings } from "./sectors.ts";
