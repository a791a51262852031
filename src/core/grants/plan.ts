/**
 * The planner of an executable: prints the runtime's arguments for one command line, each followed by
 * NUL. The launcher runs it and starts the program with them; it may read, and nothing else.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { UsageError } from "../errors.ts";
import { writeAllSync } from "../files.ts";
import { permissionFlags, type PermissionSet } from "./flags.ts";
import { firstWord } from "./first_word.ts";
import { type CommandAccess, grantsFor } from "./named.ts";
import { settingReader } from "./settings.ts";

/** `launch/planner.json` of an executable. */
export interface PlannerData {
  /** Arguments before the permissions: "airborne", "run", "--no-prompt", … */
  readonly before: readonly string[];
  /** Paths are relative to the executable's own folder. */
  readonly permissions: PermissionSet;
  /** Of commands that run under a set of their own, by the command's first word. */
  readonly ownPermissions: Readonly<Record<string, PermissionSet>>;
  /** The program's module, relative to the executable's own folder. */
  readonly entry: string;
  readonly commands: readonly CommandAccess[];
}

/** Everything of the runtime's command line but the arguments of the program. */
async function plannedArguments(
  data: PlannerData,
  root: string,
  args: readonly string[],
): Promise<string[]> {
  // The reader of YAML is large: only a command line with a configuration pays for it.
  const parse = args.some((arg) => /^--config(=|$)/.test(arg))
    ? (await import("./yaml.ts")).parse
    : () => undefined;
  const grants = grantsFor(data.commands, args, settingReader(parse));
  const permissions = data.ownPermissions[firstWord(args) ?? ""] ?? data.permissions;
  const flags = permissionFlags(permissions, grants, root);
  return [...data.before, ...flags, `${root}/${data.entry}`];
}

async function main(args: readonly string[]): Promise<number> {
  // A bundle lies two folders below the executable's own folder.
  const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
  const data = JSON.parse(Deno.readTextFileSync(`${root}/launch/planner.json`)) as PlannerData;
  try {
    const planned = await plannedArguments(data, root, args);
    writeAllSync(Deno.stdout, new TextEncoder().encode(planned.map((a) => `${a}\0`).join("")));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
