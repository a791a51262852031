/**
 * Test files in several processes side by side. Processes, not `deno test --parallel`: its threads
 * would share the environment and the counters of native handles, which tests set and assert.
 *
 * @module
 */
import { TextLineStream } from "../evaluate/text_lines.ts";
import { REPOSITORY } from "../executables.ts";
import { type Counts, type FileTime, NO_COUNTS, sum, TestOutput, totalLine } from "./output.ts";

/** More side by side gain little: the longest file alone bounds the run. */
const PROCESSES_MAX = 4;
/** Tests wait for timers, sockets and the programs that they start: with one process a core a fifth was idle. */
const PROCESSES_BEYOND_CORES = 1;
const SLOWEST_SHOWN = 10;

export interface Batch {
  /** What runs, for a person. */
  readonly name: string;
  /** Arguments of `deno`. */
  readonly args: readonly string[];
  /** Whether it ends with a line of counts, as `deno test` does. */
  readonly counted: boolean;
}

interface Outcome {
  readonly counts: Counts;
  readonly times: readonly FileTime[];
  readonly failures: readonly string[];
}

/** Runs all batches in their order, prints what they print and one line of counts; the exit code. */
export async function runSideBySide(
  batches: readonly Batch[],
  env: Record<string, string>,
): Promise<number> {
  const startedMs = performance.now();
  const waiting = [...batches];
  const outcomes: Outcome[] = [];
  const worker = async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      outcomes.push(await run(batch, env));
    }
  };
  const processes = Math.min(PROCESSES_MAX, navigator.hardwareConcurrency + PROCESSES_BEYOND_CORES);
  await Promise.all(Array.from({ length: processes }, worker));

  const counts = outcomes.reduce((total, outcome) => sum(total, outcome.counts), NO_COUNTS);
  const times = outcomes.flatMap((outcome) => outcome.times).sort((a, b) => b.seconds - a.seconds);
  console.log("\nslowest files:");
  for (const { file, seconds } of times.slice(0, SLOWEST_SHOWN)) {
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
  }
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  if (failures.length > 0) console.log(["", " FAILURES ", "", ...failures].join("\n"));
  console.log(`\n${totalLine(counts, (performance.now() - startedMs) / 1000)}\n`);
  return counts.failed === 0 ? 0 : 1;
}

async function run(batch: Batch, env: Record<string, string>): Promise<Outcome> {
  const output = new TestOutput((text) => console.log(text));
  // One pipe for both streams keeps their order.
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$0" "$@" 2>&1', Deno.execPath(), ...batch.args],
    cwd: REPOSITORY,
    env: { ...env, ...(Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {}) },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) output.add(line, performance.now());
  const { code, signal } = await child.status;
  output.end(performance.now());
  const { times, failures } = output;
  const counts = output.counts ?? NO_COUNTS;
  const whole = batch.counted ? output.counts !== undefined : code === 0;
  if (whole && (code === 0 || counts.failed > 0)) return { counts, times, failures };
  // A native crash, a module that is not there, types that do not fit: a failure without a count.
  const failure = `${batch.name} ended with ${
    signal ?? `exit code ${code}`
  } and without its counts`;
  console.log(failure);
  return {
    counts: sum(counts, { ...NO_COUNTS, failed: 1 }),
    times,
    failures: [...failures, failure],
  };
}
