/**
 * Writes a recorded-flight folder: into a temporary folder first, renamed when it is whole.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../core/mod.ts";
import { type FlightDescription, STREAM_COLUMNS, type StreamFile } from "../replay/mod.ts";

const FLUSH_CHARACTERS = 1 << 16;

/** The folder cannot be written: the disk is full, or somebody else's file is in the way. */
export class FlightWriteError extends GdnError {
  constructor(path: string, cause: unknown) {
    super("FLIGHT_WRITE", `Cannot write the flight ${path}: ${mend(cause)}`, {
      cause,
      exitCode: EXIT.io,
    });
  }
}

function mend(cause: unknown): string {
  if (cause instanceof Deno.errors.NotCapable) {
    return `${messageOf(cause)}; grant --allow-write for it`;
  }
  return `${messageOf(cause)}; nothing was left behind: check the free space and the folder's ` +
    "permissions, then run it again";
}

export class FlightFolder implements AsyncDisposable {
  readonly path: string;
  readonly #temporaryPath: string;
  readonly #files = new Map<StreamFile, { file: Deno.FsFile; text: string }>();
  #open = true;

  private constructor(path: string, temporaryPath: string) {
    this.path = path;
    this.#temporaryPath = temporaryPath;
  }

  /** @throws GdnError with exit code 73 when `path` exists, FlightWriteError when it cannot be made. */
  static async create(path: string): Promise<FlightFolder> {
    const name = path.replace(/\/+$/, "");
    if (await exists(name)) {
      throw new GdnError(
        "FLIGHT_EXISTS",
        `Cannot write the flight ${name}: it exists already; remove it or choose another name`,
        { exitCode: EXIT.cannotCreate },
      );
    }
    const folder = new FlightFolder(name, `${name}.partial`);
    try {
      await Deno.remove(folder.#temporaryPath, { recursive: true }).catch(unlessNotFound);
      await Deno.mkdir(`${folder.#temporaryPath}/frames`, { recursive: true });
      for (const stream of Object.keys(STREAM_COLUMNS) as StreamFile[]) {
        const file = await Deno.open(`${folder.#temporaryPath}/${stream}`, {
          write: true,
          create: true,
          truncate: true,
        });
        folder.#files.set(stream, { file, text: `${STREAM_COLUMNS[stream].join(",")}\n` });
      }
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw new FlightWriteError(name, error);
    }
    return folder;
  }

  /** Appends one row; `values` stand in the order of STREAM_COLUMNS. */
  async row(stream: StreamFile, values: readonly (number | string)[]): Promise<void> {
    const out = this.#files.get(stream);
    if (out === undefined) throw new TypeError("a row was written to a closed flight folder");
    out.text += values.join(",") + "\n";
    if (out.text.length >= FLUSH_CHARACTERS) await this.#flush(out);
  }

  /** A file of the folder, "frames/000000.jpg". */
  async file(name: string, bytes: Uint8Array): Promise<void> {
    await this.#guard(() => Deno.writeFile(`${this.#temporaryPath}/${name}`, bytes));
  }

  /** Writes the descriptions, closes everything and gives the folder its name. */
  async commit(description: FlightDescription, truth: unknown): Promise<void> {
    const text = (value: unknown) =>
      new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
    await this.file("flight.json", text(description));
    await this.file("truth.json", text(truth));
    for (const out of this.#files.values()) await this.#flush(out);
    this.#close();
    await this.#guard(() => Deno.rename(this.#temporaryPath, this.path));
    this.#open = false;
  }

  async #flush(out: { file: Deno.FsFile; text: string }): Promise<void> {
    let bytes = new TextEncoder().encode(out.text);
    out.text = "";
    await this.#guard(async () => {
      while (bytes.length > 0) bytes = bytes.subarray(await out.file.write(bytes));
    });
  }

  async #guard(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new FlightWriteError(this.path, error);
    }
  }

  #close(): void {
    for (const { file } of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** Removes what was written unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (!this.#open) return;
    this.#open = false;
    await Deno.remove(this.#temporaryPath, { recursive: true }).catch(unlessNotFound);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new FlightWriteError(path, error);
  }
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
