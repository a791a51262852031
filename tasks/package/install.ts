/**
 * Installs and removes without dpkg, by the same list of files as the Debian package.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { exists, EXIT, GdnError } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";
import { type BuiltProgram, type InstalledFile, installedFiles } from "./layout.ts";
import type { Program } from "./release.ts";
import { writeInstalledFile } from "./write_files.ts";

/** Names of the data folders below /var/lib/gdn. */
const DATA = "/var/lib/gdn";

/** Returns lines for a person: what was done, and what is left to do. */
export async function installProgram(
  built: BuiltProgram,
  prefix: string,
  root: string,
): Promise<readonly string[]> {
  const { program } = built;
  const files = await installedFiles(built, prefix);
  const before = await installedBefore(program, prefix, root);
  const notes: string[] = [];
  for (const file of files) {
    if (file.kind === "file" && file.isConfiguration) {
      notes.push(...await writeSettings(root, file));
    } else await writeInstalledFile(root, file);
  }
  const now = new Set(files.map(({ path }) => path));
  for (const path of before) if (!now.has(path)) await removeFile(root, path);
  const list = files.filter((file) => file.kind === "link" || !file.isConfiguration);
  await Deno.writeTextFile(
    listPath(program, prefix, root),
    list.map(({ path }) => `${path}\n`).join(""),
  );
  return [
    `${program}: ${files.length} files installed, ${join(root, prefix, "bin", program)}`,
    ...notes,
    ...await prepareMachine(root),
  ];
}

/** The user and the folders, as the package's postinst makes them; another root is asked to. */
async function prepareMachine(root: string): Promise<readonly string[]> {
  const script = `${REPOSITORY}/config/debian/postinst`;
  if (root !== "/") return [`then run on that machine, as root: the steps of ${script}`];
  if (Deno.uid() !== 0) return [`then run as root: sh ${script} configure`];
  const { success } = await new Deno.Command("sh", { args: [script, "configure"], stdin: "null" })
    .spawn().status;
  if (success) return [];
  throw new GdnError("INSTALL", `Cannot make the user gdn and ${DATA}; see above`, {
    exitCode: EXIT.cannotCreate,
  });
}

/** What was edited stays; the new file then lies beside it. */
async function writeSettings(root: string, file: InstalledFile): Promise<readonly string[]> {
  if (file.kind !== "file" || !("text" in file.source)) return [];
  const path = `${root}/${file.path}`;
  if (!await exists(path)) {
    await writeInstalledFile(root, file);
    return [];
  }
  if (await Deno.readTextFile(path) === file.source.text) return [];
  await writeInstalledFile(root, { ...file, path: `${file.path}.new` });
  return [`/${file.path} was edited and stays; the new one is /${file.path}.new`];
}

/** Removes the program; returns lines for a person, with what stays. */
export async function removeProgram(
  program: Program,
  prefix: string,
  root: string,
): Promise<readonly string[]> {
  const paths = await installedBefore(program, prefix, root);
  if (paths.length === 0) {
    throw new GdnError(
      "NOT_INSTALLED",
      `Cannot remove ${program}: ${
        listPath(program, prefix, root)
      } is not there; name the prefix ` +
        "that it was installed with, or remove the Debian package with apt",
      { exitCode: EXIT.noInput },
    );
  }
  for (const path of paths) await removeFile(root, path);
  await Deno.remove(listPath(program, prefix, root));
  await removeEmptyFolders(root, dirname(listPath(program, prefix, "")));
  const left = [];
  for (const path of ["/etc/gdn", DATA]) if (await exists(join(root, path))) left.push(path);
  return [
    `${program}: ${paths.length} files removed` +
    (left.length === 0 ? "" : `; these stay: ${left.join(", ")}`),
  ];
}

/** Where the installed files are listed, one path a line. */
function listPath(program: Program, prefix: string, root: string): string {
  return join(root, prefix, `lib/gdn/${program}.files`);
}

async function installedBefore(
  program: Program,
  prefix: string,
  root: string,
): Promise<readonly string[]> {
  try {
    const text = await Deno.readTextFile(listPath(program, prefix, root));
    return text.split("\n").filter((path) => path !== "" && !path.split("/").includes(".."));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function removeFile(root: string, path: string): Promise<void> {
  try {
    await Deno.remove(`${root}/${path}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await removeEmptyFolders(root, dirname(path));
}

/** From `path` upwards, as long as nothing is in them. */
async function removeEmptyFolders(root: string, path: string): Promise<void> {
  for (let folder = path; folder !== "." && folder !== "/"; folder = dirname(folder)) {
    try {
      await Deno.remove(`${root}/${folder}`);
    } catch {
      return;
    }
  }
}
