/**
 * One case from map to figures, in a work folder.
 *
 * @module
 */
import {
  type FrameLine,
  FrameLineSchema,
  type SummaryLine,
  SummaryLineSchema,
} from "../../src/airborne/output.ts";
import { DataError, EXIT, GdnError, messageOf } from "../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  evaluateFlight,
  truthFromCsv,
  TruthTrack,
} from "../../src/evaluation/mod.ts";
import { openPhotographFolder } from "../../src/replay/mod.ts";
import type { EvaluateCase, FlightCase, PhotographCase } from "./cases.ts";
import { runStep } from "./processes.ts";

export interface CaseHost {
  /** Work folder of the whole evaluation, inside of the project. */
  readonly work: string;
  readonly signal: AbortSignal;
  /** What is being done now, for people. */
  note(text: string): void;
}

/** Packages that are there already, by what they were made of. */
export type PackageCache = Map<string, string>;

/** @throws GdnError */
export async function runCase(
  evaluated: EvaluateCase,
  packages: PackageCache,
  host: CaseHost,
): Promise<EvaluatedFlight> {
  switch (evaluated.kind) {
    case "flight":
      return await runFlight(evaluated, packages, host);
    case "photographs":
      return await runPhotographs(evaluated, host);
    default:
      return evaluated satisfies never;
  }
}

/** Where a flight stands in the work folder. */
export function flightFolder(host: Pick<CaseHost, "work">, name: string): string {
  return `${host.work}/${name}`;
}

async function runFlight(
  flightCase: FlightCase,
  packages: PackageCache,
  host: CaseHost,
): Promise<EvaluatedFlight> {
  const folder = flightFolder(host, flightCase.name);
  await Deno.mkdir(folder, { recursive: true });
  const key = JSON.stringify(flightCase.ground);
  const packagePath = packages.get(key) ?? await makePackage(flightCase, host);
  packages.set(key, packagePath);
  host.note("simulate the flight");
  const seen = flightCase.ground.kind === "pictures"
    ? [await checkPicture(flightCase.ground.world)]
    : [];
  await runStep("operator", simulateArguments(flightCase, folder), {
    signal: host.signal,
    grants: { read: seen, write: [host.work] },
  });
  const { frames, summary } = await replay(`${folder}/flight`, packagePath, folder, host);
  const truthPath = `${folder}/flight/truth.csv`;
  const truth = truthFromCsv(await Deno.readTextFile(truthPath));
  return evaluateFlight(frames, summary, truth, flightCase.flight.prior);
}

async function makePackage(flightCase: FlightCase, host: CaseHost): Promise<string> {
  const folder = flightFolder(host, flightCase.name);
  const { ground } = flightCase;
  let map: string, centre: string;
  if (ground.kind === "pictures") {
    map = await checkPicture(ground.map);
    centre = ground.centre;
  } else {
    host.note("make procedural ground");
    map = `${folder}/map.png`;
    centre = PROCEDURAL_CENTRE;
    await runStep("operator", [
      "simulate",
      "map",
      ...["--out", map, "--centre", centre, "--gsd", String(ground.gsdM)],
      ...["--side", String(ground.sideM), "--seed", String(ground.seed)],
      "--json",
    ], { signal: host.signal, grants: { write: [host.work] } });
  }
  host.note("import the map");
  return await packageOf(folder, [map, "--centre", centre, "--gsd", String(ground.gsdM)], host);
}

const PROCEDURAL_CENTRE = "48,11";

async function packageOf(
  folder: string,
  importArguments: readonly string[],
  host: CaseHost,
): Promise<string> {
  const data = ["--data", `${folder}/data`, "--json"];
  const step = { signal: host.signal, grants: { read: [importArguments[0]], write: [host.work] } };
  await runStep("operator", ["tiles", "import", ...importArguments, ...data], step);
  host.note("provision");
  await runStep("operator", ["provision", "--out", `${folder}/package`, ...data], step);
  return `${folder}/package`;
}

