/**
 * Runs a flight through `airborne replay`.
 *
 * @module
 */
import {
  type FrameLine,
  FrameLineSchema,
  PhotographLineSchema,
  type SummaryLine,
  SummaryLineSchema,
} from "../../src/airborne/json_lines.ts";
import { EXIT, GdnError, messageOf } from "../../src/core/mod.ts";
import type { CaseHost } from "./host.ts";
import { runStep } from "./processes.ts";

export interface ReplayedFlight {
  readonly frames: readonly FrameLine[];
  readonly summary: SummaryLine | null;
}

/** Folders for a flight's record and its tiles. */
export function recorderFolder(folder: string): string {
  return `${folder}/recorder`;
}

/** Replays `flight` on `packagePath`; the lines are stored in `folder`/lines.jsonl. */
export async function replay(
  flight: string,
  packagePath: string,
  folder: string,
  host: CaseHost,
  makeTiles = false,
): Promise<ReplayedFlight> {
  await Deno.mkdir(folder, { recursive: true });
  const recorder = recorderFolder(folder);
  const frames: FrameLine[] = [];
  let summary: SummaryLine | null = null;
  const count = await frameCount(flight);
  const config = await airborneConfig(folder, host);
  host.note("replay");
  const lines = await Deno.open(`${folder}/lines.jsonl`, {
    write: true,
    create: true,
    truncate: true,
  });
  try {
    await runStep("airborne", [
      ...["replay", flight, "--package", packagePath],
      // Without some of its frames it would be a measurement of another flight.
      ...["--strict", "--json"],
      // Photographs are no flight: there is nothing to record.
      ...(count === null ? [] : ["--recorder", recorder]),
      ...(makeTiles ? ["--make-tiles", recorder] : []),
      ...(config === null ? [] : ["--config", config]),
      ...(host.model ? ["--model", host.model] : []),
    ], {
      signal: host.signal,
      ...(host.mayFindNothing ? { alsoGood: EXIT.lossy } : {}),
      grants: {
        read: [flight, packagePath, ...[config ?? [], host.model ?? []].flat()],
        write: [recorder],
      },
      onLine: (line) => {
        lines.writeSync(new TextEncoder().encode(line + "\n"));
        // Photographs are judged one by one, not by their flight.
        if (line.startsWith('{"type":"photograph_flight"')) return;
        const read = replayLine(line);
        if (read.type === "summary") summary = read;
        else frames.push(read);
        if (read.type === "frame" && frames.length % 20 === 0) {
          host.note(`replay, ${frames.length} of ${count ?? "?"} frames`);
        }
      },
    });
  } finally {
    lines.close();
  }
  if (frames.length === 0) {
    throw new GdnError("NO_FRAME", "airborne replay printed no frame; run it by hand with --keep");
  }
  return { frames, summary };
}

/** A configuration that differs from the defaults; null for the default one. */
async function airborneConfig(
  folder: string,
  { flownWith, settings = "" }: CaseHost,
): Promise<string | null> {
  const { matcher = null, estimator = null } = flownWith ?? {};
  if (matcher === null && estimator === null && settings === "") return null;
  const path = `${folder}/airborne.yaml`;
  const strategies = [
    ...(matcher === null ? [] : [`  matcher: ${matcher}\n`]),
    ...(estimator === null ? [] : [`  stateEstimator: ${estimator}\n`]),
  ];
  const text = strategies.length === 0 ? "" : ["strategies:\n", ...strategies].join("");
  await Deno.writeTextFile(path, text + settings);
  return path;
}

/** Rows of frames.csv; null for photographs. */
async function frameCount(flight: string): Promise<number | null> {
  const text = await Deno.readTextFile(`${flight}/frames.csv`).catch(() => null);
  return text === null ? null : text.split("\n").length - 2;
}

/** @throws GdnError when the line is not of the schema of src/airborne/json_lines.ts */
export function replayLine(line: string): FrameLine | SummaryLine {
  try {
    const json = JSON.parse(line);
    if (json?.type === "summary") return SummaryLineSchema.parse(json);
    return json?.name === undefined ? FrameLineSchema.parse(json) : photographFrame(json);
  } catch (error) {
    throw new GdnError(
      "REPLAY_LINE",
      `airborne replay printed a line that is neither frame nor summary: ${messageOf(error)}`,
      { cause: error, exitCode: EXIT.software },
    );
  }
}

/** Counts among all frames, though it has no place: the worst there is. */
function photographFrame(json: unknown): FrameLine {
  const photograph = PhotographLineSchema.parse(json);
  return {
    ...photograph,
    latitudeDeg: photograph.latitudeDeg ?? 0,
    longitudeDeg: photograph.longitudeDeg ?? 0,
    heightM: photograph.heightM ?? 0,
    covarianceEnM2: photograph.covarianceEnM2 ?? [1e12, 0, 1e12],
    sigmaUpM: photograph.sigmaUpM ?? 1e6,
    horizontal95M: photograph.horizontal95M ?? 1e6,
    localFromBody: photograph.localFromBody ?? [1, 0, 0, 0],
  };
}

/** What an earlier run has flown to its end; null: nothing, or not to its end. */
export async function flownBefore(folder: string): Promise<ReplayedFlight | null> {
  const text = await Deno.readTextFile(`${folder}/lines.jsonl`).catch(() => "");
  const lines = text.split("\n").slice(0, -1).map(replayLine);
  const summary = lines.at(-1);
  if (summary?.type !== "summary") return null;
  return { frames: lines.filter((line) => line.type === "frame"), summary };
}
