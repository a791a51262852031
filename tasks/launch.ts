/**
 * `deno task operator …` and `deno task airborne …` for a person: the executable under its
 * permission set, plus the files, folders and database that the command line names.
 *
 * usage: launch.ts airborne|operator ARGUMENTS
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { type Access, type Command, findCommand, tokensOf, UsageError } from "../src/core/mod.ts";
import {
  airborneCommand,
  type ExecutableCommand,
  type Grants,
  operatorCommand,
} from "./executables.ts";

/**
 * The files, folders and hosts that a command line names, by the declared options of its command.
 * From a wrong command line as much as can be parsed is granted: the program then reports the
 * error.
 */
export function grantsFor(commands: readonly Command[], args: readonly string[]): Grants {
  const read: string[] = [];
  const write: string[] = [];
  const net: string[] = [];
  for (const { access, text } of namedResources(commands, args)) {
    if (access === "read") read.push(text);
    else if (access === "write") write.push(text);
    else if (access === "create") write.push(dirname(resolve(text)));
    else net.push(...(access === "database" ? databaseAddress(text) : providerAddress(text)));
  }
  // A database socket in a folder needs the folder as well.
  const sockets = net.filter((address) => address.startsWith("unix:")).map((a) => a.slice(5));
  return { read: [...read, ...sockets], write: [...write, ...sockets], net };
}

interface NamedResource {
  readonly access: Access;
  readonly text: string;
}

function namedResources(commands: readonly Command[], args: readonly string[]): NamedResource[] {
  const found = commandOf(commands, args.filter((arg) => arg !== "--quiet"));
  if (found === undefined) return [];
  const { command: { options, arguments: declared }, rest } = found;
  const named: NamedResource[] = [];
  const add = (access: Access | null | undefined, text: string | undefined) => {
    if (access && text) named.push({ access, text });
  };
  const argumentAccess = Object.values(declared).map(({ access }) => access);
  const given = new Set<string>();
  let words = 0;
  for (const token of tokensOf(rest, options)) {
    if (token.kind === "argument") add(argumentAccess[words++], token.text);
    else if (token.key !== undefined) {
      given.add(token.key);
      add(options[token.key].access, token.text);
    }
  }
  for (const [key, { access, whenAbsent }] of Object.entries(options)) {
    if (!given.has(key) && typeof whenAbsent === "string") add(access, whenAbsent);
  }
  return named;
}

function commandOf(commands: readonly Command[], args: readonly string[]) {
  try {
    const found = findCommand(commands, args);
    return found.kind === "command" ? found : undefined;
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** The address in a DSN; nothing for text that is not a DSN (the command reports it). */
function databaseAddress(dsn: string): string[] {
  // libpq's form without a host ("user@/name?host=/folder") is no URL yet.
  const text = dsn.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?#]|$)/, "$1localhost");
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  const folder = url.searchParams.get("host");
  const port = url.port || "5432";
  if (folder?.startsWith("/")) return [`unix:${folder}/.s.PGSQL.${port}`];
  const host = (folder ?? url.hostname) || "localhost";
  return [`${host}:${port}`];
}

/** Only this host: a token must not go elsewhere. */
function providerAddress(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { hostname, port, protocol } = new URL(text);
  return [`${hostname}:${port || (protocol === "http:" ? 80 : 443)}`];
}

/** A path that cannot be granted ends the launch with the reason. */
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
  const grants = grantsFor(commands(), args);
  const { command, args: commandArgs } = granted(() =>
    isAirborne ? airborneCommand(args, grants) : operatorCommand(args, grants)
  );
  const child = new Deno.Command(command, { args: commandArgs }).spawn();
  // A terminal sends SIGINT to both processes; a supervisor sends SIGTERM only to this one.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  Deno.exit((await child.status).code);
}
