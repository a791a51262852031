/**
 * The worker's side: flies the flights of one job with the programs of this machine.
 *
 * @module
 */
import { describeVersion, EXIT, GdnError, messageOf, readPlainTextFile } from "../../core/mod.ts";
import {
  type FlownCase,
  hillsFile,
  hillsTiff,
  packageSteps,
  simulateStep,
} from "../evaluation/mod.ts";
import {
  DOCUMENT_BYTES_MAX,
  type InputSource,
  type JobHandler,
  JobRefusedError,
} from "../work_queue/mod.ts";
import {
  decodeFlightRun,
  encodeFlown,
  type FlightToFly,
  type FlownFlightResult,
  REPLAY_SETTINGS,
} from "./flight_run.ts";

const PICTURE_BYTES_MAX = 1 << 30;
const TRUTH_BYTES_MAX = 256 << 20;
const LAST_WORDS = 400;

interface FlyParts {
  readonly inputs: InputSource;
  /** Folder with `operator` and `airborne`, absolute. */
  readonly programs: string;
  /** Where flights are made, absolute. */
  readonly workFolder: string;
}

interface FlyHost extends FlyParts {
  readonly run: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  bytesRead: number;
}

/**
 * Starts both programs once.
 *
 * @throws GdnError 69 where one does not start, 78 where it is of another build than this one
 */
export async function checkPrograms(folder: string): Promise<void> {
  for (const program of ["operator", "airborne"]) {
    const path = `${folder}/${program}`;
    const here = buildIn(describeVersion(program, [], false)),
      there = buildIn(await versionOf(path));
    if (there === here) continue;
    throw new GdnError(
      "OTHER_PROGRAM",
      `Cannot fly with ${path}: it is "${there}", and this is "${here}"; install the same build of both ` +
        "programs",
      { exitCode: EXIT.configuration },
    );
  }
}

/** "operator 0.1.0, commit 4f2a9c0, portable build, …" of what `--version` prints. */
function buildIn(version: string): string {
  return version.split("\n").slice(0, 2).join(", ");
}

async function versionOf(path: string): Promise<string> {
  const unusable = (reason: string, cause?: unknown) =>
    new GdnError(
      "NO_PROGRAM",
      `Cannot fly with ${path}: ${reason}; name the folder of operator and airborne in --programs, or ` +
        "take jobs of the kind describe alone",
      { cause, exitCode: EXIT.unavailable },
    );
  try {
    const command = new Deno.Command(path, { args: ["--version"], stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    if (code === EXIT.ok) return new TextDecoder().decode(stdout);
    const said = new TextDecoder().decode(stderr).trim().slice(-LAST_WORDS);
    throw unusable(`it ends with exit code ${code}: ${said}`);
  } catch (error) {
    if (error instanceof GdnError) throw error;
    throw unusable(messageOf(error), error);
  }
}

export function flyHandler(parts: FlyParts): JobHandler {
  return async (payload, signal) => {
    const { run, document, first, count } = payload;
    const bytes = await parts.inputs.read(run, document, DOCUMENT_BYTES_MAX);
    const units = decodeFlightRun(bytes);
    if (first + count > units.length) {
      throw new JobRefusedError(
        `it names flights ${first} to ${first + count - 1}, its document has ${units.length}`,
      );
    }
    const folder = await Deno.makeTempDir({ dir: parts.workFolder, prefix: "job-" });
    const host = { ...parts, run, folder, signal, bytesRead: bytes.length };
    try {
      const flown: FlownFlightResult[] = [];
      for (const flight of units.slice(first, first + count).flat()) {
        flown.push(await fly(flight, host));
      }
      return { content: await encodeFlown(flown), inputBytes: host.bytesRead };
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

async function fly(
  { case: given, replays, mayFindNothing }: FlightToFly,
  host: FlyHost,
): Promise<FlownFlightResult> {
  const folder = `${host.folder}/${given.name}`, flight = `${folder}/flight`;
  await Deno.mkdir(folder, { recursive: true });
  const flown = await withPictures(given, folder, host);
  const hasHills = given.ground.kind === "procedural" && given.ground.hills !== undefined;
  if (hasHills) await Deno.writeFile(hillsFile(folder), hillsTiff(given.ground.centre));
  await start("operator", simulateStep(flown, flight).args, host);
  for (const { args } of packageSteps(flown, flight, folder)) await start("operator", args, host);
  const lines: FlownFlightResult["replays"] = {};
  for (const name of replays) {
    const config = `${folder}/${name}.yaml`;
    await Deno.writeTextFile(config, REPLAY_SETTINGS[name]);
    const settings = REPLAY_SETTINGS[name] === "" ? [] : ["--config", config];
    const replay = ["replay", flight, "--package", `${folder}/package`, "--strict", "--json"];
    const recorder = ["--recorder", `${folder}/${name}`];
    const alsoGood = mayFindNothing ? [EXIT.lossy] : [];
    lines[name] = await start("airborne", [...replay, ...recorder, ...settings], host, alsoGood);
  }
  const truth = await readPlainTextFile(`${flight}/truth.csv`, {
    within: folder,
    bytesMax: TRUTH_BYTES_MAX,
  });
  await Deno.remove(folder, { recursive: true });
  return { name: given.name, truth, replays: lines };
}

/** The case with its pictures as files of this machine. */
async function withPictures(flown: FlownCase, folder: string, host: FlyHost): Promise<FlownCase> {
  const { ground } = flown;
  if (ground.kind !== "pictures") return flown;
  const put = async (name: string, sha256: string) => {
    const bytes = await host.inputs.read(host.run, sha256, PICTURE_BYTES_MAX);
    host.bytesRead += bytes.length;
    await Deno.writeFile(`${folder}/${name}`, bytes);
    return `${folder}/${name}`;
  };
  const map = await put("map.png", ground.map), world = await put("world.png", ground.world);
  return { ...flown, ground: { ...ground, map, world } };
}

/** Runs a program to its end; returns what it printed. */
async function start(
  program: "operator" | "airborne",
  args: readonly string[],
  { programs, folder, signal }: FlyHost,
  alsoGood: readonly number[] = [],
): Promise<string> {
  signal.throwIfAborted();
  const { code, stdout, stderr } = await new Deno.Command(`${programs}/${program}`, {
    args: [...args, "--quiet"],
    cwd: folder,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal,
  }).output();
  signal.throwIfAborted();
  if (code === EXIT.ok || alsoGood.includes(code)) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).trim().slice(-LAST_WORDS);
  throw new GdnError("STEP", `${program} ${args[0]} ended with exit code ${code}: ${said}`);
}
