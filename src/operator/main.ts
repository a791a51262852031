/**
 * `operator`: the program on the workstation, for use before and after a flight.
 *
 * @module
 */
import { describeVersion, runProgram, VERSION, withCompletion } from "../core/mod.ts";
import { commands } from "./compose.ts";

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
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    ...PROGRAM,
    commands: withCompletion(PROGRAM.name, commands()),
    describeVersion: (json) => describeVersion(PROGRAM.name, LIBRARIES, json),
    args,
  });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
