/**
 * Merges a flight's tile journal into the operator's cache. Running it again changes nothing.
 *
 * @module
 */
import { messageOf, openPlainFile } from "../../core/mod.ts";
import {
  ContentHashMismatchError,
  newerCapture,
  type NewTile,
  TileCacheError,
  TileFsError,
  tileKey,
  type TileMetadataStore,
  type TileStore,
} from "../tile_contract/mod.ts";
import type { JournalledTile } from "./journal.ts";
import { readAt, scanJournal } from "./scan.ts";

/** The methods of a cache that a merge needs. */
export type MergeTarget =
  & Pick<TileStore, "writeTiles" | "renewTile">
  & Pick<TileMetadataStore, "getById">;

export interface MergeReport {
  /** Complete entries of the journal. */
  readonly entries: number;
  /** Bytes that belong to no complete entry: a cut end, a damaged block. */
  readonly damagedBytes: number;
  readonly written: number;
  /** Tiles that replaced an earlier capture in the cache. */
  readonly renewed: number;
  /** Tiles that the cache has already, with the same or a later capture. */
  readonly kept: number;
  /** Tiles that the cache refuses, with its reason: too old, no space. */
  readonly refused: readonly { readonly tile: string; readonly reason: string }[];
}

const BATCH_TILES = 64;

/**
 * Reads the complete entries, checks each picture against its hash, and adds what the cache lacks.
 *
 * @throws TileFsError when the journal cannot be read, and what stops every write (a disk, a
 * database).
 */
export async function mergeJournal(
  cache: MergeTarget,
  path: string,
  observe: { progress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<MergeReport> {
  using file = await openJournal(path);
  const scan = await scanJournal(file);
  const last = new Map<string, JournalledTile>();
  for (const { operation, metadata, pictureAt } of scan.entries) {
    const key = tileKey(metadata.tileId);
    if (operation === "delete") last.delete(key);
    else last.set(key, { metadata, pictureAt });
  }
  const merge = new Merge(cache);
  let done = 0;
  for (const { metadata, pictureAt } of last.values()) {
    observe.signal?.throwIfAborted();
    await merge.add({ metadata, jpeg: await readAt(file, pictureAt, metadata.diskBytes) });
    observe.progress?.(++done, last.size);
  }
  await merge.flush();
  const { entries, damagedBytes } = scan;
  return { entries: entries.length, damagedBytes, ...merge.counts, refused: merge.refused };
}

async function openJournal(path: string): Promise<Deno.FsFile> {
  try {
    return await openPlainFile(path);
  } catch (error) {
    throw new TileFsError(`Cannot read the tile journal ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

class Merge {
  readonly counts = { written: 0, renewed: 0, kept: 0 };
  readonly refused: { tile: string; reason: string }[] = [];
  readonly #cache: MergeTarget;
  #batch: NewTile[] = [];

  constructor(cache: MergeTarget) {
    this.#cache = cache;
  }

  async add(tile: NewTile): Promise<void> {
    const known = await this.#cache.getById(tile.metadata.tileId);
    if (known === null) {
      if (this.#batch.push(tile) >= BATCH_TILES) await this.flush();
    } else if (newerCapture(tile.metadata, known)) {
      await this.#unlessRefused(tile, async () => {
        await this.#cache.renewTile(tile.metadata, tile.jpeg);
        this.counts.renewed++;
      });
    } else this.counts.kept++;
  }

  /** Writes all together; when one is refused, one by one, so that the others are written. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    const write = async (tiles: readonly NewTile[]) => {
      const { written, kept } = await this.#cache.writeTiles(tiles, { existing: "keep" });
      this.counts.written += written;
      this.counts.kept += kept;
    };
    try {
      if (batch.length > 0) await write(batch);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      for (const tile of batch) await this.#unlessRefused(tile, () => write([tile]));
    }
  }

  async #unlessRefused(tile: NewTile, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.refused.push({ tile: tileKey(tile.metadata.tileId), reason: messageOf(error) });
    }
  }
}

/** Whether the error concerns one tile only; a failing disk or database concerns all of them. */
function isRefusal(error: unknown): boolean {
  return error instanceof ContentHashMismatchError || error instanceof TileCacheError &&
      ["TILE_METADATA", "FRESHNESS_REJECTION"].includes(error.code);
}
