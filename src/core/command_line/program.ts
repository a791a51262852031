/**
 * Runs a command line for both executables: finds the command, prints help, handles signals, and
 * converts errors to messages and exit codes in one place.
 *
 * @module
 */
import { EXIT } from "../errors.ts";
import { writeAllSync } from "../files.ts";
import { type ProgressTerminal, silentProgress, startProgress } from "../progress.ts";
import type { Command } from "./command.ts";
import type { CommandIo } from "./command_io.ts";
import { describeFault } from "./faults.ts";
import { commandHelp, findCommand, programHelp, type ProgramText } from "./help.ts";

/** Exit code that a shell reports for a program ended by SIGINT. */
const EXIT_INTERRUPTED = 130;
/** Exit code that a shell reports for a program whose reader closed the pipe (`… | head`). */
const EXIT_BROKEN_PIPE = 141;

interface Program extends ProgramText {
  readonly commands: readonly Command[];
  readonly args: readonly string[];
  /** The permission set that it runs under, for messages: "airborne" or "operator". */
  readonly permissionSet: string;
  /** Replaces the process's own terminal and signals, in tests. */
  readonly terminal?: ProgramTerminal;
}

export interface ProgramTerminal {
  /**
   * Writes one line to stdout; throws Deno.errors.BrokenPipe when the reader has closed the pipe.
   */
  out(line: string): void;
  /** Writes to stderr unchanged. */
  readonly progress: ProgressTerminal;
  /** Calls back at SIGINT and SIGTERM until disposed of. */
  onSignal(callback: () => void): Disposable;
}

/**
 * Runs one command line to its end and returns the exit code: the command's own, 64 for a wrong
 * command line, the error's for a fault, 130 when a signal stopped it. It never throws.
 */
export function runProgram(program: Program): Promise<number> {
  return withTerminal(program, (args, io) => dispatch(program, args, io));
}

/** A program that is one command, such as a task of the repository. */
interface SingleCommand {
  /** How it is called: "deno task evaluate". */
  readonly title: string;
  readonly command: Command;
  readonly args: readonly string[];
  readonly permissionSet: string;
  readonly terminal?: ProgramTerminal;
}

/** Like {@link runProgram}. */
export function runCommand(single: SingleCommand): Promise<number> {
  const { title, command, permissionSet } = single;
  return withTerminal(
    single,
    (args, io) => guarded(title, permissionSet, io, () => runOne(title, command, args, io)),
  );
}

async function withTerminal(
  given: Pick<SingleCommand, "args" | "terminal">,
  body: (args: readonly string[], io: CommandIo) => Promise<number>,
): Promise<number> {
  const terminal = given.terminal ?? processTerminal();
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
  const { args, quiet } = takeQuiet(given.args);
  using _signals = terminal.onSignal(() => stop.abort(new Error("stopped by a signal")));
  const code = await body(args, io);
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
  const { permissionSet } = program;
  return await guarded(program.name, permissionSet, io, async () => {
    const found = findCommand(program.commands, words);
    if (found.kind === "group") {
      io[asksForHelp || found.help ? "out" : "err"](programHelp(program, found.commands));
      return asksForHelp || found.help ? EXIT.ok : EXIT.usage;
    }
    const title = `${program.name} ${found.command.name}`;
    const rest = asksForHelp ? ["--help"] : found.rest;
    return await guarded(title, permissionSet, io, () => runOne(title, found.command, rest, io));
  });
}

function runOne(
  title: string,
  command: Command,
  args: readonly string[],
  io: CommandIo,
): Promise<number> {
  const end = args.indexOf("--");
  const beforeDashes = end < 0 ? args : args.slice(0, end);
  if (beforeDashes.includes("--help") || beforeDashes.includes("-h")) {
    io.out(commandHelp(title, command));
    return Promise.resolve(EXIT.ok);
  }
  return command.run(args, io);
}

/** Prints errors on stderr and returns their exit code. */
async function guarded(
  title: string,
  permissionSet: string,
  io: CommandIo,
  body: () => Promise<number>,
): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (io.signal.aborted) {
      io.err(`${title}: stopped`);
      return EXIT_INTERRUPTED;
    }
    const fault = describeFault(error, { title, permissionSet });
    io.err(fault.text);
    return fault.exitCode;
  }
}

/** Every command accepts `--quiet`: no progress on stderr. */
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
