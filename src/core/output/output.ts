/**
 * A file or a folder that is whole or absent, whenever the process or the machine stops.
 *
 * It is written in a staging folder beside its place, synced, and renamed. An older output that it
 * replaces keeps its place until then. Whoever writes holds a lock on the staging folder, which ends
 * with the process: so the next writer tells what a killed one left, removes it, and puts an older
 * output back that was on its way out.
 *
 *     report.html              the output
 *     report.html.tmp-{uuid}/  the staging folder, locked
 *       new                    the output in the making
 *       old                    an older folder: beside `new` on its way out, alone to be removed
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { forEachBounded } from "../concurrency.ts";
import { syncPath, TEMPORARY_MARK, temporaryPathFor } from "../durable_file.ts";
import { GdnError } from "../errors.ts";
import { exists, nullIfAbsent, removeIfPresent } from "../files.ts";
import { OutputBusyError, OutputTakenError, OutputWriteError } from "./errors.ts";

export interface OutputOptions {
  /** Replace what stands there. Leave it out where the caller has no such option. */
  readonly force?: boolean;
  /** Why a folder that stands there is not replaced, null if it may be; without it, none is. */
  readonly refuseFolder?: (path: string) => Promise<string | null>;
  /** One writer at a time, others get OutputBusyError; without it the last to commit wins. */
  readonly exclusive?: boolean;
}

type Kind = "file" | "folder";

const NEW = "new", OLD = "old";
const SYNCS_AT_ONCE = 8;

export class Output implements AsyncDisposable {
  readonly path: string;
  /** Write here: a folder, which is there, or a file, which is not yet. Close what you open. */
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
   * Folders above it are made.
   *
   * @throws OutputTakenError | OutputBusyError | OutputWriteError
   */
  static file(path: string, options: OutputOptions = {}): Promise<Output> {
    return Output.#begin(path, "file", options);
  }

  /** As {@link Output.file}, for a folder. */
  static folder(path: string, options: OutputOptions = {}): Promise<Output> {
    return Output.#begin(path, "folder", options);
  }

  static #begin(name: string, kind: Kind, options: OutputOptions): Promise<Output> {
    const path = name.replace(/(?<=.)\/+$/, "");
    return guarded(path, async () => {
      await Deno.mkdir(dirname(path), { recursive: true });
      using _turn = await waitForLock(dirname(path));
      const wasRestored = await clearLeftovers(path, options.exclusive ?? false);
      await checkFree(path, kind, options, wasRestored);
      const staging = temporaryPathFor(path);
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

  /** Runs file work; what the disk refuses is an {@link OutputWriteError} of this output. */
  guard<T>(work: () => Promise<T>): Promise<T> {
    return guarded(this.path, work);
  }

  /**
   * Brings all of it to the disk and gives it its name.
   *
   * @throws OutputTakenError when somebody else has taken the name meanwhile; OutputWriteError
   */
  async commit(): Promise<void> {
    await this.guard(async () => {
      await syncTree(this.temporaryPath);
      using _turn = await waitForLock(dirname(this.path));
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
      await syncPath(dirname(this.path));
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
  }
}

/** Rights that are missing have a message of their own (cli_faults.ts). */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isDiskFault = error instanceof Error && "code" in error &&
      !(error instanceof GdnError) && !(error instanceof Deno.errors.NotCapable);
    throw isDiskFault ? new OutputWriteError(path, error) : error;
  }
}

/** Of a folder itself: it leaves no file behind, and ends with the process. */
async function waitForLock(folder: string): Promise<Disposable> {
  const handle = await Deno.open(folder, { read: true });
  // Some network file systems lock no folders: there nothing of others is ever taken for a leftover.
  await handle.lock(true).catch(() => {});
  return { [Symbol.dispose]: () => handle.close() };
}

/** True when an older output was put back in its place. */
async function clearLeftovers(path: string, exclusive: boolean): Promise<boolean> {
  const folder = dirname(path), mark = basename(path) + TEMPORARY_MARK;
  let wasRestored = false;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const isStaging = isDirectory && name.startsWith(mark) &&
      /^[0-9a-f-]{36}$/.test(name.slice(mark.length));
    if (!isStaging) continue;
    const staging = `${folder}/${name}`;
    using handle = await nullIfAbsent(Deno.open(staging, { read: true }));
    if (handle === null) continue;
    if (await handle.tryLock(true).catch(() => false)) {
      wasRestored = await clearStaging(staging, path) || wasRestored;
    } else if (exclusive) throw new OutputBusyError(path); // Its writer lives.
  }
  return wasRestored;
}

/** True when an older output stood between the two renames, and was put back. */
async function clearStaging(staging: string, path: string): Promise<boolean> {
  const isBetween = await exists(`${staging}/${NEW}`) && await exists(`${staging}/${OLD}`);
  if (isBetween) {
    if (await exists(path)) return false; // Somebody took the name: a person must choose.
    await Deno.rename(`${staging}/${OLD}`, path);
    await syncPath(dirname(path));
  }
  await removeIfPresent(staging);
  return isBetween;
}

/** True where something stands that may be replaced. @throws OutputTakenError */
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
      ? " (a run that was killed had moved it aside; it is back in its place)"
      : "";
    const advice = force === undefined
      ? "remove it or choose another name"
      : "choose another name, or replace it with --force";
    throw new OutputTakenError(path, `it exists already${history}; ${advice}`);
  }
  if (kind === "file" ? !info.isFile : !info.isDirectory) {
    throw new OutputTakenError(path, `it is no ${kind}, and is not replaced by one`);
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
