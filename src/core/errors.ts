/**
 * The base class of the project's errors, and the exit codes of the commands.
 *
 * @module
 */
import { inOneLine } from "./visible.ts";

/** Exit codes, after BSD sysexits.h. */
export const EXIT = {
  ok: 0,
  /** Where it reads a record of a flight: no record can be read. */
  failure: 1,
  /** The flight recorder cannot open: an aircraft must never arm without it. */
  recorderOpen: 2,
  /**
   * Done, but something in the input is damaged or missing (as the `mcap` tool's lossy recovery).
   */
  lossy: 3,
  usage: 64,
  data: 65,
  noInput: 66,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  io: 74,
  tryAgain: 75,
  refused: 77,
  configuration: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error with a stable `code`, its exit code, and a message that states the action, then the
 * problem, then the remedy: "Cannot open the package: manifest.json lists 12 files, 11 are there
 * (missing …)".
 */
export class GdnError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(
    code: string,
    message: string,
    options: { cause?: unknown; exitCode?: ExitCode } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The command line is wrong: exit code 64. */
export class UsageError extends GdnError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("USAGE", message, { ...options, exitCode: EXIT.usage });
  }
}

/** A file or a value in it is wrong: exit code 65. `path` names the file. */
export class DataError extends GdnError {
  readonly path: string;
  constructor(path: string, message: string, options: { cause?: unknown; code?: string } = {}) {
    super(options.code ?? "DATA", `${inOneLine(path)}: ${message}`, {
      cause: options.cause,
      exitCode: EXIT.data,
    });
    this.path = path;
  }
}

/** A library or service that is not installed: exit code 69, with the way to install it. */
export class RuntimeNotAvailableError extends GdnError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("RUNTIME_NOT_AVAILABLE", message, { ...options, exitCode: EXIT.unavailable });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error and its causes, outermost first; a cycle of causes is cut. */
export function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let e = error; e !== undefined && e !== null && !chain.includes(e);) {
    chain.push(e);
    e = e instanceof Error ? e.cause : undefined;
  }
  return chain;
}

/** Numbers of Linux for which the runtime has no code. */
const CODE_OF_ERRNO: Readonly<Record<string, string>> = {
  27: "EFBIG",
  116: "ESTALE",
  121: "EREMOTEIO",
};

/** "ENOSPC" of an error of the operating system; undefined for any other. */
export function systemCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === "string") return code;
  return CODE_OF_ERRNO[/\(os error (\d+)\)/.exec(messageOf(error))?.[1] ?? ""];
}
