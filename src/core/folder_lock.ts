/**
 * Locks a folder for one process exclusively, or for several shared. The lock is the kernel's
 * (flock) on a file in the folder: it ends with the process, however that ends. The file remains.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, GdnError } from "./errors.ts";
import { NotPlainFileError, openOwnFile, openPlainFile } from "./plain_file.ts";

const POLL_MS = 50;

/** Another process holds the lock: exit code 75. */
export class FolderLockedError extends GdnError {
  /** "process 1234", or "another process" when the file does not name it. */
  readonly holder: string;

  constructor(lockPath: string, holder: string) {
    super("FOLDER_LOCKED", `Cannot lock ${lockPath}: ${holder} holds it; wait until it ends`, {
      exitCode: EXIT.tryAgain,
    });
    this.holder = holder;
  }
}

export class FolderLock implements Disposable {
  readonly #file: Deno.FsFile;
  #open = true;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks exclusively, without waiting. `lockPath` is created when absent, its folder is not.
   *
   * @throws FolderLockedError that names the process which holds it; errors of the file system.
   */
  static async alone(lockPath: string): Promise<FolderLock> {
    const file = await open(lockPath);
    try {
      if (await file.tryLock(true)) return await FolderLock.#owned(file);
      throw new FolderLockedError(lockPath, await holderOf(file));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Locks shared. `aloneAtFirst` is true when no other process held it; the caller may then
   * reconcile before `share()`. A process that is just doing that is waited for.
   *
   * @throws as `alone()`, when that takes longer than `patienceMs`.
   */
  static async withOthers(
    lockPath: string,
    patienceMs = 10_000,
  ): Promise<{ readonly lock: FolderLock; readonly aloneAtFirst: boolean }> {
    const file = await open(lockPath);
    try {
      if (await file.tryLock(true)) {
        return { lock: await FolderLock.#owned(file), aloneAtFirst: true };
      }
      for (let waitedMs = 0; !await file.tryLock(false); waitedMs += POLL_MS) {
        if (waitedMs >= patienceMs) throw new FolderLockedError(lockPath, await holderOf(file));
        await sleep(POLL_MS);
      }
      return { lock: new FolderLock(file), aloneAtFirst: false };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Locks shared a lock file that is there and may not be written.
   *
   * @throws as `alone()`
   */
  static async toRead(lockPath: string): Promise<FolderLock> {
    const file = await openPlainFile(lockPath);
    try {
      if (await file.tryLock(false)) return new FolderLock(file);
      throw new FolderLockedError(lockPath, await holderOf(file));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  static async #owned(file: Deno.FsFile): Promise<FolderLock> {
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return new FolderLock(file);
  }

  /** From exclusive to shared; then no single holder can be named. */
  async share(): Promise<void> {
    await this.#file.truncate();
    await this.#file.lock(false);
  }

  [Symbol.dispose](): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}

/** Never through a link: the file is truncated. */
async function open(lockPath: string): Promise<Deno.FsFile> {
  try {
    return await openOwnFile(lockPath);
  } catch (error) {
    if (!(error instanceof NotPlainFileError)) throw error;
    throw new GdnError("FOLDER_LOCK", `Cannot lock ${lockPath}: it ${error.reason}`, {
      cause: error,
      exitCode: EXIT.cannotCreate,
    });
  }
}

async function holderOf(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(64);
  await file.seek(0, Deno.SeekMode.Start);
  const length = await file.read(bytes) ?? 0;
  const pid = new TextDecoder().decode(bytes.subarray(0, length)).trim();
  return /^\d+$/.test(pid) ? `process ${pid}` : "another process";
}
