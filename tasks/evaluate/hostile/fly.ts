/**
 * Flies one falsified flight through `airborne replay` and measures it.
 *
 * @module
 */
import { type FrameLine, FrameLineSchema } from "../../../src/airborne/json_lines.ts";
import { EXIT, seededRandom } from "../../../src/core/mod.ts";
import { truthFromCsv } from "../../../src/workstation/evaluation/mod.ts";
import { runStep, StepError } from "../processes.ts";
import { FLIGHT_S, LIE_FROM_S, type PreparedFlight, SLOW_FLIGHT_S } from "./grounds.ts";
import type { HostileInput, Span } from "./input.ts";
import { readFlight, writeFlight } from "./flight_rows.ts";
import { hostileFigures } from "./measure.ts";
import type { HostileResult } from "./results_file.ts";

export interface HostileRun {
  readonly input: HostileInput;
  readonly durationS: number;
  readonly prepared: PreparedFlight;
  /** Pictures of another ground, in order. */
  readonly otherPictures: readonly string[];
}

export function spanOf(input: HostileInput, durationS: number): Span {
  const fromS = input.fromStart ? 0 : LIE_FROM_S;
  return { fromS, toS: fromS + durationS };
}

/** `folder` is written anew, and removed at the end unless `keep`. */
export async function flyHostile(
  { input, durationS, prepared, otherPictures }: HostileRun,
  folder: string,
  keep: boolean,
  signal: AbortSignal,
): Promise<HostileResult> {
  const span = spanOf(input, durationS);
  const flight = await readFlight(
    prepared.flight,
    input.slow ? SLOW_FLIGHT_S : FLIGHT_S,
    input.gps,
  );
  const random = seededRandom(`${input.name} ${durationS} ${prepared.name}`);
  await input.inject(flight, { span, random, otherPictures });
  await writeFlight(flight, folder);
  const { lines, exitCode, error } = await replay(folder, prepared.packagePath, signal);
  const truth = truthFromCsv(await Deno.readTextFile(`${folder}/truth.csv`));
  if (!keep) await Deno.remove(folder, { recursive: true });
  return {
    input: input.name,
    about: input.about,
    durationS: Number.isFinite(durationS) ? durationS : null,
    flight: prepared.name,
    ...hostileFigures(lines, truth, span),
    exitCode,
    error,
  };
}

/** It flies on as far as it can, over whatever rows come: that is what is measured. */
async function replay(flight: string, packagePath: string, signal: AbortSignal) {
  const lines: FrameLine[] = [];
  const onLine = (text: string) => {
    const line = JSON.parse(text);
    if (line.type === "frame") lines.push(FrameLineSchema.parse(line));
  };
  const args = ["replay", flight, "--package", packagePath, "--irregular", "--json"];
  try {
    await runStep("airborne", args, { signal, grants: { read: [flight, packagePath] }, onLine });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const { exitCode, message } = error;
    return { lines, exitCode, error: exitCode === EXIT.lossy ? null : message };
  }
  return { lines, exitCode: EXIT.ok, error: null };
}
