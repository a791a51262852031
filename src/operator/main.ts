/**
 * `operator`: the program on the workstation, for use before and after a flight.
 *
 * @module
 */
import { runProgram, VERSION, withCompletion } from "../core/mod.ts";
import { commands } from "./compose.ts";

/** Runs one command line; returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    name: "operator",
    version: VERSION,
    summary: "fills the tile cache and builds the flight package",
    permissionSet: "operator",
    commands: withCompletion("operator", commands()),
    args,
  });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
