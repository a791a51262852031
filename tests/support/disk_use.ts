/**
 * What stands on the disk, as a watcher from outside sees it.
 *
 * @module
 */

/** Bytes of all files below a folder; what goes away while it looks counts as gone. */
export async function bytesBelow(folder: string): Promise<number> {
  let total = 0;
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) entries.push(entry);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) total += await bytesBelow(path);
    else total += await Deno.lstat(path).then(({ size }) => size, () => 0);
  }
  return total;
}
