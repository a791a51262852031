import { writeAll } from "../files.ts";
import type { Output } from "./output.ts";

const BUFFER_BYTES = 256 * 1024;
const UTF8 = new TextEncoder();

/** A file of an output, written sequentially in large pieces, because each write has its cost. */
export class OutputFile implements Disposable {
  readonly #output: Output;
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #used = 0;
  #bytes = 0;

  private constructor(output: Output, file: Deno.FsFile) {
    this.#output = output;
    this.#file = file;
  }

  /** `path` is the output's temporary path, or below it. */
  static create(output: Output, path: string): Promise<OutputFile> {
    return output.guard(async () =>
      new OutputFile(output, await Deno.open(path, { write: true, createNew: true }))
    );
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    if (this.#used + bytes.length > this.#buffer.length) await this.flush();
    if (bytes.length > this.#buffer.length) return await this.#writeAll(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async writeText(text: string): Promise<void> {
    await this.write(UTF8.encode(text));
  }

  /** Writes what is buffered; the commit of the output syncs it. */
  async flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    await this.#writeAll(bytes);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    await this.#output.guard(() => writeAll(this.#file, bytes));
  }
}
