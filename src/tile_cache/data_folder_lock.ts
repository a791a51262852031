/**
 * Who may use a data folder. PGlite has no locking of its own: two processes on one folder silently
 * lose each other's writes, so its owner holds the folder alone. Users of a server share it.
 *
 * The lock is the kernel's (flock): it ends with the process, however that ends.
 *
 * @module
 */
import { messageOf } from "../core/mod.ts";
import { CacheLockedError, TileFsError } from "./errors.ts";

const POLL_MS = 50;

export class DataFolderLock implements Disposable {
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Alone, or not at all.
   *
   * @throws CacheLockedError that names the process which holds the folder.
   */
  static async alone(dataFolder: string): Promise<DataFolderLock> {
    const file = await openLockFile(dataFolder);
    if (await tryLock(file, true)) return await DataFolderLock.#owned(file);
    const holder = await holderOf(file);
    file.close();
    throw new CacheLockedError(
      `Cannot open the tile cache in ${dataFolder}: ${holder} holds it; wait until it ends, or ` +
        "use a PostgreSQL server (a DSN) to share a cache",
    );
  }

  /**
   * With others. `aloneAtFirst` tells whether nobody else had the folder; the caller may then put
   * things in order before `share()`. Somebody who does just that is waited for.
   */
  static async withOthers(
    dataFolder: string,
    patienceMs = 10_000,
  ): Promise<{ lock: DataFolderLock; aloneAtFirst: boolean }> {
    const file = await openLockFile(dataFolder);
    if (await tryLock(file, true)) {
      return { lock: await DataFolderLock.#owned(file), aloneAtFirst: true };
    }
    for (let waitedMs = 0; !await tryLock(file, false); waitedMs += POLL_MS) {
      if (waitedMs >= patienceMs) {
        const holder = await holderOf(file);
        file.close();
        throw new CacheLockedError(
          `Cannot open the tile cache in ${dataFolder}: ${holder} holds it alone; wait until it ends`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return { lock: new DataFolderLock(file), aloneAtFirst: false };
  }

  static async #owned(file: Deno.FsFile): Promise<DataFolderLock> {
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return new DataFolderLock(file);
  }

  /** From alone to with others, of whom no single one can be named. */
  async share(): Promise<void> {
    await this.#file.truncate();
    await this.#file.lock(false);
  }

  [Symbol.dispose](): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

async function openLockFile(dataFolder: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dataFolder, { recursive: true });
    return await Deno.open(`${dataFolder}/cache.lock`, { create: true, read: true, write: true });
  } catch (error) {
    throw new TileFsError(
      `Cannot use ${dataFolder} for the tile cache: ${
        messageOf(error)
      }; name a folder that can be ` +
        "written",
      { cause: error },
    );
  }
}

async function tryLock(file: Deno.FsFile, exclusive: boolean): Promise<boolean> {
  return await file.tryLock(exclusive);
}

async function holderOf(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(64);
  await file.seek(0, Deno.SeekMode.Start);
  const length = await file.read(bytes) ?? 0;
  const pid = new TextDecoder().decode(bytes.subarray(0, length)).trim();
  return /^\d+$/.test(pid) ? `process ${pid}` : "another process";
}
