export {
  locationHash,
  TILE_NAMESPACE,
  tileKey,
  tileUuid,
  uuidV5,
  ZERO_UUID,
} from "../../tile_contract/mod.ts";
