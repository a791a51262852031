export { checkNewTile, checkTileId } from "../tile_contract/mod.ts";
