/**
 * Locks a data folder. PGlite has no locking of its own: two processes on one folder silently lose
 * each other's writes, so its owner locks the folder exclusively. Users of a server share the lock.
 *
 * @module
 */
import { causes, EXIT, FolderLock, FolderLockedError, messageOf } from "../../../core/mod.ts";
import { CacheLockedError, TileCacheError, TileFsError } from "../../tile_contract/mod.ts";

/**
 * Locks exclusively, without waiting.
 *
 * @throws CacheLockedError that names the process which holds the folder.
 */
export async function lockAlone(dataFolder: string): Promise<FolderLock> {
  return await locked(
    dataFolder,
    (path) => FolderLock.alone(path),
    "holds it; wait until it ends, or use a PostgreSQL server (a DSN) to share a cache",
  );
}

/** Locks shared; see `FolderLock.withOthers`. */
export async function lockWithOthers(
  dataFolder: string,
): Promise<{ readonly lock: FolderLock; readonly aloneAtFirst: boolean }> {
  return await locked(
    dataFolder,
    (path) => FolderLock.withOthers(path),
    "holds it exclusively; wait until it ends",
  );
}

/**
 * Locks a folder that cannot be written against writers. A folder without a lock file was never opened.
 *
 * @throws CacheLockedError; TileFsError
 */
export async function lockToRead(dataFolder: string): Promise<FolderLock> {
  return await locked(
    dataFolder,
    (path) => FolderLock.toRead(path),
    "holds it exclusively; wait until it ends",
  );
}

/** Another owner's, or a file system that was mounted to be read. */
export function isUnwritable(error: unknown): boolean {
  return causes(error).some((cause) =>
    cause instanceof Deno.errors.PermissionDenied ||
    (cause as { code?: unknown }).code === "EROFS"
  );
}

async function locked<T>(
  dataFolder: string,
  lock: (lockPath: string) => Promise<T>,
  state: string,
): Promise<T> {
  try {
    await Deno.mkdir(dataFolder, { recursive: true });
    return await lock(`${dataFolder}/cache.lock`);
  } catch (error) {
    if (error instanceof FolderLockedError) {
      throw new CacheLockedError(
        `Cannot open the tile cache in ${dataFolder}: ${error.holder} ${state}`,
      );
    }
    if (isUnwritable(error)) {
      throw new TileCacheError(
        "TILE_FOLDER_UNWRITABLE",
        `Cannot use ${dataFolder} for the tile cache: it may not be written; ` +
          "change its permissions, or name another folder",
        { cause: error, exitCode: EXIT.refused },
      );
    }
    throw new TileFsError(
      `Cannot use ${dataFolder} for the tile cache: ${messageOf(error)}; ` +
        "name a writable folder",
      { cause: error },
    );
  }
}
