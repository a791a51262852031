/**
 * The tile cache (C6): tiles as files with rows in PostgreSQL, embedded (PGlite) or on a server.
 */
export type { TileCacheLogger } from "./logger.ts";
export {
  buildTileMetadataStore,
  buildTileStore,
  openTileCache,
  type TileCache,
  type TileCacheOptions,
} from "./open.ts";
export { TileValidators } from "./tile_validators.ts";
export * from "./inspection/mod.ts";
export * from "./budget/mod.ts";
export * from "./freshness/mod.ts";
