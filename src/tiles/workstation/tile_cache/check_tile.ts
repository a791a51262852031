export { checkNewTile, checkTileId, JPEG_BYTES_MAX } from "../../tile_contract/mod.ts";
