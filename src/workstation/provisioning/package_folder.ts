/**
 * The folder of a package in the making, with the list of its files: whole or absent.
 *
 * @module
 */
import { dirname } from "node:path";
import {
  Output,
  parseBoundedJson,
  readPlainTextFile,
  sha256Hex,
  sha256OfFile,
  TaskPool,
  writeSynced,
} from "../../core/mod.ts";
import { encodeManifest, type Manifest, PACKAGE_PATHS } from "../../flight/flight_package/mod.ts";

type ManifestFile = Manifest["files"][number];

/** Files that are synced concurrently. */
const WRITES_AT_ONCE = 16;

export class PackageFolder implements AsyncDisposable {
  /** Folder in which the package is being made. */
  readonly path: string;
  readonly #output: Output;
  #files: ManifestFile[] = [];
  readonly #writing = new TaskPool(WRITES_AT_ONCE);

  private constructor(output: Output) {
    this.#output = output;
    this.path = output.temporaryPath;
  }

  /**
   * An older package, or an empty folder, is replaced.
   *
   * @throws OutputTakenError | OutputBusyError | OutputWriteError
   */
  static async begin(out: string): Promise<PackageFolder> {
    const options = { force: true, exclusive: true, refuseFolder: refuseForeignFolder };
    return new PackageFolder(await Output.folder(out, options));
  }

  /**
   * Writes a file and notes its size and hash; it may still be on its way when this returns.
   *
   * @throws OutputWriteError, of an earlier file too
   */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.folder(dirname(path));
    await this.#writing.start(async () => {
      await this.#output.guard(() => writeSynced(`${this.path}/${path}`, bytes));
      this.#files.push({ path, bytes: bytes.length, sha256: sha256Hex(bytes) });
    });
  }

  /** Creates a folder in the package. */
  async folder(path: string): Promise<void> {
    await this.#output.guard(() => Deno.mkdir(`${this.path}/${path}`, { recursive: true }));
  }

  /** Notes a file that another component wrote in the folder. */
  async adopt(path: string): Promise<void> {
    const { size } = await Deno.lstat(`${this.path}/${path}`);
    const sha256 = await sha256OfFile(`${this.path}/${path}`);
    this.#files.push({ path, bytes: size, sha256 });
  }

  /** The files noted so far. */
  get files(): readonly ManifestFile[] {
    return this.#files;
  }

  /** Takes a file over from an older package, with the hash that was verified: linked, else copied. */
  async keep(olderPackage: string, file: ManifestFile): Promise<void> {
    await this.folder(dirname(file.path));
    const from = `${olderPackage}/${file.path}`, to = `${this.path}/${file.path}`;
    await this.#output.guard(() => Deno.link(from, to).catch(() => Deno.copyFile(from, to)));
    this.#files.push(file);
  }

  /** Takes files off the list; they stay in the folder until they are listed again. */
  forget(which: (file: ManifestFile) => boolean): void {
    this.#files = this.#files.filter((file) => !which(file));
  }

  /** Writes the manifest last and puts the package in its place. Returns its size and hash. */
  async finish(head: Omit<Manifest, "files">): Promise<{ bytes: number; manifestSha256: string }> {
    await this.#writing.settle();
    const manifest = encodeManifest({ ...head, files: this.#files });
    await this.#output.guard(() => writeSynced(`${this.path}/${PACKAGE_PATHS.manifest}`, manifest));
    await this.#output.commit();
    const bytes = this.#files.reduce((sum, file) => sum + file.bytes, manifest.length);
    return { bytes, manifestSha256: sha256Hex(manifest) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing[Symbol.asyncDispose]();
    await this.#output[Symbol.asyncDispose]();
  }
}

/** Null for an empty folder and an older package. */
async function refuseForeignFolder(folder: string): Promise<string | null> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  if (entries.length === 0) return null;
  try {
    const text = await readPlainTextFile(`${folder}/${PACKAGE_PATHS.manifest}`, {
      within: folder,
      bytesMax: 64 * 1024 * 1024,
    });
    const manifest = parseBoundedJson(text) as { format?: unknown } | null;
    if (manifest?.format === "gdn-flight-package") return null;
  } catch {
    // No manifest of ours: the folder belongs to something else.
  }
  return "it is not empty and does not hold a flight package";
}
