export { checkBbox, type TileRange, tileRange } from "../../tile_contract/mod.ts";
