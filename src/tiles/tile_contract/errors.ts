/**
 * Errors of tile stores; all derive from TileCacheError.
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
  /** The tile at fault, when a single one is. */
  readonly tileId?: TileId;
}

/** No such tile in the cache. */
export class TileNotFoundError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("TILE_NOT_FOUND", message, { ...options, exitCode: EXIT.noInput });
  }
}

/** Metadata, a box or bytes that are invalid, or a key that exists. Nothing was written. */
export class TileMetadataError extends TileCacheError {
  readonly tileId: TileId | null;

  constructor(message: string, { tileId, ...options }: CauseAndTile = {}) {
    super("TILE_METADATA", message, { ...options, exitCode: EXIT.data });
    this.tileId = tileId ?? null;
  }
}

/** The bytes do not match the SHA-256 in their metadata. */
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

/** The schema of the database cannot be migrated by this program. */
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

/** A method that this implementation does not support: a read-only store, or an older one. */
export class NotImplementedError extends TileCacheError {
  constructor(message: string, options: Cause = {}) {
    super("NOT_IMPLEMENTED", message, { ...options, exitCode: EXIT.software });
  }
}
