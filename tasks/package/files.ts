/**
 * Folders as lists of files.
 *
 * @module
 */

/** Files below `folder`, relative to it, sorted. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (path: string): Promise<void> => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(`${folder}/${path}`)) {
      const below = path === "" ? name : `${path}/${name}`;
      if (isDirectory) await walk(below);
      else if (isFile) found.push(below);
    }
  };
  await walk("");
  return found.sort();
}

/** Deletes what may be there. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
