/** Terrain (operator only): heights of the ground from a GeoTIFF, on a grid in a local frame. */
export * from "./contract.ts";
export { openHeightFile } from "./height_file.ts";
export { heightGrid, heightRange, knownHeights } from "./height_grid.ts";
