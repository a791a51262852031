/**
 * The folders that tiles lie in: made, held to be really below the data folder, and on the disk.
 *
 * @module
 */
import { dirname } from "node:path";
import { syncPath } from "../../../core/mod.ts";
import { TileFsError } from "../../tile_contract/mod.ts";

/** More are forgotten and synced once more: memory must not grow with the cache. */
const KNOWN_MAX = 50_000;

export class TileFolders {
  /** Without symbolic links, without a slash at its end. */
  readonly root: string;
  /**
   * Whether sidecars must survive a loss of power by themselves. Beside a server they need not: its
   * rows do, and reconciliation writes sidecars again from their rows.
   */
  readonly syncSidecars: boolean;
  /** Folders whose own names this process has synced. */
  readonly #durable = new Set<string>();

  constructor(root: string, { syncSidecars }: { readonly syncSidecars: boolean }) {
    this.root = root;
    this.syncSidecars = syncSidecars;
  }

  /** Makes the folders of these files, and returns those whose names must be synced. */
  prepare(files: readonly string[]): ReadonlySet<string> {
    const folders = new Set(files.map((file) => dirname(file)));
    for (const folder of folders) makeInside(folder);
    return folders;
  }

  /** What was written into these folders, and they themselves, survive a loss of power afterwards. */
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

/** Nothing is made before the folders that are there already were found to be the cache's own. */
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
 * A symbolic link anywhere on the way would let tiles be written to, or read from, another place.
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
