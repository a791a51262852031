/**
 * Writes a file or folder that is complete or absent, whenever the process or the machine stops.
 *
 * It is written in a staging folder beside its destination, synced, and renamed. An older output
 * that it replaces stays in place until then. The writer holds a lock on the staging folder, which
 * ends with the process: so the next writer recognises what a killed one left, removes it, and
 * restores an older output that was being replaced.
 *
 *     report.html           the output
 *     report.html.tmp/      locked for moments, by whoever begins, commits or clears
 *       {uuid}/             the staging folder of one writer, locked
 *         new               the output that is being written
 *         old               an older folder: beside `new` while it is replaced, alone when it is to be removed
 *
 * Both names are fixed: a program needs permission for these two, and for nothing else of their folder.
 *
 * @module
 */
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { forEachBounded } from "../concurrency.ts";
import { syncPath } from "../durable_file.ts";
import { GdnError, systemCode } from "../errors.ts";
import { exists, nullIfAbsent, removeIfPresent } from "../files.ts";
import { OutputBusyError, OutputTakenError, OutputWriteError } from "./errors.ts";
import { stagingFolderOf } from "./staging_folder.ts";

export interface OutputOptions {
  /** Replace an existing output. Leave it out when the caller has no such option. */
  readonly force?: boolean;
  /** Why an existing folder must not be replaced, null if it may be; without it, none may be. */
  readonly refuseFolder?: (path: string) => Promise<string | null>;
  /** One writer at a time, others get OutputBusyError; without it the last to commit wins. */
  readonly exclusive?: boolean;
}

type Kind = "file" | "folder";

const NEW = "new", OLD = "old";
const SYNCS_AT_ONCE = 8;
const LOCK_WAIT_MS_MAX = 5000, LOCK_RETRY_MS = 20;

export class Output implements AsyncDisposable {
  readonly path: string;
  /**
   * The path to write to: a folder, which exists, or a file, which does not exist yet. Close what
   * you open.
   */
  readonly temporaryPath: string;
  readonly #kind: Kind;
  readonly #options: OutputOptions;
  readonly #staging: string;
  readonly #lock: Disposable;
  #isOpen = true;

  private constructor(
    path: string,
    kind: Kind,
    options: OutputOptions,
    staging: { readonly path: string; readonly lock: Disposable },
  ) {
    this.path = path;
    this.temporaryPath = `${staging.path}/${NEW}`;
    this.#kind = kind;
    this.#options = options;
    this.#staging = staging.path;
    this.#lock = staging.lock;
  }

  /**
   * Creates the folders above it.
   *
   * @throws OutputTakenError | OutputBusyError | OutputWriteError
   */
  static file(path: string, options: OutputOptions = {}): Promise<Output> {
    return Output.#begin(path, "file", options);
  }

  /** Like {@link Output.file}, for a folder. */
  static folder(path: string, options: OutputOptions = {}): Promise<Output> {
    return Output.#begin(path, "folder", options);
  }

  static #begin(name: string, kind: Kind, options: OutputOptions): Promise<Output> {
    const path = name.replace(/(?<=.)\/+$/, "");
    return guarded(path, async () => {
      // Without leftovers a taken name is refused before anything is made.
      if (!await exists(stagingFolderOf(path))) await checkFree(path, kind, options, false);
      using _turn = await takeTurn(path);
      const wasRestored = await clearLeftovers(path, options.exclusive ?? false);
      await checkFree(path, kind, options, wasRestored);
      const staging = `${stagingFolderOf(path)}/${crypto.randomUUID()}`;
      await Deno.mkdir(staging);
      const lock = await waitForLock(staging);
      const output = new Output(path, kind, options, { path: staging, lock });
      try {
        if (kind === "folder") await Deno.mkdir(output.temporaryPath);
      } catch (error) {
        await output[Symbol.asyncDispose]();
        throw error;
      }
      return output;
    });
  }

  /** Runs file operations; errors of the disk become an {@link OutputWriteError} of this output. */
  guard<T>(work: () => Promise<T>): Promise<T> {
    return guarded(this.path, work);
  }

  /**
   * Syncs everything and renames it to its final name.
   *
   * @throws OutputTakenError when the name was taken meanwhile; OutputWriteError
   */
  async commit(): Promise<void> {
    await this.guard(async () => {
      await syncTree(this.temporaryPath);
      using _turn = await takeTurn(this.path);
      const isTaken = await checkFree(this.path, this.#kind, this.#options, false);
      // A file is replaced by one rename, a folder takes two.
      const old = isTaken && this.#kind === "folder" ? `${this.#staging}/${OLD}` : null;
      if (old !== null) await Deno.rename(this.path, old);
      try {
        await Deno.rename(this.temporaryPath, this.path);
      } catch (error) {
        if (old !== null) await Deno.rename(old, this.path);
        throw error;
      }
      await syncName(this.path);
    });
    await this[Symbol.asyncDispose]();
  }

  /** Removes what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // What cannot be removed now is removed by the next writer.
    await clearStaging(this.#staging, this.path).catch(() => {});
    this.#lock[Symbol.dispose]();
    // The turn's end removes the folder of all writers where it is the last.
    const turn = await takeTurn(this.path).catch(() => null);
    turn?.[Symbol.dispose]();
  }
}

/** A missing permission has its own message (command_line/faults.ts). */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isDiskFault = systemCode(error) !== undefined && !(error instanceof GdnError) &&
      !(error instanceof Deno.errors.NotCapable);
    throw isDiskFault ? new OutputWriteError(path, error) : error;
  }
}

