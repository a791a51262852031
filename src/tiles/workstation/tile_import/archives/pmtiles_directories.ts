/**
 * Walks the directories of a PMTiles file leaf by leaf, and validates each before npm:pmtiles
 * parses it.
 *
 * @module
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { Compression, type Entry, type Header, ResolvedValueCache, type Source } from "pmtiles";
import {
  DataError,
  EXIT,
  GdnError,
  messageOf,
  openPlainFile,
  ZOOM_MAX,
} from "../../../../core/mod.ts";

/** Directories below the root; writers use one level, the specification allows more. */
const DEPTH_MAX = 4;
/** Limits for one directory, compressed and uncompressed. */
const DIRECTORY_BYTES_MAX = 64_000_000;
/** An entry has four numbers of at least one byte. */
const ENTRY_BYTES_MIN = 4;
const LEAVES_KEPT = 8;

/** Random access to a local file, with npm:pmtiles's interface. */
export class ArchiveFile implements Source, Disposable {
  readonly size: number;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #open = true;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.#path = path;
    this.#file = file;
    this.size = size;
  }

  static async open(path: string): Promise<ArchiveFile> {
    const file = await openPlainFile(path);
    return new ArchiveFile(path, file, (await file.stat()).size);
  }

  getKey(): string {
    return this.#path;
  }

  async getBytes(offset: number, length: number): Promise<{ data: ArrayBuffer }> {
    return { data: (await this.read(offset, length)).buffer };
  }

  /** All of the bytes or a DataError; one reader at a time, because the file has one position. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const turn = this.#turn.then(() => this.#read(offset, length));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(offset >= 0) || !(length >= 0) || offset + length > this.size) {
      throw new DataError(
        this.#path,
        `byte ${offset} to ${offset + length} is requested, but the file ends at ${this.size}`,
      );
    }
    const bytes = new Uint8Array(length);
    try {
      await this.#file.seek(offset, Deno.SeekMode.Start);
      for (let done = 0; done < length;) {
        const count = await this.#file.read(bytes.subarray(done));
        if (count === null) throw new DataError(this.#path, "the file became shorter meanwhile");
        done += count;
      }
    } catch (error) {
      if (error instanceof GdnError) throw error;
      throw new GdnError("ARCHIVE_READ", `Cannot read ${this.#path}: ${messageOf(error)}`, {
        cause: error,
        exitCode: EXIT.io,
      });
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

/**
 * Where the header does not say which compression it is (0), gzip is known by its first bytes; all others then
 * are taken as they are.
 *
 * @throws Error for more than `bytesMax` uncompressed bytes, or what is not so compressed
 */
export function decompressBounded(
  bytes: Uint8Array<ArrayBuffer>,
  compression: Compression,
  bytesMax: number,
): Uint8Array<ArrayBuffer> {
  const bound = { maxOutputLength: bytesMax };
  switch (compression) {
    case Compression.Gzip:
      return new Uint8Array(gunzipSync(bytes, bound));
    case Compression.Brotli:
      return new Uint8Array(brotliDecompressSync(bytes, bound));
    case Compression.Zstd:
      return new Uint8Array(zstdDecompressSync(bytes, bound));
    case Compression.Unknown:
      return bytes[0] === 0x1f && bytes[1] === 0x8b
        ? new Uint8Array(gunzipSync(bytes, bound))
        : bytes;
    default:
      return bytes;
  }
}

export class PmtilesDirectories {
  readonly #path: string;
  readonly #file: ArchiveFile;
  readonly #header: Header;
  readonly #cache: ResolvedValueCache;

  constructor(path: string, file: ArchiveFile, header: Header) {
    this.#path = path;
    this.#file = file;
    this.#header = header;
    this.#cache = new ResolvedValueCache(LEAVES_KEPT, undefined, decompressDirectory);
  }

  /** Every entry that stands for tiles, by ascending tile id. @throws DataError */
  async *entries(): AsyncGenerator<Entry> {
    const { rootDirectoryOffset, rootDirectoryLength } = this.#header;
    const order = { last: -1 };
    yield* this.#walk(rootDirectoryOffset, rootDirectoryLength, 0, order);
  }

  async *#walk(
    offset: number,
    length: number,
    depth: number,
    order: { last: number },
  ): AsyncGenerator<Entry> {
    for (const entry of await this.#directory(offset, length)) {
      // Ids that do not increase could form a cycle of leaves.
      if (!(entry.tileId > order.last) || !(entry.tileId <= LAST_TILE_ID)) {
        throw this.#damaged(`tile id ${entry.tileId} follows ${order.last}`);
      }
      if (entry.runLength > 0) {
        if (entry.tileId + entry.runLength - 1 > LAST_TILE_ID) {
          throw this.#damaged(`a run of ${entry.runLength} tiles from id ${entry.tileId}`);
        }
        order.last = entry.tileId + entry.runLength - 1;
        yield entry;
        continue;
      }
      if (depth >= DEPTH_MAX) throw this.#damaged(`they lie more than ${DEPTH_MAX} deep`);
      const { leafDirectoryOffset, leafDirectoryLength = 0 } = this.#header;
      if (entry.offset < 0 || entry.offset + entry.length > leafDirectoryLength) {
        throw this.#damaged(
          `a leaf stands at byte ${entry.offset} to ${entry.offset + entry.length} of ` +
            `${leafDirectoryLength}`,
        );
      }
      yield* this.#walk(leafDirectoryOffset + entry.offset, entry.length, depth + 1, order);
    }
  }

  async #directory(offset: number, length: number): Promise<Entry[]> {
    if (length > DIRECTORY_BYTES_MAX) throw this.#damaged(`one has ${length} bytes`);
    try {
      return await this.#cache.getDirectory(this.#file, offset, length, this.#header);
    } catch (error) {
      if (error instanceof GdnError) throw error;
      throw this.#damaged(messageOf(error), error);
    }
  }

  #damaged(reason: string, cause?: unknown): DataError {
    const text = `its directories are damaged (${reason}); \`pmtiles verify\` gives details`;
    return new DataError(this.#path, text, { cause });
  }
}

const LAST_TILE_ID = (4 ** (ZOOM_MAX + 1) - 1) / 3 - 1;

/** The library trusts the number of entries without checking the length of the directory. */
// deno-lint-ignore require-await
async function decompressDirectory(
  buffer: ArrayBuffer,
  compression: Compression,
): Promise<ArrayBuffer> {
  const bytes = decompressBounded(new Uint8Array(buffer), compression, DIRECTORY_BYTES_MAX);
  const count = firstNumber(bytes);
  if (count * ENTRY_BYTES_MIN > bytes.length) {
    throw new Error(`one states ${count} entries in ${bytes.length} bytes`);
  }
  return bytes.buffer;
}

/** The varint at the beginning. */
function firstNumber(bytes: Uint8Array): number {
  let value = 0;
  for (let at = 0; at < Math.min(10, bytes.length); at++) {
    value += (bytes[at] & 0x7f) * 128 ** at;
    if (bytes[at] < 0x80) return value;
  }
  return Infinity;
}
