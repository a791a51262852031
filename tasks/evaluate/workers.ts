/**
 * Has flights flown by workers, and puts what they came to where a flight of this machine would have put it.
 *
 * @module
 */
import { resolve } from "node:path";
import { option, type OptionValues, UsageError } from "../../src/core/mod.ts";
import {
  type FlightToFly,
  type FlownFlightResult,
  flyOnWorkers,
} from "../../src/workstation/flight_jobs/mod.ts";
import { programIdentity, WorkQueue } from "../../src/workstation/work_queue/mod.ts";
import { noteWriter } from "./host.ts";

const GROUP = "Workers on other machines";

export const WORKERS_OPTIONS = {
  workers: option.flag({
    help: "the flights are flown by `operator worker` at the server of --dsn",
    group: GROUP,
  }),
  dsn: option.database({
    help: "PostgreSQL server that has the jobs",
    example: "postgresql://me@db/tiles",
    group: GROUP,
  }),
  inputs: option.path({
    access: "write",
    placeholder: "DIR",
    help: "folder that workers read pictures from",
    absent: "build/work",
    group: GROUP,
  }),
} as const;

export interface WorkersPlace {
  readonly dsn: string;
  readonly inputsFolder: string;
}

/** null: this machine does all. @throws UsageError */
export function workersPlace(
  { workers, dsn, inputs }: OptionValues<typeof WORKERS_OPTIONS>,
): WorkersPlace | null {
  if (!workers) {
    if (dsn !== undefined || inputs !== undefined) {
      throw new UsageError("--dsn and --inputs belong to --workers");
    }
    return null;
  }
  if (dsn === undefined) {
    throw new UsageError("--workers needs --dsn, the server that has the jobs");
  }
  // `deno task` runs in the project's folder; paths are relative to where it was called.
  const caller = Deno.env.get("INIT_CWD") ?? ".";
  return { dsn, inputsFolder: inputs === undefined ? "build/work" : resolve(caller, inputs) };
}

interface FlyUnits {
  readonly kind: "fly" | "campaign";
  readonly title: string;
  readonly unitsPerJob: number;
  readonly signal: AbortSignal;
  /** Where truth.csv goes (in `flight/flight`) and the lines of a replay. */
  folderOf(
    flight: FlownFlightResult,
    replay: string,
  ): { readonly flight: string; readonly lines: string };
}

/** Returns why flights were not flown, by their name. */
export async function flyUnits(
  units: readonly (readonly FlightToFly[])[],
  { dsn, inputsFolder }: WorkersPlace,
  { kind, title, unitsPerJob, signal, folderOf }: FlyUnits,
): Promise<ReadonlyMap<string, string>> {
  const notes = noteWriter("workers");
  await using queue = await WorkQueue.open({
    dsn,
    program: await programIdentity(),
    create: true,
    supervise: true,
    note: notes.note,
    signal,
  });
  const setAside = await flyOnWorkers({
    queue,
    inputsFolder,
    kind,
    title,
    units,
    unitsPerJob,
    signal,
    onProgress: (done, active) => notes.note(`flying, ${done} jobs done, ${active} in hand`),
    async keep(flown) {
      for (const [replay, lines] of Object.entries(flown.replays)) {
        const folder = folderOf(flown, replay);
        await Deno.mkdir(`${folder.flight}/flight`, { recursive: true });
        await Deno.mkdir(folder.lines, { recursive: true });
        await Deno.writeTextFile(`${folder.flight}/flight/truth.csv`, flown.truth);
        await Deno.writeTextFile(`${folder.lines}/lines.jsonl`, lines);
      }
    },
  });
  notes.end();
  return new Map(
    [...setAside].flatMap(([unit, reason]) => units[unit].map((each) => [each.case.name, reason])),
  );
}
