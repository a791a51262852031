/**
 * `deno task operator …` and `deno task airborne …` for a person: the executable under its
 * permission set, plus the files, folders and database that the command line names.
 *
 * usage: launch.ts airborne|operator ARGUMENTS
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "../src/core/mod.ts";
import {
  airborneCommand,
  type ExecutableCommand,
  type Grants,
  operatorCommand,
} from "./executables.ts";

/** Options whose value is a file or folder that the command writes. */
const WRITTEN = new Set(["--out", "--data", "--recorder", "--report", "--make-tiles", "--failed"]);
/** Where the operator keeps its tile cache unless `--data` says otherwise. */
const OPERATOR_DATA = "data";
/** Options whose value names a database server. */
const DATABASES = new Set(["--dsn"]);
/** Options whose value names a provider of tiles. */
const PROVIDERS = new Set(["--url"]);

/** Options whose value looks like a path and is none. */
const WORDS = new Set([
  "--source",
  "--after",
  "--name",
  "--attribution",
  "--bbox",
  "--polygon",
  "--route",
]);

/** What a command line names: paths to read, `--out` and the like to write, `--dsn`. */
export function grantsFor(args: readonly string[]): Grants {
  const read: string[] = [];
  const write: string[] = [];
  const net: string[] = [];
  for (const [index, arg] of args.entries()) {
    const [name, value] = arg.startsWith("--") && arg.includes("=")
      ? [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)]
      : [args[index - 1] ?? "", arg];
    if (value === "" || value.startsWith("-") || Number.isFinite(Number(value))) continue;
    if (WORDS.has(name)) continue;
    if (DATABASES.has(name)) net.push(...databaseAddress(value));
    // What is written whole is made beside its place and renamed.
    else if (PROVIDERS.has(name)) net.push(...providerAddress(value));
    else if (name === "--out") write.push(dirname(resolve(value)));
    else if (WRITTEN.has(name)) write.push(value);
    // What looks like a path is granted although it is absent: the program says so better.
    else if (existsSync(value) || /^[^,]*[./][^,]*$/.test(value)) read.push(value);
  }
  // A database socket in a folder needs the folder as well.
  const sockets = net.filter((address) => address.startsWith("unix:")).map((a) => a.slice(5));
  return { read: [...read, ...sockets], write: [...write, ...sockets], net };
}

/** The address behind a DSN; nothing for text that is none (the command says so). */
function databaseAddress(dsn: string): string[] {
  if (!URL.canParse(dsn)) return [];
  const url = new URL(dsn);
  const folder = url.searchParams.get("host");
  const port = url.port || "5432";
  if (folder?.startsWith("/")) return [`unix:${folder}/.s.PGSQL.${port}`];
  const host = (folder ?? url.hostname) || "localhost";
  return [`${host}:${port}`];
}

/** Only the one host: a token goes nowhere else. */
function providerAddress(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { hostname, port, protocol } = new URL(text);
  return [`${hostname}:${port || (protocol === "http:" ? 80 : 443)}`];
}

/** A path that cannot be granted ends the launch with its reason. */
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
  // `deno task` moves to the repository; paths mean the folder where the person stands.
  Deno.chdir(Deno.env.get("INIT_CWD") ?? ".");
  const grants = grantsFor(args);
  const { command, args: commandArgs } = granted(() =>
    name === "airborne"
      ? airborneCommand(args, grants)
      : operatorCommand(args, { ...grants, write: [...grants.write ?? [], OPERATOR_DATA] })
  );
  const child = new Deno.Command(command, { args: commandArgs }).spawn();
  // A terminal sends SIGINT to both; a supervisor sends SIGTERM to this one alone.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  Deno.exit((await child.status).code);
}
