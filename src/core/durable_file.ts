/**
 * Writes files that are complete or absent after a crash: under a temporary name, synced, renamed,
 * and the folder synced; and computes SHA-256 of bytes and of files.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { writeAll } from "./files.ts";

/** Marks a temporary file; the owner of the folder may delete such files. */
export const TEMPORARY_MARK = ".tmp-";

/** A name beside `path` that no other writer uses. */
export function temporaryPathFor(path: string): string {
  return `${path}${TEMPORARY_MARK}${crypto.randomUUID()}`;
}

/** Writes a new file and syncs it; nothing remains when it fails. */
export async function writeSynced(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  // What stood there already is not ours to remove.
  using file = await Deno.open(path, { write: true, createNew: true, ...options });
  try {
    await writeAll(file, bytes);
    await file.sync();
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  }
}

/** Syncs the names in a folder; `path` may also be a file. */
export async function syncPath(path: string): Promise<void> {
  using handle = await Deno.open(path, { read: true });
  await handle.sync();
}

/**
 * Replaces `path` by `bytes` atomically, also if the machine loses power. `syncFolder: false`
 * leaves syncing the folder to a caller that writes many files into it.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  options: { syncFolder?: boolean } = {},
): Promise<void> {
  const temporary = temporaryPathFor(path);
  await writeSynced(temporary, bytes);
  await renameOrRemove(temporary, path);
  if (options.syncFolder ?? true) await syncPath(dirname(path));
}

/** Renames a temporary file to its final name, and removes it when that fails. */
async function renameOrRemove(temporary: string, path: string): Promise<void> {
  try {
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** SHA-256 of a file, read piece by piece. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path, { read: true });
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}
