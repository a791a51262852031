/**
 * Writes a file or folder that is complete or absent: it is written under a temporary name and
 * renamed at the end.
 *
 * @module
 */
import { dirname } from "node:path";
import { exists, syncPath, temporaryPathFor, writeAll } from "../../core/mod.ts";
import { OutputTakenError, OutputWriteError } from "./errors.ts";

export class NewOutput implements AsyncDisposable {
  readonly path: string;
  /** The path to write to. */
  readonly temporaryPath: string;
  #open = true;

  private constructor(path: string) {
    this.path = path;
    this.temporaryPath = temporaryPathFor(path);
  }

  /** @throws OutputTakenError when `path` exists. */
  static async file(path: string): Promise<NewOutput> {
    return await NewOutput.#create(path, () => Deno.mkdir(dirname(path), { recursive: true }));
  }

  /** @throws OutputTakenError when `path` exists. */
  static async folder(path: string): Promise<NewOutput> {
    const place = path.length > 1 ? path.replace(/\/+$/, "") : path;
    return await NewOutput.#create(
      place,
      (output) => Deno.mkdir(output.temporaryPath, { recursive: true }),
    );
  }

  static async #create(
    path: string,
    make: (output: NewOutput) => Promise<void>,
  ): Promise<NewOutput> {
    const output = new NewOutput(path);
    await output.guard(async () => {
      if (await exists(path)) throw new OutputTakenError(path);
      await make(output);
    });
    return output;
  }

  /** Runs file operations; errors of the disk become an {@link OutputWriteError} of this output. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isDiskFault(error) ? new OutputWriteError(this.path, error) : error;
    }
  }

  /** Renames it to its final name. All files must be closed. */
  async commit(): Promise<void> {
    await this.guard(async () => {
      await syncPath(this.temporaryPath);
      // The name may have been taken meanwhile, and rename would replace that file.
      if (await exists(this.path)) throw new OutputTakenError(this.path);
      await Deno.rename(this.temporaryPath, this.path);
      this.#open = false;
      await syncPath(dirname(this.path));
    });
  }

  /** Removes what was written, unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await Deno.remove(this.temporaryPath, { recursive: true }).catch(() => {});
  }
}

/** A file that is written sequentially, in large pieces. */
export class OutputFile {
  readonly #output: NewOutput;
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(256 * 1024);
  #used = 0;
  #bytes = 0;

  private constructor(output: NewOutput, file: Deno.FsFile) {
    this.#output = output;
    this.#file = file;
  }

  /** `path` is the output's temporary path, or below it. */
  static create(output: NewOutput, path: string): Promise<OutputFile> {
    return output.guard(async () =>
      new OutputFile(output, await Deno.open(path, { write: true, createNew: true }))
    );
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    if (this.#used + bytes.length > this.#buffer.length) await this.#flush();
    if (bytes.length > this.#buffer.length) return await this.#writeAll(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  async writeText(text: string): Promise<void> {
    await this.write(utf8.encode(text));
  }

  /** Flushes and syncs everything to the disk. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#output.guard(() => this.#file.sync());
  }

  close(): void {
    this.#file.close();
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    await this.#writeAll(bytes);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    await this.#output.guard(async () => {
      await writeAll(this.#file, bytes);
    });
  }
}

const utf8 = new TextEncoder();

/** A missing permission has its own message (core/command_line/faults.ts). */
function isDiskFault(error: unknown): boolean {
  if (error instanceof Deno.errors.NotCapable) return false;
  return error instanceof Error && "code" in error && !(error instanceof OutputTakenError) &&
    !(error instanceof OutputWriteError);
}
