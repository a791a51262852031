/**
 * `deno task compile [airborne|operator]`: the programs as one file each, in dist/.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineCommand, EXIT, option, runCommand } from "../src/core/mod.ts";
import { PROGRAMS, type TargetName, TARGETS } from "./compile/description.ts";
import { BASE_VARIABLE, writeCompiled } from "./compile/compiled.ts";
import { contentsOf } from "./compile/contents.ts";
import { buildNativeFor } from "./compile/native.ts";
import { writePortable } from "./compile/portable.ts";
import { REPOSITORY } from "./executables.ts";

const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];
const HERE = "x86_64-unknown-linux-gnu";

export const compileCommand = defineCommand({
  name: "compile",
  summary: "the programs as one file each",
  about: `
Makes dist/airborne and dist/operator: one file each with the runtime, the modules, the permissions, the
native libraries and everything else that the program needs inside.

With ${BASE_VARIABLE} in the environment they are made by \`deno compile\` with that base, without it as portable
files: a launcher that unpacks once and starts the runtime with what the command line permits.`,
  arguments: {
    program: option.choice(PROGRAMS, {
      placeholder: "PROGRAM",
      help: "one of the programs",
      absent: "both",
    }),
  },
  options: {
    target: option.choice(TARGET_NAMES, { default: HERE, help: "the machine that they run on" }),
    out: option.path({
      access: "write",
      default: "dist",
      help: "folder that they are written to; another machine's below it, in a folder of its own",
    }),
  },
  examples: ["deno task compile", "deno task compile airborne --target aarch64-unknown-linux-gnu"],
  async run({ program, target: targetName, out }, io) {
    const target = TARGETS[targetName];
    const folder = resolve(REPOSITORY, out, targetName === HERE ? "" : target.debianArchitecture);
    mkdirSync(folder, { recursive: true });
    mkdirSync(`${REPOSITORY}/build/compile`, { recursive: true });
    await buildNativeFor(target);
    const base = Deno.env.get(BASE_VARIABLE);
    const kind = base === undefined ? "portable" : "compiled";
    io.err(`compile: the ${kind} build for ${targetName}: ${reasonFor(base)}`);
    for (const name of program === undefined ? PROGRAMS : [program]) {
      const contents = await contentsOf(name, target, kind);
      const write = kind === "portable" ? writePortable : writeCompiled;
      const bytes = await write(contents, `${folder}/${name}`);
      io.out(`${folder}/${name}  ${(bytes / 1e6).toFixed(1)} MB`);
    }
    return EXIT.ok;
  },
});

function reasonFor(base: string | undefined): string {
  if (base === undefined) {
    return `permissions follow the command line, and no base of \`deno compile\` is needed ` +
      `(${BASE_VARIABLE}=FILE makes the other kind)`;
  }
  return `by \`deno compile\` with the base ${base}; its permissions are baked and reach its own ` +
    "files alone; it was not run";
}

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task compile",
      command: compileCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}
