/**
 * A file that exists while an open cache has unfinished writes: when it is found at the next open,
 * the previous owner did not end well, and the cache is reconciled.
 *
 * @module
 */
import { messageOf, syncPath, writeSynced } from "../../../core/mod.ts";
import { TileFsError } from "../../tile_contract/mod.ts";

const folderOf = (dataFolder: string) => `${dataFolder}/unclean`;

export class UncleanMarker {
  readonly #folder: string;
  readonly #path: string;
  #marked: Promise<void> | null = null;

  constructor(dataFolder: string) {
    this.#folder = folderOf(dataFolder);
    this.#path = `${this.#folder}/${crypto.randomUUID()}`;
  }

  /** Await this before the first change; later calls cost nothing. */
  mark(): Promise<void> {
    this.#marked ??= this.#write().catch((error) => {
      this.#marked = null;
      throw new TileFsError(`Cannot write to the tile cache: ${messageOf(error)}`, {
        cause: error,
      });
    });
    return this.#marked;
  }

  async clear(): Promise<void> {
    if (this.#marked !== null) await Deno.remove(this.#path).catch(() => {});
  }

  async #write(): Promise<void> {
    await Deno.mkdir(this.#folder, { recursive: true });
    await writeSynced(this.#path, new TextEncoder().encode(`${Deno.pid}\n`));
    await syncPath(this.#folder);
  }
}

/** Paths of the markers that were left behind; call it only with exclusive use of the cache. */
export async function leftMarkers(dataFolder: string): Promise<readonly string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(folderOf(dataFolder))) {
      found.push(`${folderOf(dataFolder)}/${entry.name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}