/**
 * Locks the folder that all writers of an output share, and makes it where it is absent; the end of the
 * turn removes it where nobody has left anything in it. Made folders above it remain.
 *
 * @throws OutputTakenError where its name is a file or a link; OutputBusyError
 */
async function takeTurn(path: string): Promise<Disposable> {
  const shared = stagingFolderOf(path);
  for (;;) {
    const there = await nullIfAbsent(Deno.lstat(shared));
    if (there !== null && !there.isDirectory) {
      throw new OutputTakenError(
        path,
        `${shared}, where it is written first, is no folder; remove it`,
      );
    }
    // Also the folders above it, without permission for them.
    await Deno.mkdir(shared, { recursive: true });
    const lock = await nullIfAbsent(waitForLock(shared));
    if (lock === null) continue;
    // Another writer, the last of its turn, may have removed it before it was locked.
    const now = await nullIfAbsent(Deno.lstat(shared));
    if (now !== null && now.ino === lock.inode) {
      return {
        [Symbol.dispose]() {
          try {
            Deno.removeSync(shared);
          } catch {
            // Not empty: others are writing, or have left something.
          }
          lock[Symbol.dispose]();
        },
      };
    }
    lock[Symbol.dispose]();
  }
}

/**
 * Makes a new name durable. Without permission for its folder what has the name is synced, with which
 * ext4, XFS and Btrfs write its name as well.
 */
async function syncName(path: string): Promise<void> {
  try {
    await syncPath(dirname(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    await syncPath(path);
  }
}

/**
 * A lock on the folder itself: it leaves no file behind, and ends with the process. Writers hold it
 * for moments; another program that keeps it is not waited for.
 *
 * @throws OutputBusyError
 */
async function waitForLock(
  folder: string,
): Promise<Disposable & { readonly inode: number | null }> {
  const handle = await Deno.open(folder, { read: true });
  const deadlineMs = performance.now() + LOCK_WAIT_MS_MAX;
  // Some network file systems cannot lock folders: there, leftovers of other writers are never
  // removed.
  while (!await handle.tryLock(true).catch(() => true)) {
    if (performance.now() > deadlineMs) {
      handle.close();
      throw new OutputBusyError(folder, "another program holds a lock on this folder");
    }
    await setTimeout(LOCK_RETRY_MS);
  }
  const { ino: inode } = await handle.stat();
  return { inode, [Symbol.dispose]: () => handle.close() };
}

/** True when an older output was restored. */
async function clearLeftovers(path: string, exclusive: boolean): Promise<boolean> {
  const shared = stagingFolderOf(path);
  let wasRestored = false;
  for await (const { name, isDirectory } of Deno.readDir(shared)) {
    if (!isDirectory || !/^[0-9a-f-]{36}$/.test(name)) continue;
    const staging = `${shared}/${name}`;
    using handle = await nullIfAbsent(Deno.open(staging, { read: true }));
    if (handle === null) continue;
    if (await handle.tryLock(true).catch(() => false)) {
      wasRestored = await clearStaging(staging, path) || wasRestored;
    } else if (exclusive) throw new OutputBusyError(path); // Its writer lives.
  }
  return wasRestored;
}

/** True when an older output was found between the two renames, and restored. */
async function clearStaging(staging: string, path: string): Promise<boolean> {
  const isBetween = await exists(`${staging}/${NEW}`) && await exists(`${staging}/${OLD}`);
  if (isBetween) {
    if (await exists(path)) return false; // The name was taken meanwhile: the user must choose.
    await Deno.rename(`${staging}/${OLD}`, path);
    await syncName(path);
  }
  await removeIfPresent(staging);
  return isBetween;
}

/** True when something exists that may be replaced. @throws OutputTakenError */
async function checkFree(
  path: string,
  kind: Kind,
  { force, refuseFolder }: OutputOptions,
  wasRestored: boolean,
): Promise<boolean> {
  const info = await nullIfAbsent(Deno.lstat(path));
  if (info === null) return false;
  if (!force) {
    const history = wasRestored
      ? " (a run that was killed had moved it aside; it has been restored)"
      : "";
    const advice = force === undefined
      ? "remove it or choose another name"
      : "choose another name, or replace it with --force";
    throw new OutputTakenError(path, `it exists already${history}; ${advice}`);
  }
  if (kind === "file" ? !info.isFile : !info.isDirectory) {
    throw new OutputTakenError(path, `it is not a ${kind}, and is not replaced by one`);
  }
  if (kind === "file") return true;
  const reason = refuseFolder === undefined ? "it is a folder" : await refuseFolder(path);
  if (reason !== null) throw new OutputTakenError(path, `${reason}, and is not replaced`);
  return true;
}

async function syncTree(path: string): Promise<void> {
  const { isDirectory } = await Deno.lstat(path);
  if (isDirectory) {
    const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
    await forEachBounded(names, SYNCS_AT_ONCE, (name) => syncTree(`${path}/${name}`));
  }
  await syncPath(path);
}
