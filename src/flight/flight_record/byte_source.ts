/**
 * Reads a file piece by piece through one window, so that a file of gigabytes takes a megabyte of
 * memory.
 *
 * @module
 */
import { openPlainFile } from "../../core/mod.ts";

const WINDOW_BYTES = 1024 * 1024;

/** Limit of a single read: a length field in a file must never decide how much is allocated. */
export const READ_BYTES_MAX = 64 * 1024 * 1024;

const EMPTY = new Uint8Array(0);

export interface ByteSource {
  readonly path: string;
  /** The size when the file was opened. */
  readonly sizeBytes: number;
  /**
   * The bytes from `offset`; fewer than `length` only at the end of the file. The returned bytes
   * never change.
   */
  bytes(offset: number, length: number): Promise<Uint8Array>;
}

export class FileSource implements ByteSource, Disposable {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: Deno.FsFile;
  #window: Uint8Array = EMPTY;
  #windowOffset = 0;

  private constructor(path: string, file: Deno.FsFile, sizeBytes: number) {
    this.path = path;
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  static async open(path: string): Promise<FileSource> {
    const file = await openPlainFile(path);
    try {
      return new FileSource(path, file, (await file.stat()).size);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async bytes(offset: number, length: number): Promise<Uint8Array> {
    if (length > READ_BYTES_MAX) {
      throw new RangeError(`a read of ${length} bytes is over the limit of ${READ_BYTES_MAX}`);
    }
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - offset));
    if (wanted === 0) return EMPTY;
    const start = offset - this.#windowOffset;
    if (start >= 0 && start + wanted <= this.#window.length) {
      return this.#window.subarray(start, start + wanted);
    }
    await this.#fill(offset, wanted);
    return this.#window.subarray(0, Math.min(wanted, this.#window.length));
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** A new buffer each time, so that bytes returned earlier do not change. */
  async #fill(offset: number, wanted: number): Promise<void> {
    const window = new Uint8Array(
      Math.min(Math.max(wanted, WINDOW_BYTES), this.sizeBytes - offset),
    );
    await this.#file.seek(offset, Deno.SeekMode.Start);
    let done = 0;
    while (done < window.length) {
      const read = await this.#file.read(window.subarray(done));
      if (read === null) break; // The file was truncated meanwhile.
      done += read;
    }
    this.#window = window.subarray(0, done);
    this.#windowOffset = offset;
  }
}
