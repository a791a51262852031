/**
 * The file or folder of an export: made under another name beside its place, synced, renamed.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import {
  EXIT,
  GdnError,
  messageOf,
  nullIfAbsent,
  renameOrRemove,
  syncPath,
  TEMPORARY_MARK,
  temporaryPathFor,
} from "../../../core/mod.ts";

/** Stands in a tile folder of ours; only such a folder is replaced. */
export const FOLDER_DOCUMENT = "metadata.json";

/**
 * `body` writes a new file at the path it is given; only when it ends well it comes to `out`.
 * Returns what `body` returns, and the file's size.
 */
export async function wholeFile<T>(
  out: string,
  force: boolean,
  body: (temporary: string) => Promise<T>,
): Promise<{ result: T; bytes: number }> {
  await checkFree(out, force, "file");
  const temporary = temporaryPathFor(out);
  try {
    const result = await body(temporary);
    await syncPath(temporary);
    const { size: bytes } = await Deno.stat(temporary);
    await renameOrRemove(temporary, out);
    await syncPath(dirname(out));
    return { result, bytes };
  } catch (error) {
    await removeAll(temporary);
    throw error;
  }
}

/**
 * As `wholeFile`, for a folder. A folder that is replaced takes two renames; who is killed between
 * them leaves the old one beside its place, and the next export puts it back before it begins.
 */
export async function wholeFolder<T>(
  out: string,
  force: boolean,
  body: (temporary: string) => Promise<T>,
): Promise<T> {
  const putBack = await finishReplacement(out);
  const replaced = await checkFree(out, force, "folder", putBack);
  const temporary = temporaryPathFor(out), old = temporaryPathFor(out + REPLACED);
  try {
    await Deno.mkdir(temporary);
    const result = await body(temporary);
    await syncFolders(temporary);
    if (replaced) await Deno.rename(out, old);
    await Deno.rename(temporary, out).catch(async (error) => {
      if (replaced) await Deno.rename(old, out);
      throw error;
    });
    await syncPath(dirname(out));
    await removeAll(old);
    return result;
  } catch (error) {
    await removeAll(temporary);
    throw error;
  }
}

/** Marks a folder that is being replaced. */
const REPLACED = ".replaced";

/** True when an export was killed between its renames, and the old folder is in its place again. */
async function finishReplacement(out: string): Promise<boolean> {
  const parent = dirname(out), mark = basename(out) + REPLACED + TEMPORARY_MARK;
  let putBack = false;
  try {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      const path = `${parent}/${name}`;
      if (!isDirectory || !name.startsWith(mark) || !await isOurs(path)) continue;
      if (await Deno.lstat(out).catch(() => null) === null) {
        await Deno.rename(path, out);
        await syncPath(parent);
        putBack = true;
      } else {
        await removeAll(path); // The new one had its place already.
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return putBack;
}

/** True where something stands at `out` that may be replaced. */
async function checkFree(
  out: string,
  force: boolean,
  kind: "file" | "folder",
  putBack = false,
): Promise<boolean> {
  const refuse = (reason: string, cause?: unknown) =>
    new GdnError("CANNOT_CREATE", `Cannot export to ${out}: ${reason}`, {
      cause,
      exitCode: EXIT.cannotCreate,
    });
  const info = await nullIfAbsent(Deno.lstat(out));
  if (info === null) {
    const parent = await nullIfAbsent(Deno.stat(dirname(out)));
    if (!parent?.isDirectory) throw refuse(`there is no folder ${dirname(out)}; make it first`);
    return false;
  }
  if (!force) {
    throw refuse(
      "it exists already" +
        (putBack
          ? " (an export that was killed had moved it aside; it is back in its place)"
          : "") +
        "; name another, or replace it with --force",
    );
  }
  if (kind === "file" ? info.isFile : info.isDirectory && await isOurs(out)) return true;
  throw refuse(
    kind === "file"
      ? "it is no file, and only a file is replaced"
      : `it is no folder of exported tiles (no ${FOLDER_DOCUMENT} of ours), and is not replaced`,
  );
}

async function isOurs(folder: string): Promise<boolean> {
  try {
    const text = await Deno.readTextFile(`${folder}/${FOLDER_DOCUMENT}`);
    return (JSON.parse(text) as { description?: unknown }).description ===
      "tiles of a gps-denied-onboard cache";
  } catch {
    return false;
  }
}

/** The names in the folder and in all below it; the files are synced by whoever wrote them. */
async function syncFolders(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await syncFolders(`${folder}/${name}`);
  }
  await syncPath(folder);
}

async function removeAll(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {});
}

/** A fault of what the cache holds while it is exported. */
export function exportFault(error: unknown): unknown {
  if (!(error instanceof GdnError) || error.exitCode === EXIT.cannotCreate) return error;
  return new GdnError(
    "EXPORT",
    `Cannot export: ${messageOf(error)} (nothing was written; \`operator cache verify\` looks at ` +
      "all tiles)",
    { cause: error, exitCode: error.exitCode },
  );
}
