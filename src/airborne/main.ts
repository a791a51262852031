/**
 * `airborne`: what runs on the aircraft. It parses, composes, runs until a signal, drains and ends
 * with an exit code.
 *
 * @module
 */
import { runProgram, VERSION, withCompletion } from "../core/mod.ts";
import { commands } from "./compose.ts";

/** Its name and purpose; the manual pages begin with them as well. */
export const PROGRAM = {
  name: "airborne",
  version: VERSION,
  summary: "finds where the aircraft is without GPS, from the ground under its camera",
  permissionSet: "airborne",
} as const;

/** Runs one command line; returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({ ...PROGRAM, commands: withCompletion(PROGRAM.name, commands()), args });
}

if (import.meta.main) Deno.exit(await main(Deno.args));
