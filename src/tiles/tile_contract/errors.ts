/**
 * Errors of the tile cache: one family.
 *
 * @module
 */
import { EXIT } from "../../core/mod.ts";
import { TileCacheError } from "../../navigation/descriptor_index/mod.ts";
import type { TileId } from "./dto.ts";

export { TileCacheError };

interface Cause {
  readonly cause?: unknown;
}

interface CauseAndTile extends Cause {
  /** The one tile that is at fault, where it is one. */
  readonly tileId?: TileId;
}

/** No such tile in the cache. */
export class TileNotFoundError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("TILE_NOT_FOUND", message, { ...options, exitCode: EXIT.noInput });
  }
}

/** Metadata, a box or bytes that the cache refuses, or a key that exists. Nothing was written. */
export class TileMetadataError extends TileCacheError {
  readonly tileId: TileId | null;

  constructor(message: string, { tileId, ...options }: CauseAndTile = {}) {
    super("TILE_METADATA", message, { ...options, exitCode: EXIT.data });
    this.tileId = tileId ?? null;
  }
}

/** Bytes that are not the ones their metadata promises. */
export class ContentHashMismatchError extends TileCacheError {
  readonly tileId: TileId | null;

  constructor(message: string, { tileId, ...options }: CauseAndTile = {}) {
    super("CONTENT_HASH_MISMATCH", message, { ...options, exitCode: EXIT.data });
    this.tileId = tileId ?? null;
  }
}

/** The file system refused: a full disk, no permission, a file that vanished. */
export class TileFsError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("TILE_FS", message, { ...options, exitCode: EXIT.io });
  }
}

/** The database cannot be reached, or refused a statement. */
export class TileDatabaseError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("TILE_DATABASE", message, { ...options, exitCode: EXIT.unavailable });
  }
}

/** Another process holds the data folder. */
export class CacheLockedError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("CACHE_LOCKED", message, { ...options, exitCode: EXIT.tryAgain });
  }
}

/** The schema of the database is not one that this program can bring up to date. */
export class MigrationError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("MIGRATION", message, { ...options, exitCode: EXIT.configuration });
  }
}

/** The data folder and the database do not belong to each other. */
export class CacheIdentityError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("CACHE_IDENTITY", message, { ...options, exitCode: EXIT.configuration });
  }
}

/** A method that this implementation does not have: a read-only store, or an older one. */
export class NotImplementedError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("NOT_IMPLEMENTED", message, { ...options, exitCode: EXIT.software });
  }
}
