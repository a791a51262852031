/**
 * Other programs that a build uses.
 *
 * @module
 */
import { REPOSITORY } from "../executables.ts";

/** stdout of a program; an error with what it said where it fails or is not there. */
export async function runTool(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(command, {
      args: [...args],
      cwd: REPOSITORY,
      env: { ...env },
      stdin: "null",
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${command} is not installed: run \`deno task setup\``, { cause: error });
  }
  const text = new TextDecoder();
  if (!output.success) {
    throw new Error(`\`${[command, ...args].join(" ")}\` failed: ${text.decode(output.stderr)}`);
  }
  return text.decode(output.stdout);
}
