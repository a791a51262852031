/**
 * Errors become words for a person and an exit code for a script.
 *
 * @module
 */
import { causes, EXIT, GdnError, messageOf } from "../errors.ts";

export interface Fault {
  readonly text: string;
  readonly exitCode: number;
}

/** `title` is the command; `permissionSet` the set of deno.json that it runs under. */
export function describeFault(
  error: unknown,
  context: { readonly title: string; readonly permissionSet: string },
): Fault {
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
    text: `${title}: a fault of the program itself, please report it:\n${stack}`,
    exitCode: EXIT.software,
  };
}

/** Without a recorder nothing flies, whatever the reason is: that has a code of its own. */
function exitCodeOf(error: unknown, byReason: number): number {
  return error instanceof GdnError && error.exitCode === EXIT.recorderOpen
    ? error.exitCode
    : byReason;
}

function isDiskFull(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT" || code === "53100" || // 53100: PostgreSQL
    (error instanceof Error && /No space left on device|os error (28|122)\b/.test(error.message));
}

/** 'Requires read access to "/x", run again with …' → which setting allows it. */
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
