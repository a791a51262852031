/**
 * What both executables do around their commands: find the command, help, signals, and one place
 * where errors become words and exit codes.
 *
 * @module
 */
import { writeAllSync } from "./files.ts";
import { commandHelp, findCommand, programHelp, type ProgramText } from "./cli_help.ts";
import { describeFault } from "./cli_faults.ts";
import type { Command, CommandIo } from "./command.ts";
import { EXIT } from "./errors.ts";
import { type ProgressTerminal, silentProgress, startProgress } from "./progress.ts";

/** What a shell reports for a program that SIGINT ended. */
export const EXIT_INTERRUPTED = 130;
/** What a shell reports for a program whose reader went away (`… | head`). */
export const EXIT_BROKEN_PIPE = 141;

export interface Program extends ProgramText {
  readonly commands: readonly Command[];
  readonly args: readonly string[];
  /** The permission set that it runs under, for messages: "airborne" or "operator". */
  readonly permissionSet: string;
  /** Replaces the process's own terminal and signals, in tests. */
  readonly terminal?: ProgramTerminal;
}

export interface ProgramTerminal {
  /** Writes one line to stdout; throws Deno.errors.BrokenPipe when nobody reads any more. */
  out(line: string): void;
  /** Writes to stderr as it is. */
  readonly progress: ProgressTerminal;
  /** Calls back at SIGINT and SIGTERM until disposed. */
  onSignal(callback: () => void): Disposable;
}

/**
 * Runs one command line to its end and returns the exit code: the command's own, 64 for a wrong
 * command line, the error's for a fault, 130 when a signal stopped it. It never throws.
 */
export async function runProgram(program: Program): Promise<number> {
  const terminal = program.terminal ?? processTerminal();
  const stop = new AbortController();
  let brokenPipe = false;
  const io: CommandIo = {
    out(line) {
      if (brokenPipe) return;
      try {
        terminal.out(line);
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        brokenPipe = true;
        stop.abort(error);
      }
    },
    err: (line) => terminal.progress.write(`${line}\n`),
    progress: (label, total) =>
      quiet ? silentProgress() : startProgress(label, total, terminal.progress),
    signal: stop.signal,
  };
  const { args, quiet } = takeQuiet(program.args);
  using _signals = terminal.onSignal(() => stop.abort(new Error("stopped by a signal")));
  const code = await dispatch(program, args, io);
  if (brokenPipe) return EXIT_BROKEN_PIPE;
  return stop.signal.aborted ? EXIT_INTERRUPTED : code;
}

async function dispatch(
  program: Program,
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  const asksForHelp = args[0] === "--help" || args[0] === "-h" || args[0] === "help";
  if (args[0] === "--version") {
    io.out(`${program.name} ${program.version}`);
    return EXIT.ok;
  }
  if (asksForHelp && args.length === 1) {
    io.out(programHelp(program, program.commands));
    return EXIT.ok;
  }
  const words = asksForHelp ? args.slice(1) : args;
  let title = program.name;
  try {
    const found = findCommand(program, program.commands, words);
    if (found.kind === "group") {
      io[asksForHelp || found.help ? "out" : "err"](programHelp(program, found.commands));
      return asksForHelp || found.help ? EXIT.ok : EXIT.usage;
    }
    title = `${program.name} ${found.command.name}`;
    const beforeDashes = found.rest.slice(0, (found.rest.indexOf("--") + 1 || Infinity) - 1);
    if (asksForHelp || beforeDashes.includes("--help") || beforeDashes.includes("-h")) {
      io.out(commandHelp(found.command));
      return EXIT.ok;
    }
    return await found.command.run(found.rest, io);
  } catch (error) {
    if (io.signal.aborted) {
      io.err(`${title}: stopped`);
      return EXIT_INTERRUPTED;
    }
    const fault = describeFault(error, { title, permissionSet: program.permissionSet });
    io.err(fault.text);
    return fault.exitCode;
  }
}

/** `--quiet` is everybody's: no progress on stderr. */
function takeQuiet(args: readonly string[]): { args: string[]; quiet: boolean } {
  const end = args.indexOf("--");
  const isQuiet = (arg: string, index: number) => arg === "--quiet" && (end < 0 || index < end);
  return { args: args.filter((arg, i) => !isQuiet(arg, i)), quiet: args.some(isQuiet) };
}

function processTerminal(): ProgramTerminal {
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
    },
    onSignal(callback) {
      let count = 0;
      // The first signal asks, the second one does not wait.
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
