/**
 * Runs a command line for both executables: finds the command, prints help, handles signals, and
 * converts errors to messages and exit codes in one place.
 *
 * @module
 */
import { EXIT, UsageError } from "../errors.ts";
import { silentProgress, startProgress } from "../progress.ts";
import { inOneLine, visible } from "../visible.ts";
import type { Command } from "./command.ts";
import type { CommandIo } from "./command_io.ts";
import { EXIT_BROKEN_PIPE, EXIT_INTERRUPTED } from "./exit_codes.ts";
import { describeFault } from "./faults.ts";
import { commandHelp, findCommand, programHelp, type ProgramText } from "./help.ts";
import { withoutLoudness } from "./parse.ts";
import { processTerminal, type ProgramTerminal } from "./terminal.ts";
import { strangeVariables, type VariableNames } from "./variables.ts";
import { valuesText } from "./verbose.ts";

interface Program extends ProgramText {
  readonly commands: readonly Command[];
  readonly args: readonly string[];
  /** The permission set that it runs under, for messages: "airborne" or "operator". */
  readonly permissionSet: string;
  /** What `--version` prints, and `--version --json`; name and version where it is absent. */
  readonly describeVersion?: (json: boolean) => string;
  /** The variables GDN_… that are set, and which of them are settings. */
  readonly variables?: VariableNames;
  /** Replaces the process's own terminal and signals, in tests. */
  readonly terminal?: ProgramTerminal;
}

/**
 * Runs one command line to its end and returns the exit code: the command's own, 64 for a wrong
 * command line, the error's for a fault, 130 when a signal stopped it. It never throws.
 */
export function runProgram(program: Program): Promise<number> {
  return withTerminal(
    { ...program, title: program.name },
    (args, io) => dispatch(program, args, io),
  );
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
  const { title, command } = single;
  return withTerminal(single, (args, io) => runOne(title, command, args, io));
}

/** How a command line was called, and whether it says more or less than usual. */
interface Session extends CommandIo {
  readonly permissionSet: string;
  readonly isVerbose: boolean;
  /** Says on stderr what stopped it, and returns the exit code. */
  fail(title: string, error: unknown): number;
}

async function withTerminal(
  given: Pick<SingleCommand, "title" | "args" | "terminal" | "permissionSet">,
  body: (args: readonly string[], session: Session) => Promise<number>,
): Promise<number> {
  const { title, permissionSet } = given;
  const terminal = given.terminal ?? processTerminal();
  const { args, quiet, verbose } = takeLoudness(given.args);
  const stop = new AbortController();
  const shown = visibleWith(given.args);
  const say = (line: string) => terminal.progress.write(`${shown(line)}\n`);
  let brokenPipe = false;
  let isSignalAnEnd = false;
  const session: Session = {
    permissionSet,
    isVerbose: verbose,
    out(line) {
      if (brokenPipe) return;
      try {
        terminal.out(shown(line));
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        brokenPipe = true;
        stop.abort(error);
      }
    },
    err: say,
    note: (line) => quiet || say(line),
    detail: (line) => verbose && say(line),
    progress: (label, total) =>
      quiet ? silentProgress() : startProgress(label, total, terminal.progress),
    signal: stop.signal,
    signalEnds: () => isSignalAnEnd = true,
    fail(name, error) {
      if (brokenPipe) return EXIT_BROKEN_PIPE;
      if (stop.signal.aborted) {
        say(`${name}: stopped`);
        return EXIT_INTERRUPTED;
      }
      const fault = describeFault(error, { title: name, permissionSet, isVerbose: verbose });
      const text = shown(fault.text);
      terminal.progress.write(`${terminal.isColoured ? inRed(name, text) : text}\n`);
      return fault.exitCode;
    },
  };
  using _signals = terminal.onSignal(() => stop.abort(new Error("stopped by a signal")));
  let code: number;
  try {
    if (quiet && verbose) throw new UsageError("--quiet and --verbose exclude each other");
    code = await body(args, session);
  } catch (error) {
    code = session.fail(title, error);
  }
  if (brokenPipe) return EXIT_BROKEN_PIPE;
  return stop.signal.aborted && !isSignalAnEnd ? EXIT_INTERRUPTED : code;
}

async function dispatch(
  program: Program,
  args: readonly string[],
  session: Session,
): Promise<number> {
  const asksForHelp = args[0] === "--help" || args[0] === "-h" || args[0] === "help";
  if (args[0] === "--version") {
    session.out(versionOf(program, args.slice(1)));
    return EXIT.ok;
  }
  if (asksForHelp && args.length === 1) {
    session.out(programHelp(program, program.commands));
    return EXIT.ok;
  }
  const found = findCommand(program.commands, asksForHelp ? args.slice(1) : args);
  if (found.kind === "group") {
    const help = programHelp(program, found.commands);
    if (asksForHelp || found.help) session.out(help);
    else session.err(help);
    return asksForHelp || found.help ? EXIT.ok : EXIT.usage;
  }
  const title = `${program.name} ${found.command.name}`;
  const rest = asksForHelp ? ["--help"] : found.rest;
  for (const line of strangeVariables(found.command, program)) session.note(`${title}: ${line}`);
  try {
    return await runOne(title, found.command, rest, session);
  } catch (error) {
    return session.fail(title, error);
  }
}

function versionOf(program: Program, rest: readonly string[]): string {
  const wrong = rest.find((arg) => arg !== "--json");
  if (wrong !== undefined) {
    throw new UsageError(`--version takes --json and nothing else, got ${JSON.stringify(wrong)}`);
  }
  const { name, version, describeVersion } = program;
  if (describeVersion !== undefined) return describeVersion(rest.length > 0);
  return rest.length > 0 ? JSON.stringify({ name, version }) : `${name} ${version}`;
}

async function runOne(
  title: string,
  command: Command,
  args: readonly string[],
  session: Session,
): Promise<number> {
  const end = args.indexOf("--");
  const beforeDashes = end < 0 ? args : args.slice(0, end);
  if (beforeDashes.includes("--help") || beforeDashes.includes("-h")) {
    session.out(commandHelp(title, command));
    return EXIT.ok;
  }
  if (!session.isVerbose) return await command.run(args, session);
  for (const line of valuesText(command, args)) session.detail(`${title}: ${line}`);
  const startMs = performance.now();
  try {
    return await command.run(args, session);
  } finally {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
    const megabytes = (Deno.memoryUsage().rss / 1e6).toFixed(0);
    session.detail(`${title}: took ${seconds} s; ${megabytes} MB of memory at the end`);
  }
}

/** Every command takes `--quiet` and `--verbose`, anywhere before `--`. */
function takeLoudness(
  args: readonly string[],
): { readonly args: string[]; readonly quiet: boolean; readonly verbose: boolean } {
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  return {
    args: withoutLoudness(args),
    quiet: before.includes("--quiet"),
    verbose: before.includes("--verbose"),
  };
}

/** {@link visible}, also for names of the command line: their line ends would forge lines of ours. */
function visibleWith(args: readonly string[]): (text: string) => string {
  const hostile = args.filter((arg) => inOneLine(arg) !== visible(arg));
  return (text) =>
    visible(hostile.reduce((all, arg) => all.replaceAll(arg, () => inOneLine(arg)), text));
}

/** The name of what failed stands out. */
function inRed(title: string, text: string): string {
  return text.startsWith(title) ? `\x1b[1;31m${title}\x1b[0m${text.slice(title.length)}` : text;
}
