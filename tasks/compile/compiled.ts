/**
 * The build by `deno compile`: its arguments, from the same contents as the portable build's.
 *
 * @module
 */
import { permissionFlags } from "../../src/core/mod.ts";
import { REPOSITORY } from "../executables.ts";
import type { Contents } from "./contents.ts";
import { permissionsInside } from "./description.ts";
import { runTool } from "./tools.ts";

/** Names the base that `deno compile` would download: the runtime without its compiler. */
export const BASE_VARIABLE = "DENORT_BIN";

/**
 * Arguments of `deno compile` for a staged tree: what the portable build unpacks, at `tree`. Permissions are
 * baked and are those of the program alone: nothing narrows or widens them later.
 */
function compileArguments(contents: Contents, tree: string, out: string): string[] {
  const { program, target, files } = contents;
  const entry = `src/${program.name}/main.js`;
  const hasPackages = files.some(({ path }) => path.startsWith("node_modules/"));
  const included = files.map(({ path }) => path)
    .filter((path) => path !== entry && path !== "package.json" && !path.startsWith("launch/"))
    .filter((path) => !path.startsWith("src/planner/")).sort();
  return [
    "compile",
    "--quiet",
    "--no-check",
    "--no-prompt",
    "--cached-only",
    "--no-remote",
    "--no-config",
    "--no-lock",
    "--self-extracting",
    ...(hasPackages ? ["--node-modules-dir=manual"] : ["--no-npm"]),
    `--target=${target.name}`,
    `--app-name=gdn-${program.name}`,
    ...permissionFlags(permissionsInside(program.name, hasPackages), {}, tree),
    ...included.map((path) => `--include=${tree}/${path}`),
    `--output=${out}`,
    `${tree}/${entry}`,
  ];
}

/** Stages the tree below build/compile and runs `deno compile`; the size in bytes. */
export async function writeCompiled(contents: Contents, out: string): Promise<number> {
  const tree = `${REPOSITORY}/build/compile/tree-${contents.program.name}`;
  await Deno.remove(tree, { recursive: true }).catch(() => {});
  for (const { path, content } of contents.files) {
    await Deno.mkdir(`${tree}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    if (content instanceof Uint8Array) await Deno.writeFile(`${tree}/${path}`, content);
    else await Deno.copyFile(content.file, `${tree}/${path}`);
  }
  await runTool(Deno.execPath(), compileArguments(contents, tree, out));
  return (await Deno.stat(out)).size;
}
