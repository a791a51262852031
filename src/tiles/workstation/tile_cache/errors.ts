export {
  CacheIdentityError,
  CacheLockedError,
  ContentHashMismatchError,
  IndexBuildError,
  IndexUnavailableError,
  MigrationError,
  NotImplementedError,
  TileCacheError,
  TileDatabaseError,
  TileFsError,
  TileMetadataError,
  TileNotFoundError,
} from "../../tile_contract/mod.ts";
