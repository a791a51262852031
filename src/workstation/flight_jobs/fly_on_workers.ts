/**
 * Hands flights in for workers, and gathers what they came to.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readPlainFile, sha256Hex } from "../../core/mod.ts";
import {
  forgetRun,
  gather,
  handIn,
  InputFolder,
  type JobRange,
  runIdOf,
  type RunRequest,
  type WorkQueue,
} from "../work_queue/mod.ts";
import {
  decodeFlown,
  encodeFlightRun,
  type FlightToFly,
  type FlownFlightResult,
} from "./flight_run.ts";

const PICTURE_BYTES_MAX = 1 << 30;

interface FlightsOnWorkers {
  readonly queue: WorkQueue;
  /** Folder of the inputs of all runs, which the workers read. */
  readonly inputsFolder: string;
  /** `fly`: a flight a unit; `campaign`: the flights of a seed. */
  readonly kind: "fly" | "campaign";
  readonly title: string;
  readonly units: readonly (readonly FlightToFly[])[];
  readonly unitsPerJob: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, active: number) => void;
  keep(flight: FlownFlightResult): Promise<void>;
}

/** Returns why units were not flown, by their number; empty where all were. */
export async function flyOnWorkers(
  request: FlightsOnWorkers,
): Promise<ReadonlyMap<number, string>> {
  const { queue, kind, title, units, unitsPerJob, signal, onProgress, keep } = request;
  const pictures = await picturesOf(units);
  const encoded = encodeFlightRun(units.map((unit) => unit.map((each) => named(each, pictures))));
  const key = createHash("sha256").update(encoded).update(`${unitsPerJob}`).digest();
  const run = runIdOf(kind, queue.program, key);
  const inputs = new InputFolder(request.inputsFolder, run);
  const document = await inputs.put(encoded);
  for (const path of pictures.keys()) await inputs.put(await read(path));
  const ranges: JobRange[] = [];
  for (let first = 0; first < units.length; first += unitsPerJob) {
    ranges.push({ first, count: Math.min(unitsPerJob, units.length - first) });
  }
  const handedIn: RunRequest = { kind, title, run, document, ranges };
  await queue.patiently(() => handIn(queue, handedIn));
  const setAside = await gather(queue, handedIn, async (results) => {
    for (const { content } of results) {
      for (const flight of await decodeFlown(content)) await keep(flight);
    }
  }, { signal, onProgress });
  if (setAside.length === 0) {
    await forgetRun(queue, handedIn);
    await inputs.remove();
  }
  return new Map(
    setAside.flatMap(({ first, count, reason }) =>
      Array.from({ length: count }, (_, i) => [first + i, reason] as const)
    ),
  );
}

const read = (path: string) => readPlainFile(path, { bytesMax: PICTURE_BYTES_MAX });

/** SHA-256 of every picture, by its path. */
async function picturesOf(
  units: FlightsOnWorkers["units"],
): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  for (const { case: { ground } } of units.flat()) {
    if (ground.kind !== "pictures") continue;
    for (const path of [ground.map, ground.world]) {
      if (!known.has(path)) known.set(path, sha256Hex(await read(path)));
    }
  }
  return known;
}

/** The flight as it stands in a document: pictures by their SHA-256, and nothing else than a worker needs. */
function named(
  { case: given, ...rest }: FlightToFly,
  pictures: ReadonlyMap<string, string>,
): FlightToFly {
  const { name, ground, registration, flight } = given;
  const sha256 = (path: string) => pictures.get(path) as string;
  const seen = ground.kind === "pictures"
    ? { ...ground, map: sha256(ground.map), world: sha256(ground.world) }
    : ground;
  return {
    ...rest,
    case: { name, ground: seen, ...registration === undefined ? {} : { registration }, flight },
  };
}
