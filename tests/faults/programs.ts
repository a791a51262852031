/**
 * Runs the shipped programs under their permission sets, and looks at what they leave behind.
 *
 * @module
 */
import { checkJsonOutput } from "../support/json_results.ts";
import { inScratch } from "../support/scratch.ts";
import type { Grants } from "../../src/core/mod.ts";
import { airborneCommand, operatorCommand } from "../../tasks/executables.ts";
import { REPOSITORY } from "../support/paths.ts";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `operator …` or `airborne …` to its end; what it prints with --json has to be as JSON.md says. */
export async function run(
  program: "operator" | "airborne",
  args: readonly string[],
  grants: Grants & { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { cwd, env, ...granted } = grants;
  const make = program === "operator" ? operatorCommand : airborneCommand;
  const outcome = await execute(make(["--quiet", ...args], granted), cwd, env);
  checkJsonOutput(program, args, outcome.out);
  return outcome;
}

/** `deno task operator …` as a person types it in the folder `cwd`. */
export function launch(
  program: "operator" | "airborne",
  args: readonly string[],
  cwd: string,
): Promise<Outcome> {
  const launcher = `${REPOSITORY}/tasks/launch.ts`;
  const command = Deno.execPath();
  const config = `--config=${REPOSITORY}/deno.json`;
  const all = ["run", "-q", config, "--permission-set=tasks", launcher, program, ...args];
  return execute({ command, args: all }, REPOSITORY, { INIT_CWD: cwd });
}

async function execute(
  { command, args }: { command: string; args: string[] },
  cwd = REPOSITORY,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const child = new Deno.Command(command, { args, cwd, env: { NO_COLOR: "1", ...env } });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Paths of the files below a folder with their sizes, sorted; nothing where it is absent. */
export async function filesBelow(folder: string, under = ""): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${under}`)) {
      const path = under === "" ? name : `${under}/${name}`;
      if (isDirectory) found.push(`${path}/`, ...await filesBelow(folder, path));
      else found.push(`${path} ${(await Deno.lstat(`${folder}/${path}`)).size}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Runs `body` in a folder of its own, which is removed afterwards. */
export interface FaultCase {
  readonly name: string;
}

/** Each case in a folder of its own, two at a time; one failure does not hide the others. */
export async function forEachCase<C extends FaultCase>(
  cases: readonly C[],
  body: (one: C, folder: string) => Promise<void>,
): Promise<void> {
  const failures: Error[] = [];
  const queue = [...cases];
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const current = one;
      try {
        await inScratch((folder) => body(current, folder));
      } catch (error) {
        failures.push(new Error(current.name, { cause: error }));
      }
    }
  };
  await Promise.all([worker(), worker()]);
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map((failure) => failure.message).join("; "));
  }
}
