/**
 * Runs a command line in the process of the tests, which takes a hundredth of the time that a process of
 * its own takes; without the programs' permission sets.
 *
 * @module
 */
import { commands as airborneCommands } from "../../src/airborne/compose.ts";
import { type Command, runProgram, withCompletion } from "../../src/core/mod.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import type { Outcome } from "./programs.ts";

export const PROGRAMS = {
  airborne: withCompletion("airborne", airborneCommands()),
  operator: withCompletion("operator", operatorCommands()),
} as const;
export type ProgramName = keyof typeof PROGRAMS;

/** Every command, with the program it belongs to. */
export const EVERY_COMMAND: readonly (readonly [ProgramName, Command])[] =
  (Object.keys(PROGRAMS) as ProgramName[]).flatMap((program) =>
    PROGRAMS[program].map((command) => [program, command] as const)
  );

export async function runInProcess(
  program: ProgramName,
  args: readonly string[],
): Promise<Outcome> {
  let out = "", err = "";
  const code = await runProgram({
    name: program,
    version: "0",
    summary: "",
    permissionSet: program,
    commands: PROGRAMS[program],
    args,
    terminal: {
      out: (line) => void (out += `${line}\n`),
      progress: { write: (text) => void (err += text), interactive: false, now: () => 0 },
      isColoured: false,
      onSignal: () => ({ [Symbol.dispose]: () => {} }),
    },
  });
  return { code, out, err };
}
