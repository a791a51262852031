/**
 * Creates and syncs the folders of tiles, and checks that they are really below the data folder.
 *
 * @module
 */
import { dirname } from "node:path";
import { syncPath } from "../../../core/mod.ts";
import { TileFsError } from "../../tile_contract/mod.ts";

/**
 * Above this number the list is cleared, and folders are synced once more: memory must not grow
 * with the cache.
 */
const KNOWN_MAX = 50_000;

export class TileFolders {
  /** Resolved, without symbolic links and without a trailing slash. */
  readonly root: string;
  /**
   * Whether sidecars must survive a loss of power by themselves. With a server they need not: its
   * rows survive, and reconciliation writes sidecars again from the rows.
   */
  readonly syncSidecars: boolean;
  /** Folders whose own names this process has synced. */
  readonly #durable = new Set<string>();

  constructor(root: string, { syncSidecars }: { readonly syncSidecars: boolean }) {
    this.root = root;
    this.syncSidecars = syncSidecars;
  }

  /** Creates the folders of these files, and returns those whose names must be synced. */
  prepare(files: readonly string[]): ReadonlySet<string> {
    const folders = new Set(files.map((file) => dirname(file)));
    for (const folder of folders) makeInside(folder);
    return folders;
  }

  /** Syncs, so that these folders and what was written into them survive a loss of power. */
  async sync(folders: ReadonlySet<string>): Promise<void> {
    const unsynced = new Set<string>();
    for (const folder of folders) {
      for (let at = folder; !this.#durable.has(at) && at.length > this.root.length;) {
        unsynced.add(at);
        at = dirname(at);
        if (!folders.has(at)) unsynced.add(at);
      }
    }
    await Promise.all([...folders, ...unsynced.difference(folders)].map(syncPath));
    if (this.#durable.size + unsynced.size > KNOWN_MAX) this.#durable.clear();
    for (const folder of unsynced) this.#durable.add(folder);
  }
}

/** Checks the existing part of the path before anything is created below it. */
function makeInside(folder: string): void {
  try {
    checkReal(folder, Deno.realPathSync(folder));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    makeInside(dirname(folder));
    try {
      Deno.mkdirSync(folder);
    } catch (failure) {
      if (!(failure instanceof Deno.errors.AlreadyExists)) throw failure;
    }
    checkReal(folder, Deno.realPathSync(folder));
  }
}

/**
 * A symbolic link anywhere on the path would let tiles be written to, or read from, another place.
 *
 * @throws TileFsError
 */
export async function checkInside(path: string): Promise<void> {
  checkReal(path, await Deno.realPath(path));
}

function checkReal(path: string, real: string): void {
  if (real === path) return;
  throw new TileFsError(
    `Cannot use ${path}: a symbolic link leads out of the tile cache, to ${real}; remove the link ` +
      "(to keep the cache on another disk, name a folder there as its data folder)",
  );
}
