/**
 * Where a program writes to, and the signals that stop it.
 *
 * @module
 */
import { writeAllSync } from "../files.ts";
import type { ProgressTerminal } from "../progress.ts";
import { EXIT_INTERRUPTED } from "./exit_codes.ts";

export interface ProgramTerminal {
  /**
   * Writes one line to stdout; throws Deno.errors.BrokenPipe when the reader has closed the pipe.
   */
  out(line: string): void;
  /** Writes to stderr unchanged. */
  readonly progress: ProgressTerminal;
  /** stderr is a terminal, and NO_COLOR is not set. */
  readonly isColoured: boolean;
  /** Calls back at SIGINT and SIGTERM until disposed of. */
  onSignal(callback: () => void): Disposable;
}

/** The process's own. */
export function processTerminal(): ProgramTerminal {
  const encoder = new TextEncoder();
  const write = (stream: { writeSync(bytes: Uint8Array): number }, text: string) => {
    const bytes = encoder.encode(text);
    writeAllSync(stream, bytes);
  };
  return {
    out: (line) => write(Deno.stdout, `${line}\n`),
    progress: {
      write(text) {
        try {
          write(Deno.stderr, text);
        } catch (error) {
          if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        }
      },
      interactive: Deno.stderr.isTerminal(),
      now: () => performance.now(),
      columns: () => Deno.consoleSize().columns,
    },
    isColoured: Deno.stderr.isTerminal() && !Deno.noColor,
    onSignal(callback) {
      let count = 0;
      // The first signal asks the command to stop, the second one ends the process.
      const listener = () => ++count > 1 ? Deno.exit(EXIT_INTERRUPTED) : callback();
      const signals = ["SIGINT", "SIGTERM"] as const;
      for (const signal of signals) Deno.addSignalListener(signal, listener);
      return {
        [Symbol.dispose]() {
          for (const signal of signals) Deno.removeSignalListener(signal, listener);
        },
      };
    },
  };
}
