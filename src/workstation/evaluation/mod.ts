/** Flights measured against their truth. Pure: no files, no processes. */
export * from "./truth.ts";
export * from "./metrics.ts";
export * from "./bars.ts";
