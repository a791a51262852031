/**
 * The tile journal in use: tiles made in flight are appended and synced, and can be read back.
 *
 * @module
 */
import { dirname } from "node:path";
import { messageOf, openOwnFile, syncPath, writeAll } from "../../core/mod.ts";
import {
  ContentHashMismatchError,
  type NewTile,
  TileFsError,
  type TileId,
  tileKey,
  type TileMetadata,
} from "../tile_contract/mod.ts";
import {
  encodeEntry,
  type JournalEntry,
  type JournalOperation,
  maybeCutEntry,
} from "./journal_format.ts";
import { readAt, scanJournal } from "./scan.ts";
import { sha256Hex } from "../../core/mod.ts";

/** A file of another kind must not be truncated because it was named by mistake. */
async function checkIsJournal(file: Deno.FsFile, fileBytes: number): Promise<void> {
  if (maybeCutEntry(await readAt(file, 0, 16), fileBytes)) return;
  throw new Error("it is not a tile journal (or its beginning is damaged); it was not changed");
}

export interface JournalledTile {
  readonly metadata: TileMetadata;
  readonly pictureAt: number;
}

export class TileJournal implements Disposable {
  readonly path: string;
  /** Bytes of the journal that were damaged when it was opened. */
  readonly damagedBytes: number;
  readonly #file: Deno.FsFile;
  readonly #tiles = new Map<string, JournalledTile>();
  #end: number;
  /** File operations run one at a time: reading moves the file position. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: Deno.FsFile, path: string, state: { end: number; damaged: number }) {
    this.#file = file;
    this.path = path;
    this.#end = state.end;
    this.damagedBytes = state.damaged;
  }

  /**
   * Opens or creates it, exclusively for this process; an incomplete last entry is cut off.
   *
   * @throws TileFsError
   */
  static async open(path: string): Promise<TileJournal> {
    let file: Deno.FsFile | undefined;
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      file = await openOwnFile(path);
      if (!await file.tryLock(true)) throw new Error("another process is writing to it");
      const scan = await scanJournal(file);
      if (scan.entries.length === 0) await checkIsJournal(file, scan.fileBytes);
      if (scan.end < scan.fileBytes) {
        await file.truncate(scan.end);
        await file.sync();
      }
      await syncPath(dirname(path));
      const state = { end: scan.end, damaged: scan.damagedBytes };
      const journal = new TileJournal(file, path, state);
      for (const entry of scan.entries) journal.#note(entry);
      return journal;
    } catch (error) {
      file?.close();
      throw new TileFsError(
        `Cannot open the tile journal ${path}: ${messageOf(error)}; name a writable ` +
          "file on a disk with free space",
        { cause: error },
      );
    }
  }

  /** The current content: the last entry of each tile. */
  tiles(): IterableIterator<JournalledTile> {
    return this.#tiles.values();
  }

  find(tileId: TileId): JournalledTile | undefined {
    return this.#tiles.get(tileKey(tileId));
  }

  get bytes(): number {
    return this.#end;
  }

  /**
   * When it returns all of them are on the disk; when it throws none is in the journal.
   *
   * @throws TileFsError
   */
  async append(operation: JournalOperation, tiles: readonly NewTile[]): Promise<void> {
    if (tiles.length === 0) return;
    await this.#inTurn(async () => {
      const begin = this.#end;
      try {
        const entries: JournalEntry[] = [];
        for (const tile of tiles) {
          const bytes = encodeEntry(operation, tile);
          await this.#writeAt(this.#end, bytes);
          const pictureLength = operation === "delete" ? 0 : tile.jpeg.length;
          this.#end += bytes.length;
          const pictureAt = this.#end - pictureLength;
          entries.push({ operation, metadata: tile.metadata, pictureAt, end: this.#end });
        }
        await this.#file.syncData();
        for (const entry of entries) this.#note(entry);
      } catch (error) {
        this.#end = begin;
        await this.#file.truncate(begin).catch(() => {});
        throw new TileFsError(
          `Cannot write to the tile journal ${this.path}: ${messageOf(error)}; none of ` +
            `these ${tiles.length} tiles was kept: free disk space`,
          { cause: error },
        );
      }
    });
  }

  /** @throws TileFsError | ContentHashMismatchError */
  async read({ metadata, pictureAt }: JournalledTile): Promise<Uint8Array<ArrayBuffer>> {
    const jpeg = await this.#inTurn(() => readAt(this.#file, pictureAt, metadata.diskBytes))
      .catch((error) => {
        throw new TileFsError(`Cannot read ${this.path}: ${messageOf(error)}`, { cause: error });
      });
    if (sha256Hex(jpeg) === metadata.contentSha256) return jpeg;
    throw new ContentHashMismatchError(
      `Cannot use tile ${tileKey(metadata.tileId)} of ${this.path}: its bytes changed since they ` +
        "were written",
    );
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #note(entry: JournalEntry): void {
    const key = tileKey(entry.metadata.tileId);
    if (entry.operation === "delete") this.#tiles.delete(key);
    else this.#tiles.set(key, { metadata: entry.metadata, pictureAt: entry.pictureAt });
  }

  async #writeAt(at: number, bytes: Uint8Array): Promise<void> {
    await this.#file.seek(at, Deno.SeekMode.Start);
    await writeAll(this.#file, bytes);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
