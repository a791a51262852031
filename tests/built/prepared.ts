/**
 * What the tests of packages share: the built programs, taken apart once a process.
 *
 * @module
 */
import { writeDebianPackage } from "../../tasks/package/deb.ts";
import { installedFiles } from "../../tasks/package/layout.ts";
import { type PreparedProgram, prepareProgram } from "../../tasks/package/prepare.ts";
import { type Program, PROGRAMS } from "../../tasks/package/release.ts";
import { REPOSITORY } from "../support/paths.ts";

const prepared = new Map<Program, Promise<PreparedProgram>>();

/** Test files run side by side: each has a folder of its own, which goes with its process. */
function ownFolder(): string {
  if (folder === undefined) {
    Deno.mkdirSync(`${REPOSITORY}/build`, { recursive: true });
    folder = Deno.makeTempDirSync({ dir: `${REPOSITORY}/build`, prefix: "prepared-" });
    const made = folder;
    globalThis.addEventListener("unload", () => Deno.removeSync(made, { recursive: true }));
  }
  return folder;
}
let folder: string | undefined;

/** From dist/, as `deno task compile` made it. */
export function preparedProgram(program: Program): Promise<PreparedProgram> {
  const made = prepared.get(program) ??
    prepareProgram(program, "amd64", {
      dist: `${REPOSITORY}/dist`,
      folder: `${ownFolder()}/${program}`,
    });
  prepared.set(program, made);
  return made;
}

export interface Variant {
  readonly version: string;
  /** The packages of an older program: its operator lacks the newest migration. */
  readonly withoutNewestMigration?: true;
}

/** Packages of both programs in `folder`; returns their paths. */
export async function variantPackages(folder: string, variant: Variant): Promise<string[]> {
  return await Promise.all(PROGRAMS.map(async (program) => {
    const { built, depends, release } = await preparedProgram(program);
    const own = await ownLauncher(folder, built, variant);
    const files = await installedFiles({ ...built, ...own }, "/usr");
    const newest = files.map(({ path }) => path).filter((path) => /\/migrations\/\d/.test(path))
      .at(-1);
    return await writeDebianPackage({
      program,
      release: { ...release, version: variant.version },
      architecture: "amd64",
      files: variant.withoutNewestMigration ? files.filter(({ path }) => path !== newest) : files,
      depends,
      compression: "none",
      workFolder: `${folder}/work-${program}-${variant.version}`,
      outputFolder: folder,
    });
  }));
}

/** Two builds differ in their hash, by which the launcher finds its tree: so do variants. */
async function ownLauncher(
  folder: string,
  built: PreparedProgram["built"],
  { version }: Variant,
): Promise<{ readonly executable: string; readonly treeName: string }> {
  const bytes = await Deno.readFile(built.executable);
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${built.treeName}${version}`)),
  );
  bytes.set(hash, bytes.length - 32);
  const executable = `${folder}/${built.program}-${version}`;
  await Deno.writeFile(executable, bytes, { mode: 0o755 });
  return { executable, treeName: `${built.program}-${hash.toHex().slice(0, 32)}` };
}
