/**
 * Temporary file with the compressed tiles of one level, in the order in which they were finished.
 *
 * @module
 */
import { writeAll } from "../../../../core/mod.ts";
import type { LevelTiles } from "./directory.ts";
import type { Level } from "./pyramid.ts";

const COPY_BYTES = 1 << 20;

export class LevelFile implements AsyncDisposable {
  readonly level: Level;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Offset from the beginning of the file; -1 for an empty tile. */
  readonly #offsets: Float64Array;
  readonly #byteCounts: Uint32Array;
  #bytes = 0;

  private constructor(path: string, file: Deno.FsFile, level: Level) {
    this.level = level;
    this.#path = path;
    this.#file = file;
    this.#offsets = new Float64Array(level.columns * level.rows).fill(-1);
    this.#byteCounts = new Uint32Array(level.columns * level.rows);
  }

  static async create(path: string, level: Level): Promise<LevelFile> {
    const file = await Deno.open(path, { read: true, write: true, createNew: true });
    return new LevelFile(path, file, level);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(column: number, row: number, tile: Uint8Array): Promise<void> {
    const place = row * this.level.columns + column;
    this.#offsets[place] = this.#bytes;
    this.#byteCounts[place] = tile.length;
    this.#bytes += tile.length;
    await writeAll(this.#file, tile);
  }

  /** Offsets of the tiles when this file is placed at `offset` in another. */
  places(offset: number, empty: { readonly offset: number; readonly bytes: number }): LevelTiles {
    return {
      level: this.level,
      offsets: this.#offsets.map((at) => at < 0 ? empty.offset : offset + at),
      byteCounts: this.#byteCounts.map((bytes, i) => this.#offsets[i] < 0 ? empty.bytes : bytes),
    };
  }

  async copyTo(out: Deno.FsFile): Promise<void> {
    await this.#file.seek(0, Deno.SeekMode.Start);
    const buffer = new Uint8Array(COPY_BYTES);
    for (;;) {
      const count = await this.#file.read(buffer);
      if (count === null) return;
      const bytes = buffer.subarray(0, count);
      await writeAll(out, bytes);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close();
    await Deno.remove(this.#path).catch(() => {});
  }
}
