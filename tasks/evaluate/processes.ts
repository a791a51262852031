/**
 * Steps of an evaluation: runs the shipped executables as child processes under their permission
 * sets.
 *
 * @module
 */
import { EXIT, type ExitCode, GdnError } from "../../src/core/mod.ts";
import type { Grants } from "../../src/core/mod.ts";
import { airborneCommand, operatorCommand } from "../executables.ts";
import { TextLineStream } from "./text_lines.ts";

/** A child process ended with an exit code other than 0, which this error carries. */
export class StepError extends GdnError {
  constructor(step: string, code: number, lastWords: readonly string[]) {
    const exitCode: ExitCode = Object.values(EXIT).find((known) => known === code) ?? EXIT.failure;
    const words = lastWords.length > 0 ? `: ${lastWords.join(" | ")}` : "";
    super("STEP", `${step} ended with exit code ${code}${words}`, { exitCode });
  }
}

const LAST_WORDS = 6;

export interface StepOptions {
  readonly signal: AbortSignal;
  /** Paths that the executable may read and write. */
  readonly grants: Grants;
  /** Another exit code than 0 that is no failure. */
  readonly alsoGood?: ExitCode;
  /** Every line of stdout as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs `operator …` or `airborne …` to its end. @throws StepError */
export async function runStep(
  executable: "airborne" | "operator",
  args: readonly string[],
  options: StepOptions,
): Promise<void> {
  options.signal.throwIfAborted();
  const make = executable === "airborne" ? airborneCommand : operatorCommand;
  const { command, args: commandArgs } = make([...args, "--quiet"], options.grants);
  const child = new Deno.Command(command, {
    args: commandArgs,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
    signal: options.signal,
  }).spawn();
  const lastWords: string[] = [];
  const reading = Promise.all([
    forEachLine(child.stdout, options.onLine ?? (() => {})),
    forEachLine(child.stderr, (line) => {
      if (line.trim() === "") return;
      lastWords.push(line.trim());
      if (lastWords.length > LAST_WORDS) lastWords.shift();
    }),
  ]);
  try {
    await reading;
  } catch (error) {
    child.kill("SIGTERM");
    await child.status;
    throw error;
  }
  const status = await child.status;
  options.signal.throwIfAborted();
  if (status.code !== EXIT.ok && status.code !== options.alsoGood) {
    throw new StepError(`${executable} ${words(args)}`, status.code, lastWords);
  }
}

/** The command without its values: "tiles import", "replay". */
function words(args: readonly string[]): string {
  const end = args.findIndex((arg) => !/^[a-z]+$/.test(arg));
  return args.slice(0, end < 0 ? undefined : end).join(" ");
}

async function forEachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  const lines = stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) onLine(line);
}
