/**
 * Converts errors to messages for a person and exit codes for scripts.
 *
 * @module
 */
import { causes, EXIT, GdnError, messageOf, systemCode } from "../errors.ts";
import { osFaultText } from "./os_fault_text.ts";
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
  const { text, exitCode } = shortly(error, context);
  const fault = { text: withoutLongWords(text), exitCode };
  if (!context.isVerbose || fault.exitCode === EXIT.software) return fault;
  return { ...fault, text: `${fault.text}\n${causes(error).map(withStack).join("\n")}` };
}

/** A name of thousands of letters would fill the terminal. */
function withoutLongWords(text: string): string {
  return text.replaceAll(/\S{300,}/g, (word) => `${word.slice(0, 100)}…${word.slice(-100)}`);
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
      text: `${title}: ${osFaultText(messageOf(error))}: the disk is full; ` +
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
    return { text: `${title}: ${osFaultText(error.message)}${hint}`, exitCode: error.exitCode };
  }
  const filesystem = filesystemExitCode(error);
  if (filesystem !== undefined) {
    return { text: `${title}: ${osFaultText(messageOf(error))}`, exitCode: filesystem };
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

/** 'Requires read access to "/x", run again with …' names flags that a person cannot give. */
function permissionMend(message: string, set: string): string {
  const kind = message.match(/Requires (\w+) access/)?.[1];
  const what = message.match(/access to ("[^"]*")/)?.[1] ?? "all of it";
  // Deno asks for all rights where it is /proc, /sys or /dev.
  if (kind === "all") return `not permitted: ${what} belongs to the system; name another path`;
  return `not permitted: ${
    kind ?? "read"
  } access to ${what}. The permission set "${set}" reaches ` +
    "its own folders and what the command line names: name it there, without a link that leads " +
    "elsewhere";
}

/** An error that our own code made carries no code of the system. */
function codeOfClass(error: unknown): string | undefined {
  if (error instanceof Deno.errors.NotFound) return "ENOENT";
  if (error instanceof Deno.errors.PermissionDenied) return "EACCES";
  return error instanceof Deno.errors.AlreadyExists ? "EEXIST" : undefined;
}

/** undefined where it is no fault of a file. An output is what is made, renamed or written. */
function filesystemExitCode(error: unknown): number | undefined {
  const operation = messageOf(error).match(/\(os error \d+\): (\w+)/)?.[1] ?? "";
  const isOutput = /^(mkdir|rename|symlink|link|writefile|copy|truncate)/.test(operation);
  switch (systemCode(error) ?? codeOfClass(error)) {
    case "ENOENT":
    case "ENOTDIR":
    case "EISDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
      return isOutput ? EXIT.cannotCreate : EXIT.noInput;
    case "EACCES":
    case "EPERM":
      return EXIT.refused;
    case "EEXIST":
    case "ENOTEMPTY":
      return EXIT.cannotCreate;
    case "EIO":
    case "EROFS":
    case "EFBIG":
    case "ESTALE":
    case "EREMOTEIO":
    case "EMFILE":
    case "ENFILE":
    case "ETXTBSY":
    case "EBUSY":
      return EXIT.io;
    default:
      return undefined;
  }
}
