/** Evaluates flights against their ground truth. Pure functions: no files, no processes. */
export * from "./truth.ts";
export * from "./metrics.ts";
export * from "./bars.ts";
export * from "./consistency.ts";
export * from "./flown_case.ts";
export * from "./hills.ts";
