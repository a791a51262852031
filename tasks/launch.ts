/**
 * `deno task operator …` and `deno task airborne …` for a person: the executable under its
 * permission set, plus the files, folders and database that the command line names.
 *
 * usage: launch.ts airborne|operator ARGUMENTS
 *
 * @module
 */
import { parse } from "yaml";
import { grantsFor, settingReader, UsageError } from "../src/core/mod.ts";
import { airborneCommand, type ExecutableCommand, operatorCommand } from "./executables.ts";

/** A path or a host that cannot be granted ends the launch with the reason. */
function granted(make: () => ExecutableCommand): ExecutableCommand {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(error.exitCode);
  }
}

if (import.meta.main) {
  const [name, ...args] = Deno.args;
  // `deno task` changes to the repository; paths are relative to the user's folder.
  Deno.chdir(Deno.env.get("INIT_CWD") ?? ".");
  const isAirborne = name === "airborne";
  const { commands } = isAirborne
    ? await import("../src/airborne/compose.ts")
    : await import("../src/operator/compose.ts");
  const { command, args: commandArgs } = granted(() => {
    const grants = grantsFor(commands(), args, settingReader(parse));
    return isAirborne ? airborneCommand(args, grants) : operatorCommand(args, grants);
  });
  const child = new Deno.Command(command, { args: commandArgs }).spawn();
  // A terminal sends SIGINT to both processes; a supervisor sends SIGTERM only to this one.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  Deno.exit((await child.status).code);
}
