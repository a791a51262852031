/** Heights of the ground: terrain. */
export * from "./contract.ts";
export { GridTerrain } from "./grid_terrain.ts";
