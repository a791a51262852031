/**
 * The folder of a package in the making: written beside its place under another name, synced, then
 * renamed, so that a package is whole or absent. A leftover of a killed run is cleared away.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import {
  EXIT,
  messageOf,
  sha256Hex,
  sha256OfFile,
  syncPath,
  TaskPool,
  UsageError,
  writeSynced,
} from "../../core/mod.ts";
import { encodeManifest, type Manifest, PACKAGE_PATHS } from "../../flight/flight_package/mod.ts";
import { ProvisioningError } from "./errors.ts";

type ManifestFile = Manifest["files"][number];

/** Files that wait for the disk at the same time. */
const WRITES_AT_ONCE = 16;

export class PackageFolder implements AsyncDisposable {
  /** Where the package is being made. */
  readonly path: string;
  readonly #out: string;
  readonly #lock: Deno.FsFile;
  readonly #files: ManifestFile[] = [];
  readonly #folders = new Set<string>();
  readonly #writing = new TaskPool(WRITES_AT_ONCE);
  #done = false;

  private constructor(out: string, lock: Deno.FsFile) {
    this.#out = out;
    this.path = hidden(out, "partial");
    this.#lock = lock;
  }

  /**
   * @throws UsageError when `out` holds something that is no package.
   * @throws ProvisioningError when another run is making it, or it cannot be written.
   */
  static async begin(out: string): Promise<PackageFolder> {
    await checkReplaceable(out);
    try {
      await Deno.mkdir(dirname(out), { recursive: true });
      const lock = await takeLock(out);
      const folder = new PackageFolder(out, lock);
      try {
        await clearLeftovers(out, folder.path);
        await Deno.mkdir(folder.path);
      } catch (error) {
        lock.close();
        throw error;
      }
      return folder;
    } catch (error) {
      throw cannotWrite(out, error);
    }
  }

  /** Writes a file and notes its size and hash; it may still be on its way when this returns. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.folder(dirname(path));
      await this.#writing.start(async () => {
        await writeSynced(`${this.path}/${path}`, bytes);
        this.#files.push({ path, bytes: bytes.length, sha256: sha256Hex(bytes) });
      });
    } catch (error) {
      throw cannotWrite(this.#out, error);
    }
  }

  /** Makes a folder of the package. */
  async folder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await Deno.mkdir(`${this.path}/${path}`, { recursive: true });
    for (let at = path; at !== "."; at = dirname(at)) this.#folders.add(at);
  }

  /** Notes a file that somebody else wrote (and synced) in the folder. */
  async adopt(path: string): Promise<void> {
    const { size } = await Deno.lstat(`${this.path}/${path}`);
    const sha256 = await sha256OfFile(`${this.path}/${path}`);
    this.#files.push({ path, bytes: size, sha256 });
  }

  /** Writes the manifest last, syncs and puts the package in its place. Returns manifest and hash. */
  async finish(head: Omit<Manifest, "files">): Promise<{ bytes: number; manifestSha256: string }> {
    const manifest = await this.#writing.settle().then(
      () => encodeManifest({ ...head, files: this.#files }),
      (error) => Promise.reject(cannotWrite(this.#out, error)),
    );
    try {
      await writeSynced(`${this.path}/${PACKAGE_PATHS.manifest}`, manifest);
      for (const folder of this.#folders) await syncPath(`${this.path}/${folder}`);
      await syncPath(this.path);
      await this.#replace();
    } catch (error) {
      throw cannotWrite(this.#out, error);
    }
    const bytes = this.#files.reduce((sum, file) => sum + file.bytes, manifest.length);
    return { bytes, manifestSha256: sha256Hex(manifest) };
  }

  async #replace(): Promise<void> {
    const old = hidden(this.#out, "old");
    await Deno.rename(this.#out, old).catch(ignoreMissing);
    await Deno.rename(this.path, this.#out);
    this.#done = true;
    await syncPath(dirname(this.#out));
    await Deno.remove(old, { recursive: true }).catch(ignoreMissing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing[Symbol.asyncDispose]();
    if (!this.#done) await Deno.remove(this.path, { recursive: true }).catch(() => {});
    await Deno.remove(hidden(this.#out, "lock")).catch(() => {});
    this.#lock.close();
  }
}

/** Names beside the package that nobody else would choose: they may be deleted. */
function hidden(out: string, purpose: "partial" | "old" | "lock"): string {
  return `${dirname(out)}/.${basename(out)}.gdn-${purpose}`;
}

async function takeLock(out: string): Promise<Deno.FsFile> {
  const path = hidden(out, "lock");
  const lock = await Deno.open(path, { create: true, write: true });
  // Locked, and still the file of that name: the holder before may have removed it meanwhile.
  if (await lock.tryLock(true)) {
    const there = await Deno.lstat(path).catch(() => null);
    if (there?.ino === (await lock.stat()).ino) return lock;
  }
  lock.close();
  throw new ProvisioningError(`another run is making ${out}; wait for it`, {
    exitCode: EXIT.tryAgain,
  });
}

/** Only nothing, an empty folder or an older package may be replaced. */
async function checkReplaceable(out: string): Promise<void> {
  const refuse = (state: string) =>
    new UsageError(`--out ${out}: ${state}; name another folder, or remove it`);
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(out);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw cannotWrite(out, error);
  }
  if (!info.isDirectory) throw refuse("is there and is no folder");
  let entries = 0;
  for await (const _ of Deno.readDir(out)) entries++;
  if (entries === 0) return;
  try {
    const manifest = JSON.parse(await Deno.readTextFile(`${out}/${PACKAGE_PATHS.manifest}`));
    if (manifest?.format === "gdn-flight-package") return;
  } catch {
    // No manifest, or none of ours: what is there belongs to somebody.
  }
  throw refuse("is not empty and holds no flight package");
}

/** A run that died between its two renames left the old package under another name: put it back. */
async function clearLeftovers(out: string, partial: string): Promise<void> {
  await Deno.remove(partial, { recursive: true }).catch(ignoreMissing);
  const old = hidden(out, "old");
  const present = await Deno.lstat(out).then(() => true, () => false);
  if (present) await Deno.remove(old, { recursive: true }).catch(ignoreMissing);
  else await Deno.rename(old, out).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function cannotWrite(out: string, error: unknown): Error {
  if (error instanceof ProvisioningError || error instanceof UsageError) return error;
  // The entry point tells which right is missing.
  if (error instanceof Deno.errors.NotCapable) return error;
  const full = (error as { code?: string } | null)?.code === "ENOSPC";
  return new ProvisioningError(
    `${out} cannot be written (${messageOf(error)})` +
      (full
        ? "; free some disk space, nothing of it was kept"
        : "; check the folder and its rights"),
    { cause: error, exitCode: full ? EXIT.io : EXIT.cannotCreate },
  );
}
