/**
 * A folder that is whole or absent: written under another name, renamed when it is done.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../../core/mod.ts";

/** The folder cannot be written: the disk is full, or permissions are missing. */
export class OutputWriteError extends GdnError {
  constructor(path: string, cause: unknown) {
    super(
      "OUTPUT_WRITE",
      `Cannot write ${path}: ${
        messageOf(cause)
      }; nothing was left behind: check the free space and ` +
        "the folder's permissions, then run it again",
      { cause, exitCode: EXIT.io },
    );
  }
}

export class OutputFolder implements AsyncDisposable {
  readonly path: string;
  readonly #partialPath: string;
  readonly #made = new Set<string>();
  #open = true;

  private constructor(path: string) {
    this.path = path;
    this.#partialPath = `${path}.partial`;
  }

  /** @throws GdnError with exit code 73 when `path` exists, OutputWriteError when it cannot be made. */
  static async create(path: string): Promise<OutputFolder> {
    const folder = new OutputFolder(path.replace(/(?<=.)\/+$/, ""));
    if (await folder.#exists()) {
      throw new GdnError(
        "OUTPUT_EXISTS",
        `Cannot write ${folder.path}: it exists already; remove it or choose another name`,
        { exitCode: EXIT.cannotCreate },
      );
    }
    await folder.guard(async () => {
      await Deno.remove(folder.#partialPath, { recursive: true }).catch(unlessNotFound);
      await Deno.mkdir(folder.#partialPath, { recursive: true });
    });
    return folder;
  }

  async #exists(): Promise<boolean> {
    try {
      await Deno.lstat(this.path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw new OutputWriteError(this.path, error);
    }
  }

  /** Where a file lies until the folder is committed; makes the folders above it. */
  async place(name: string): Promise<string> {
    const slash = name.lastIndexOf("/");
    const above = slash < 0 ? "" : name.slice(0, slash);
    if (above !== "" && !this.#made.has(above)) {
      await this.guard(() => Deno.mkdir(`${this.#partialPath}/${above}`, { recursive: true }));
      this.#made.add(above);
    }
    return `${this.#partialPath}/${name}`;
  }

  async file(name: string, bytes: Uint8Array): Promise<void> {
    const place = await this.place(name);
    await this.guard(() => Deno.writeFile(place, bytes));
  }

  /** Runs file work whose faults are {@link OutputWriteError}. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof OutputWriteError) throw error;
      throw new OutputWriteError(this.path, error);
    }
  }

  /** Gives the folder its name. Files written by others in it must be closed. */
  async commit(): Promise<void> {
    await this.guard(() => Deno.rename(this.#partialPath, this.path));
    this.#open = false;
  }

  /** Removes what was written unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await Deno.remove(this.#partialPath, { recursive: true }).catch(unlessNotFound);
  }
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
