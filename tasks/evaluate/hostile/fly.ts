/**
 * Flies one falsified flight and measures it.
 *
 * @module
 */
import { type FrameLine, FrameLineSchema } from "../../../src/airborne/json_lines.ts";
import { exists, EXIT, seededRandom } from "../../../src/core/mod.ts";
import { truthFromCsv } from "../../../src/workstation/evaluation/mod.ts";
import { runStep, StepError } from "../processes.ts";
import { writeFalsePackage } from "./false_package.ts";
import { FLIGHT_S, LIE_FROM_S, type PreparedFlight, SLOW_FLIGHT_S } from "./grounds.ts";
import type { HostileInput, Span } from "./input.ts";
import { type FlightRows, readFlight, writeFlight } from "./flight_rows.ts";
import { type KnownFlight, KnownPictures } from "./known_pictures.ts";
import { hostileFigures } from "./measure.ts";
import { type Replayed, replayHere, untouchedPictures } from "./replay_here.ts";
import type { HostileResult } from "./results_file.ts";
import { failed } from "./table.ts";

export interface HostileRun {
  readonly input: HostileInput;
  readonly durationS: number;
  readonly prepared: PreparedFlight;
  /** What is known of the clean flight's pictures. */
  readonly known: KnownPictures;
  /** Pictures of another ground, in order. */
  readonly otherPictures: readonly string[];
}

export function spanOf(input: HostileInput, durationS: number): Span {
  const fromS = input.fromStart ? 0 : LIE_FROM_S;
  return { fromS, toS: fromS + durationS };
}

/** Flies the clean flight, with and without GPS as it is wanted, for what its pictures say. */
export async function knownPictures(
  { flight, packagePath }: PreparedFlight,
  inputs: readonly HostileInput[],
  folder: string,
  signal: AbortSignal,
): Promise<KnownPictures> {
  const known = new KnownPictures();
  const durationS = inputs.some(({ slow }) => slow) ? SLOW_FLIGHT_S : FLIGHT_S;
  for (const gps of new Set(inputs.map((input) => input.gps))) {
    await writeFlight(await readFlight(flight, durationS, gps), folder);
    const clean: KnownFlight = { known, isClean: true, isUntouched: () => true };
    const { error } = await replayHere(folder, packagePath, clean, signal);
    await Deno.remove(folder, { recursive: true });
    if (error !== null) throw new Error(`${flight} cannot be flown: ${error}`);
  }
  return known;
}

/** `folder` is written anew, and removed at the end unless `keep`. */
export async function flyHostile(
  { input, durationS, prepared, known, otherPictures }: HostileRun,
  folder: string,
  keep: boolean,
  signal: AbortSignal,
): Promise<HostileResult> {
  const span = spanOf(input, durationS);
  const read = () => readFlight(prepared.flight, input.slow ? SLOW_FLIGHT_S : FLIGHT_S, input.gps);
  const flight = await read();
  const random = seededRandom(`${input.name} ${durationS} ${prepared.name}`);
  await input.inject(flight, { span, random, otherPictures });
  await writeFlight(flight, folder);
  const packagePath = await flownPackage(prepared, flight, `${folder}.package`);
  const truth = truthFromCsv(await Deno.readTextFile(`${folder}/truth.csv`));
  const measured = ({ lines, exitCode, error }: Replayed): HostileResult => ({
    input: input.name,
    about: input.about,
    durationS: Number.isFinite(durationS) ? durationS : null,
    flight: prepared.name,
    ...hostileFigures(lines, truth, span),
    exitCode,
    error,
  });
  const here = measured(
    await replayHere(
      folder,
      packagePath,
      knownFlight(known, flight, await read()),
      signal,
    ),
  );
  // What fails counts as the program flies it that is shipped, with every picture looked at.
  const result = failed(here) ? measured(await replay(folder, packagePath, signal)) : here;
  if (!keep) {
    await Deno.remove(folder, { recursive: true });
    if (packagePath !== prepared.packagePath) await Deno.remove(packagePath, { recursive: true });
  }
  return result;
}

/** The prepared one, unless its tiles are to lie; that one is written anew. */
async function flownPackage(
  { packagePath }: PreparedFlight,
  { tileLie }: FlightRows,
  folder: string,
): Promise<string> {
  if (tileLie === undefined) return packagePath;
  if (await exists(folder)) await Deno.remove(folder, { recursive: true });
  await writeFalsePackage(packagePath, folder, tileLie);
  return folder;
}

function knownFlight(known: KnownPictures, flight: FlightRows, clean: FlightRows): KnownFlight {
  const untouched = untouchedPictures(flight, clean);
  return { known, isClean: false, isUntouched: (timeNs) => untouched.has(timeNs) };
}

/** It flies on as far as it can, over whatever rows come: that is what is measured. */
async function replay(
  flight: string,
  packagePath: string,
  signal: AbortSignal,
): Promise<Replayed> {
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
