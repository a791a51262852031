/**
 * Converts errors to messages for a person and exit codes for scripts.
 *
 * @module
 */
import { causes, EXIT, GdnError, messageOf } from "../errors.ts";
import { withoutSecrets } from "./parse.ts";

interface Fault {
  readonly text: string;
  readonly exitCode: number;
}

interface FaultContext {
  /** The command. */
  readonly title: string;
  /** The set of deno.json that it runs under. */
  readonly permissionSet: string;
  /** With what caused it, and where. */
  readonly isVerbose: boolean;
}

export function describeFault(error: unknown, context: FaultContext): Fault {
  const fault = shortly(error, context);
  if (!context.isVerbose || fault.exitCode === EXIT.software) return fault;
  return { ...fault, text: `${fault.text}\n${causes(error).map(withStack).join("\n")}` };
}

function withStack(cause: unknown, depth: number): string {
  const text = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
  return `${depth === 0 ? "  raised as" : "  caused by"} ${withoutSecrets(text)}`;
}

function shortly(error: unknown, context: FaultContext): Fault {
  const { title } = context;
  const chain = causes(error);
  const full = chain.find(isDiskFull);
  if (full !== undefined) {
    return {
      text: `${title}: ${messageOf(error)}: the disk is full; ` +
        "free some space, or name a folder on another disk, and run it again",
      exitCode: exitCodeOf(error, EXIT.io),
    };
  }
  const denied = chain.find((e) => e instanceof Deno.errors.NotCapable);
  if (denied !== undefined) {
    return {
      text: `${title}: ${permissionMend(messageOf(denied), context.permissionSet)}`,
      exitCode: exitCodeOf(error, EXIT.refused),
    };
  }
  if (error instanceof GdnError) {
    const hint = error.exitCode === EXIT.usage ? ` (\`${title} --help\` explains it)` : "";
    return { text: `${title}: ${error.message}${hint}`, exitCode: error.exitCode };
  }
  const filesystem = filesystemExitCode(error);
  if (filesystem !== undefined) {
    return { text: `${title}: ${messageOf(error)}`, exitCode: filesystem };
  }
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  return {
    text: `${title}: an internal error of the program, please report it:\n${stack}`,
    exitCode: EXIT.software,
  };
}

/**
 * Without a recorder the aircraft must not fly, whatever the reason: this has its own exit code.
 */
function exitCodeOf(error: unknown, byReason: number): number {
  return error instanceof GdnError && error.exitCode === EXIT.recorderOpen
    ? error.exitCode
    : byReason;
}

function isDiskFull(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT" || code === "53100" || // 53100: PostgreSQL
    (error instanceof Error &&
      /No space left on device|database or disk is full|os error (28|122)\b/.test(error.message));
}

/** Finds the setting that allows it in: 'Requires read access to "/x", run again with …'. */
function permissionMend(message: string, set: string): string {
  const kind = message.match(/Requires (\w+) access/)?.[1] ?? "read";
  const what = message.match(/access to ("[^"]*")/)?.[1] ?? "all of it";
  return `not permitted: ${kind} access to ${what}. It runs under the permission set "${set}" of ` +
    `deno.json: add it to permissions.${set}.${kind} there, or start the program through ` +
    `\`deno task ${set}\`, which grants the folders that the command line names`;
}

function filesystemExitCode(error: unknown): number | undefined {
  if (error instanceof Deno.errors.NotFound) return EXIT.noInput;
  if (error instanceof Deno.errors.PermissionDenied) return EXIT.refused;
  if (error instanceof Deno.errors.AlreadyExists) return EXIT.cannotCreate;
  const code = (error as { code?: unknown } | null)?.code;
  return code === "EIO" || code === "EROFS" ? EXIT.io : undefined;
}
