/**
 * How the three files of an index change together. One rename decides: that of the metadata, which
 * names the index by its hash.
 *
 * 1. The new index and its `.sha256` are written and synced under staged names that carry the hash.
 * 2. The new metadata is renamed to its place: from here on the new index is the index.
 * 3. The staged files are renamed to their places.
 *
 * Between the steps the folder is synced, so that a power cut cannot change their order. A reader
 * takes the files that the metadata's hash names, staged or in place (read_files.ts); it needs to
 * write nothing. The next build finishes or clears what was left.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import {
  parseBoundedJson,
  readPlainTextFile,
  sha256OfFile,
  temporaryPathFor,
} from "../../core/mod.ts";
import type { IndexMetadata } from "./contract.ts";
import { type IndexDisk, realDisk } from "./index_disk.ts";
import { INDEX_METADATA_BYTES_MAX } from "./contract.ts";
import { indexPaths, leftoversOf, stagedPaths } from "./index_paths.ts";

/**
 * Replaces the three files. `writeIndex` fills the path that it is given; `metadata` is completed
 * with the hash of what it wrote. One process at a time: others wait.
 */
export async function replaceIndexFiles(
  indexPath: string,
  writeIndex: (path: string) => Promise<void>,
  metadata: Omit<IndexMetadata, "sha256">,
  disk: IndexDisk = realDisk,
): Promise<IndexMetadata> {
  const folder = dirname(indexPath);
  await Deno.mkdir(folder, { recursive: true });
  using _lock = await lockFolder(folder);
  await finishSwap(indexPath, disk);
  const paths = indexPaths(indexPath);
  const written: string[] = [];
  const begin = (path: string) => {
    written.push(path);
    return path;
  };
  try {
    const temporary = begin(temporaryPathFor(paths.index));
    await writeIndex(temporary);
    await disk.sync(temporary);
    const sha256 = await sha256OfFile(temporary);
    const staged = stagedPaths(indexPath, sha256);
    await disk.rename(temporary, begin(staged.index));
    // A staged name only ever holds a whole file: a later build may find it and trust it.
    const sidecar = begin(temporaryPathFor(paths.sha256));
    await disk.writeSynced(
      sidecar,
      new TextEncoder().encode(`${sha256}  ${basename(indexPath)}\n`),
    );
    await disk.rename(sidecar, begin(staged.sha256));
    const complete = { ...metadata, sha256 };
    const json = new TextEncoder().encode(JSON.stringify(complete, null, 2) + "\n");
    const newMetadata = begin(temporaryPathFor(paths.metadata));
    await disk.writeSynced(newMetadata, json);
    await disk.sync(folder);
    await disk.rename(newMetadata, paths.metadata);
    // The new index is the index, wherever its files stand: what fails from here on is finished by
    // the next build.
    written.length = 0;
    await disk.sync(folder);
    await moveStaged(indexPath, sha256, disk).catch(() => {});
    return complete;
  } catch (error) {
    for (const path of written) await disk.remove(path).catch(() => {});
    throw error;
  }
}

/** Ends a swap that was interrupted after its decision, and clears away one that never decided. */
async function finishSwap(indexPath: string, disk: IndexDisk): Promise<void> {
  const leftovers = new Set(await leftoversOf(indexPath));
  if (leftovers.size === 0) return;
  const decided = await hashInMetadata(indexPath);
  if (decided !== null) {
    const staged = stagedPaths(indexPath, decided);
    if (leftovers.has(staged.index) || leftovers.has(staged.sha256)) {
      // The machine may have lost power after the decision and before it was on the disk.
      await disk.sync(dirname(indexPath));
      await moveStaged(indexPath, decided, disk, leftovers);
      leftovers.delete(staged.index);
      leftovers.delete(staged.sha256);
    }
  }
  for (const path of leftovers) await disk.remove(path);
}

async function moveStaged(
  indexPath: string,
  sha256: string,
  disk: IndexDisk,
  present?: ReadonlySet<string>,
): Promise<void> {
  const paths = indexPaths(indexPath), staged = stagedPaths(indexPath, sha256);
  for (const key of ["index", "sha256"] as const) {
    if (present?.has(staged[key]) ?? true) await disk.rename(staged[key], paths[key]);
  }
  await disk.sync(dirname(indexPath));
}

/** null where there is no metadata that can be read: then nothing staged can be the index. */
async function hashInMetadata(indexPath: string): Promise<string | null> {
  try {
    const text = await readPlainTextFile(indexPaths(indexPath).metadata, {
      bytesMax: INDEX_METADATA_BYTES_MAX,
    });
    const { sha256 } = parseBoundedJson(text) as { sha256?: unknown };
    return typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A lock on the folder itself: it leaves no file behind, and ends with the process. */
async function lockFolder(folder: string): Promise<Disposable> {
  const handle = await Deno.open(folder, { read: true });
  try {
    await handle.lock(true);
  } catch (error) {
    handle.close();
    throw error;
  }
  return { [Symbol.dispose]: () => handle.close() };
}
