/**
 * Runs the executables of `deno task compile`, in an environment that holds nothing but what a test names.
 *
 * @module
 */
import { REPOSITORY } from "../support/paths.ts";

export type ProgramName = "airborne" | "operator";

export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly out: string;
  readonly err: string;
}

/** Where an executable is. */
export function built(program: ProgramName): string {
  return `${REPOSITORY}/dist/${program}`;
}

export interface Surroundings {
  readonly cwd: string;
  /** The whole environment; by default only a cache in `cwd`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts an executable, or a copy of it at another place. */
export function startBuilt(
  program: ProgramName | { readonly file: string },
  args: readonly string[],
  { cwd, env }: Surroundings,
): Deno.ChildProcess {
  const command = typeof program === "string" ? built(program) : program.file;
  return new Deno.Command(command, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: env ?? { GDN_CACHE: `${cwd}/cache` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs an executable to its end. */
export async function runBuilt(
  program: ProgramName | { readonly file: string },
  args: readonly string[],
  surroundings: Surroundings,
): Promise<Outcome> {
  const { code, signal, stdout, stderr } = await startBuilt(program, args, surroundings).output();
  const text = new TextDecoder();
  return { code, signal, out: text.decode(stdout), err: text.decode(stderr) };
}
