/**
 * Verifies a package against its manifest: all files present, no others, sizes and SHA-256 correct,
 * tiles of the size of a tile, and no links (a link in an allowed folder can read outside of it).
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  NotPlainFileError,
  openPlainFile,
  readPlainFile,
  readPlainFileInto,
  sha256Hex,
} from "../../core/mod.ts";
import { type Manifest, MODEL_FOLDER, PACKAGE_PATHS } from "./contract.ts";
import { PackageError } from "./errors.ts";
import { checkTileSize, readTileFile } from "./package_tiles.ts";
import { SIGNATURE_PATHS } from "./trust/statement.ts";

const TILES = "tiles/";

export interface VerifyProgress {
  /** Bytes hashed so far, of `verifiedBytes(manifest)`. */
  (doneBytes: number): void;
}

/** Number of bytes that a verification reads. */
export function verifiedBytes(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

export type VerifyScope = "whole" | "quick";

/** Files that are checked when they are read: tiles by {@link PackageTiles}, models by who loads them. */
const CHECKED_WHEN_READ = [TILES, `${MODEL_FOLDER}/`];

/**
 * Returns the files whose bytes were left out.
 *
 * @throws PackageError naming the first invalid file.
 */
export async function verifyFiles(
  packagePath: string,
  manifest: Manifest,
  onProgress: VerifyProgress = () => {},
  scope: VerifyScope = "whole",
): Promise<Manifest["files"]> {
  await checkNames(packagePath, manifest);
  const leftOut: Manifest["files"] = [];
  const buffer = new Uint8Array(BUFFER_BYTES);
  let done = 0, turnMs = performance.now();
  for (const file of manifest.files) {
    const path = `${packagePath}/${file.path}`;
    if (scope === "quick" && CHECKED_WHEN_READ.some((folder) => file.path.startsWith(folder))) {
      checkBytes(path, Deno.lstatSync(path).size, file.bytes);
      leftOut.push(file);
    } else if (file.path.startsWith(TILES) && file.bytes < buffer.length) {
      verifyTileNow(path, file, buffer);
    } else await verifyFile(path, file, buffer, (_, bytes) => void onProgress(done + bytes));
    onProgress(done += file.bytes);
    if (performance.now() - turnMs < TURN_MS) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    turnMs = performance.now();
  }
  return leftOut;
}

const BUFFER_BYTES = 1 << 18;
/** Signals and timers have their turn so often. */
const TURN_MS = 50;

/** A package has a hundred thousand of them: as few calls of the system as it takes. */
function verifyTileNow(
  path: string,
  file: Manifest["files"][number],
  buffer: Uint8Array<ArrayBuffer>,
): void {
  let bytes: number;
  try {
    bytes = readPlainFileInto(path, buffer);
  } catch (error) {
    if (!(error instanceof NotPlainFileError)) throw error;
    throw new PackageError(path, `${error.reason}; provision again`, { cause: error });
  }
  const tile = buffer.subarray(0, bytes);
  checkBytes(path, bytes < buffer.length ? bytes : Deno.lstatSync(path).size, file.bytes);
  checkHash(path, sha256Hex(tile), file);
  checkTileSize(path, tile);
}

function checkHash(path: string, sha256: string, file: Manifest["files"][number]): void {
  if (sha256 === file.sha256) return;
  throw new PackageError(
    path,
    "was altered: its SHA-256 differs from the manifest's; provision again",
  );
}

/**
 * @param pause is awaited after each piece, with how many milliseconds it took and how many bytes were read
 * @throws PackageError
 */
export async function verifyFile(
  path: string,
  file: Manifest["files"][number],
  buffer: Uint8Array<ArrayBuffer> = new Uint8Array(BUFFER_BYTES),
  pause: (tookMs: number, bytes: number) => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const tile = file.path.startsWith(TILES) ? await readTileFile(path) : null;
  if (tile !== null) checkBytes(path, tile.length, file.bytes);
  const sha256 = tile === null ? await hashOf(path, file.bytes, buffer, pause) : sha256Hex(tile);
  checkHash(path, sha256, file);
  // A hash that is right says nothing of who wrote it.
  if (tile !== null) checkTileSize(path, tile);
}

/**
 * The bytes of a file that the manifest names: those that it names, also where somebody exchanged the file after
 * it was verified.
 *
 * @throws PackageError
 */
export async function readVerified(
  packagePath: string,
  file: Manifest["files"][number],
): Promise<Uint8Array<ArrayBuffer>> {
  const path = `${packagePath}/${file.path}`;
  try {
    const bytes = await readPlainFile(path, { within: packagePath, bytesMax: file.bytes });
    checkBytes(path, bytes.length, file.bytes);
    checkHash(path, sha256Hex(bytes), file);
    return bytes;
  } catch (error) {
    if (!(error instanceof NotPlainFileError)) throw error;
    throw new PackageError(path, `${error.reason}; provision again`, { cause: error });
  }
}

/** Files that a manifest cannot name: itself, and what is made of it afterwards. */
const UNNAMED = new Set<string>([PACKAGE_PATHS.manifest, ...Object.values(SIGNATURE_PATHS)]);

/** Names first, so that a missing or unexpected file is reported before gigabytes are hashed. */
async function checkNames(packagePath: string, manifest: Manifest): Promise<void> {
  const left = new Map(manifest.files.map((file) => [file.path, file.bytes]));
  for await (const entry of walk(packagePath, "")) {
    if (UNNAMED.has(entry)) continue;
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

async function hashOf(
  path: string,
  bytes: number,
  buffer: Uint8Array,
  pause: (tookMs: number, bytes: number) => Promise<void> | undefined,
): Promise<string> {
  const hash = createHash("sha256");
  let read = 0;
  using file = await openPlain(path);
  checkBytes(path, (await file.stat()).size, bytes);
  for (;;) {
    const beginMs = performance.now();
    const count = await file.read(buffer);
    if (count === null) break;
    hash.update(buffer.subarray(0, count));
    read += count;
    await pause(performance.now() - beginMs, read);
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
