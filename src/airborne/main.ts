/**
 * `airborne`: what runs on the aircraft. It parses, composes, runs until a signal, drains and ends
 * with an exit code.
 *
 * @module
 */
import {
  type Command,
  describeVersion,
  runProgram,
  type VariableNames,
  VERSION,
  withCompletion,
} from "../core/mod.ts";

/** Its name and purpose; the manual pages begin with them as well. */
export const PROGRAM = {
  name: "airborne",
  version: VERSION,
  summary: "finds where the aircraft is without GPS, from the ground under its camera",
  permissionSet: "airborne",
} as const;

/** Native libraries of its own that it opens, those that a build may lack too. */
const LIBRARIES = ["camera", "device", "faiss", "vision"];

/** Runs one command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  return await runProgram({
    ...PROGRAM,
    ...args[0] === "--version" ? { commands: [] } : await parts(),
    describeVersion: (json) => describeVersion(PROGRAM.name, LIBRARIES, json),
    args,
  });
}

/** Loaded when they are needed: that takes most of a start. */
async function parts(): Promise<
  { readonly commands: readonly Command[]; readonly variables: VariableNames }
> {
  const { commands, variables } = await import("./compose.ts");
  return { commands: withCompletion(PROGRAM.name, commands()), variables: variables() };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
