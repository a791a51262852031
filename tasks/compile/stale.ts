/**
 * Whether the executables in dist are those of this checkout, and compiling them where not.
 *
 * @module
 */
import { REPOSITORY } from "../executables.ts";
import { PROGRAMS } from "./description.ts";
import { runTool } from "./tools.ts";

/** What executables are made from. */
const SOURCES = ["src", "ffi", "migrations", "tasks/compile", "deno.json", "deno.lock"];

/** The exit code: that of the compiler, 0 where nothing was to be done. */
export async function compileIfStale(): Promise<number> {
  const reason = await reasonToCompile();
  if (reason === null) return 0;
  console.error(`test: compiling the executables: ${reason}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "compile"],
    cwd: REPOSITORY,
    stdin: "null",
  }).spawn().status;
  return code;
}

async function reasonToCompile(): Promise<string | null> {
  let builtMs = Infinity;
  for (const name of PROGRAMS) {
    const built = await modifiedMs(`${REPOSITORY}/dist/${name}`);
    if (built === null) return `dist/${name} is not there`;
    builtMs = Math.min(builtMs, built);
  }
  // The commit is part of what they say of themselves.
  const committed = await runTool("git", ["log", "-1", "--format=%ct"]);
  if (1000 * Number(committed) > builtMs) return "there is a newer commit";
  for (const source of SOURCES) {
    const newer = await newerFile(`${REPOSITORY}/${source}`, builtMs);
    if (newer !== null) return `${newer.slice(REPOSITORY.length + 1)} is newer`;
  }
  return null;
}

async function newerFile(path: string, thanMs: number): Promise<string | null> {
  const info = await Deno.stat(path);
  if (!info.isDirectory) return (info.mtime?.getTime() ?? 0) > thanMs ? path : null;
  for await (const { name } of Deno.readDir(path)) {
    const newer = await newerFile(`${path}/${name}`, thanMs);
    if (newer !== null) return newer;
  }
  return null;
}

async function modifiedMs(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
