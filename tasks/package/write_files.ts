/**
 * Puts the files of an installation below a root folder.
 *
 * @module
 */
import { dirname } from "node:path";
import type { InstalledFile } from "./layout.ts";

/** Replaces what is there, each file whole or not at all. */
export async function writeInstalledFile(root: string, file: InstalledFile): Promise<void> {
  const path = `${root}/${file.path}`;
  await makeFolder(dirname(path));
  const aside = `${path}.gdn-new`;
  await Deno.remove(aside).catch(() => {});
  if (file.kind === "link") await Deno.symlink(file.target, aside);
  else {
    if ("text" in file.source) await Deno.writeTextFile(aside, file.source.text);
    else await Deno.copyFile(file.source.path, aside);
    await Deno.chmod(aside, file.mode);
  }
  await Deno.rename(aside, path);
}

/** With mode 0755, whatever the umask is. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder);
    await Deno.chmod(folder, 0o755);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder);
  }
}
