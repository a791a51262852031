/** C6 tile cache: tiles as files with rows in PostgreSQL, embedded (PGlite) or on a server. */
export * from "./contract.ts";
export * from "./errors.ts";
export * from "./identity.ts";
export type { TileCacheLogger } from "./logger.ts";
export { openTileCache, type TileCache, type TileCacheOptions } from "./open.ts";
export { checkBbox, type TileRange, tileRange } from "./tile_range.ts";
export * from "./inspection/mod.ts";
