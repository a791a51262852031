/**
 * `deno task compile [airborne|operator]`: the programs as one file each, in dist/.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineCommand, EXIT, option, runCommand } from "../src/core/mod.ts";
import { type ProgramName, PROGRAMS, type TargetName, TARGETS } from "./compile/description.ts";
import { contentsOf } from "./compile/contents.ts";
import { buildNativeFor } from "./compile/native.ts";
import { writePortable } from "./compile/portable.ts";
import { REPOSITORY } from "./executables.ts";

const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];
const HERE = "x86_64-unknown-linux-gnu";

const COMMAND = defineCommand({
  name: "compile",
  summary: "the programs as one file each",
  about: `
Makes dist/airborne and dist/operator: one file each with the runtime, the modules, the permissions, the
native libraries and everything else that the program needs inside.`,
  options: {
    only: option.choice(PROGRAMS, { help: "one of the programs", absent: "both" }),
    target: option.choice(TARGET_NAMES, { default: HERE, help: "the machine that they run on" }),
    out: option.path({
      access: "write",
      default: "dist",
      help: "folder that they are written to; another machine's below it, in a folder of its own",
    }),
  },
  examples: ["deno task compile", "deno task compile airborne --target aarch64-unknown-linux-gnu"],
  async run({ only, target: targetName, out }, io) {
    const target = TARGETS[targetName];
    const folder = resolve(REPOSITORY, out, targetName === HERE ? "" : target.debianArchitecture);
    mkdirSync(folder, { recursive: true });
    mkdirSync(`${REPOSITORY}/build/compile`, { recursive: true });
    await buildNativeFor(target);
    const why = "the base of `deno compile` cannot be had here (set DENORT_BIN)";
    io.err(`compile: making the portable build for ${targetName}: ${why}`);
    for (const name of only === undefined ? PROGRAMS : [only]) {
      const contents = await contentsOf(name, target, "portable");
      const bytes = await writePortable(contents, `${folder}/${name}`);
      io.out(`${folder}/${name}  ${(bytes / 1e6).toFixed(1)} MB`);
    }
    return EXIT.ok;
  },
});

/** `compile airborne` is short for `--only airborne`. */
function withProgram(args: readonly string[]): string[] {
  const [first, ...rest] = args;
  return PROGRAMS.includes(first as ProgramName) ? ["--only", first, ...rest] : [...args];
}

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task compile",
      command: COMMAND,
      args: withProgram(Deno.args),
      permissionSet: "tasks",
    }),
  );
}
