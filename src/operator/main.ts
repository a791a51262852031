/**
 * `operator`: the program on the workstation, for use before and after a flight.
 *
 * @module
 */
import {
  type Command,
  describeVersion,
  firstWord,
  runProgram,
  type VariableNames,
  VERSION,
  withCompletion,
} from "../core/mod.ts";

/** Its name and purpose; the manual pages begin with them as well. */
export const PROGRAM = {
  name: "operator",
  version: VERSION,
  summary: "prepares flights without GPS, and reads what a flight recorded",
  permissionSet: "operator",
} as const;

/** Native libraries of its own that it opens, those that a build may lack too. */
const LIBRARIES = ["faiss", "vision"];

/** Runs one command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  return await runProgram({
    ...PROGRAM,
    ...args[0] === "--version" ? { commands: [] } : await parts(args),
    describeVersion: (json) => describeVersion(PROGRAM.name, LIBRARIES, json),
    args,
  });
}

/** Loaded when they are needed: that takes most of a start. */
async function parts(args: readonly string[]): Promise<
  { readonly commands: readonly Command[]; readonly variables: VariableNames }
> {
  if (firstWord(args) === "worker") {
    // A worker loads nothing of the other commands, and has a permission set of its own.
    const { workerCommands, variables } = await import("./compose_worker.ts");
    return { commands: workerCommands(), variables: variables() };
  }
  const { commands, variables } = await import("./compose.ts");
  return { commands: withCompletion(PROGRAM.name, commands()), variables: variables() };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
