/** Terrain (operator only): heights of the ground on a grid in a local frame. */
export * from "./contract.ts";
export { heightGrid, heightRange, knownHeights } from "./height_grid.ts";
