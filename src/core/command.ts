/**
 * What a command of either executable looks like to its entry point.
 *
 * @module
 */
import type { ExitCode } from "./errors.ts";

/** A bar on stderr (or a line now and then where stderr is no terminal); silent with `--quiet`. */
export interface Progress extends Disposable {
  /** `done` of the total; `note` is a short word on what is being done. */
  update(done: number, note?: string): void;
  /** Finishes the bar. */
  end(note?: string): void;
}

export interface CommandIo {
  /** One line on stdout: results. */
  out(line: string): void;
  /** One line on stderr: what a person should know while it runs. */
  err(line: string): void;
  progress(label: string, total: number): Progress;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Command {
  /** Words after the executable's name: "tiles import". */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Whole help text, with examples. */
  readonly help: string;
  /** Parses `args` (throws UsageError), works, and returns the exit code; may throw GdnError. */
  run(args: readonly string[], io: CommandIo): Promise<ExitCode>;
}
