/**
 * Verifies a package against its manifest: all files present, no others, sizes and SHA-256 correct,
 * tiles of the size of a tile, and no links (a link in an allowed folder can read outside of it).
 *
 * @module
 */
import { createHash } from "node:crypto";
import { NotPlainFileError, openPlainFile, sha256Hex } from "../../core/mod.ts";
import { type Manifest, PACKAGE_PATHS } from "./contract.ts";
import { PackageError } from "./errors.ts";
import { checkTileSize, readTileFile } from "./package_tiles.ts";

const TILES = "tiles/";

export interface VerifyProgress {
  /** Bytes hashed so far, of `verifiedBytes(manifest)`. */
  (doneBytes: number): void;
}

/** Number of bytes that a verification reads. */
export function verifiedBytes(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

/** @throws PackageError naming the first invalid file. */
export async function verifyFiles(
  packagePath: string,
  manifest: Manifest,
  onProgress: VerifyProgress = () => {},
): Promise<void> {
  await checkNames(packagePath, manifest);
  const buffer = new Uint8Array(1 << 18);
  let done = 0;
  for (const file of manifest.files) {
    const path = `${packagePath}/${file.path}`;
    const tile = file.path.startsWith(TILES) ? await readTileFile(path) : null;
    if (tile !== null) checkBytes(path, tile.length, file.bytes);
    const sha256 = tile === null ? await hashOf(path, file.bytes, buffer) : sha256Hex(tile);
    if (sha256 !== file.sha256) {
      throw new PackageError(
        path,
        "was altered: its SHA-256 differs from the manifest's; provision again",
      );
    }
    // A hash that is right says nothing of who wrote it.
    if (tile !== null) checkTileSize(path, tile);
    onProgress(done += file.bytes);
  }
}

/** Names first, so that a missing or unexpected file is reported before gigabytes are hashed. */
async function checkNames(packagePath: string, manifest: Manifest): Promise<void> {
  const left = new Map(manifest.files.map((file) => [file.path, file.bytes]));
  for await (const entry of walk(packagePath, "")) {
    if (entry === PACKAGE_PATHS.manifest) continue;
    if (!left.delete(entry)) {
      throw new PackageError(
        `${packagePath}/${entry}`,
        "is not named in manifest.json; remove it or provision again",
      );
    }
  }
  const [missing] = left.keys();
  if (missing !== undefined) {
    const more = left.size > 1 ? ` (and ${left.size - 1} more files)` : "";
    throw new PackageError(`${packagePath}/${missing}`, `is missing${more}; provision again`);
  }
}

async function* walk(packagePath: string, folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${packagePath}/${folder}`)) {
    const path = folder + entry.name;
    if (entry.isSymlink || !(entry.isFile || entry.isDirectory)) {
      throw new PackageError(
        `${packagePath}/${path}`,
        "is a link or a device; a package contains only regular files",
      );
    }
    if (entry.isDirectory) yield* walk(packagePath, `${path}/`);
    else yield path;
  }
}

function checkBytes(path: string, found: number, stated: number): void {
  if (found === stated) return;
  throw new PackageError(
    path,
    `has ${found} bytes, the manifest states ${stated}; provision again`,
  );
}

async function hashOf(path: string, bytes: number, buffer: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  let read = 0;
  using file = await openPlain(path);
  checkBytes(path, (await file.stat()).size, bytes);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) break;
    hash.update(buffer.subarray(0, count));
    read += count;
    if (read > bytes) throw new PackageError(path, "grows while it is read; provision again");
  }
  return hash.digest("hex");
}

async function openPlain(path: string): Promise<Deno.FsFile> {
  try {
    return await openPlainFile(path);
  } catch (error) {
    if (!(error instanceof NotPlainFileError)) throw error;
    throw new PackageError(path, `${error.reason}; provision again`, { cause: error });
  }
}