function simulateArguments(flightCase: FlightCase, folder: string): string[] {
  const { ground, flight } = flightCase;
  return [
    "simulate",
    "flight",
    ...["--out", `${folder}/flight`],
    ...groundArguments(ground),
    ...["--aircraft", flight.aircraft, "--agl", String(flight.aglM)],
    ...["--fov", String(flight.fovDeg), "--distance", String(flight.distanceM)],
    ...["--seed", String(flight.seed)],
    ...(flight.prior ? [] : ["--no-prior"]),
    "--json",
  ];
}

function groundArguments(ground: FlightCase["ground"]): string[] {
  if (ground.kind === "pictures") {
    return ["--image", ground.world, "--centre", ground.centre, "--gsd", String(ground.gsdM)];
  }
  return [
    ...["--centre", PROCEDURAL_CENTRE, "--ground-seed", String(ground.seed)],
    ...["--side", String(ground.sideM)],
  ];
}

/** @throws GdnError with exit code 66 when the picture is not there */
async function checkPicture(path: string): Promise<string> {
  const info = await Deno.stat(path).catch((error) => {
    const exitCode = error instanceof Deno.errors.NotFound ? EXIT.noInput : EXIT.io;
    throw new GdnError("NO_INPUT", `Cannot read the picture ${path}: ${messageOf(error)}`, {
      cause: error,
      exitCode,
    });
  });
  if (!info.isFile) throw new DataError(path, "is no file; give a picture");
  return path;
}

async function replay(
  flight: string,
  packagePath: string,
  folder: string,
  host: CaseHost,
): Promise<{ frames: FrameLine[]; summary: SummaryLine | null }> {
  const frames: FrameLine[] = [];
  let summary: SummaryLine | null = null;
  host.note("replay");
  const lines = await Deno.open(`${folder}/lines.jsonl`, {
    write: true,
    create: true,
    truncate: true,
  });
  try {
    await runStep("airborne", [
      ...["replay", flight, "--package", packagePath],
      ...["--recorder", `${folder}/recorder`, "--json"],
    ], {
      signal: host.signal,
      grants: { read: [flight, packagePath], write: [`${folder}/recorder`] },
      onLine: (line) => {
        lines.writeSync(new TextEncoder().encode(line + "\n"));
        const read = replayLine(line);
        if (read.type === "summary") summary = read;
        else frames.push(read);
        if (read.type === "frame" && frames.length % 20 === 0) {
          host.note(`replay, ${frames.length} frames`);
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

/** @throws GdnError when the line is not of the schema of src/airborne/output.ts */
export function replayLine(line: string): FrameLine | SummaryLine {
  try {
    const json = JSON.parse(line);
    return json?.type === "summary" ? SummaryLineSchema.parse(json) : FrameLineSchema.parse(json);
  } catch (error) {
    throw new GdnError(
      "REPLAY_LINE",
      `airborne replay printed a line that is neither frame nor summary: ${messageOf(error)}`,
      { cause: error, exitCode: EXIT.software },
    );
  }
}

async function runPhotographs(
  photographs: PhotographCase,
  host: CaseHost,
): Promise<EvaluatedFlight> {
  const folder = flightFolder(host, photographs.name);
  for (const [name, files] of [["map", photographs.map], ["flight", photographs.flown]] as const) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    for (const file of files) {
      await Deno.copyFile(`${photographs.folder}/${file}`, `${folder}/${name}/${file}`);
    }
  }
  host.note("import the map photographs");
  const packagePath = await packageOf(folder, [`${folder}/map`], host);
  const { frames, summary } = await replay(`${folder}/flight`, packagePath, folder, host);
  return evaluateFlight(frames, summary, await photographTruth(`${folder}/flight`, frames), false);
}

/** EXIF positions at the moments of the frames. */
async function photographTruth(
  folder: string,
  frames: readonly FrameLine[],
): Promise<TruthTrack> {
  const flight = await openPhotographFolder(folder);
  if (frames.length !== flight.names.length) {
    throw new GdnError(
      "NO_FRAME",
      `airborne replay printed ${frames.length} frames for ${flight.names.length} photographs`,
    );
  }
  return new TruthTrack(
    frames.map((frame) => ({
      timeNs: frame.timeNs,
      position: { ...flight.positionTag(frame.sequence), heightM: frame.heightM },
    })),
  );
}
