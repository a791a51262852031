/** The map under the aircraft: windows cut from slippy tiles. */
export * from "./contract.ts";
export { TileMap } from "./tile_map.ts";
