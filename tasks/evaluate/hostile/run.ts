/**
 * `deno task evaluate --hostile`: inputs that lie, over several grounds and by both aircraft.
 *
 * @module
 */
import { exists, EXIT, type ExitCode, FolderLock, UsageError } from "../../../src/core/mod.ts";
import { noteWriter } from "../host.ts";
import { flyHostile, type HostileRun, knownPictures } from "./fly.ts";
import { type CleanFlight, cleanFlights, type PreparedFlight, prepareFlight } from "./grounds.ts";
import { HOSTILE_INPUTS } from "./inputs.ts";
import type { KnownPictures } from "./known_pictures.ts";
import { keyOf, programFingerprint, ResultsFile } from "./results_file.ts";
import type { HostileResult } from "./results_file.ts";
import { failed, hostileTable } from "./table.ts";

export interface HostileOptions {
  readonly dataFolder: string;
  /** Flights, packages and results stay there. */
  readonly work: string;
  readonly only: RegExp | null;
  readonly json: boolean;
  /** Keep the falsified flights. */
  readonly keep: boolean;
  /** Replays side by side. */
  readonly atOnce: number;
}

interface Wanted extends Omit<HostileRun, "prepared" | "known" | "otherPictures"> {
  readonly clean: CleanFlight;
  readonly key: string;
}

export async function evaluateHostile(
  options: HostileOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const flights = await flightsWithData(options.dataFolder);
  const wanted = wantedRuns(flights, options.only);
  await Deno.mkdir(options.work, { recursive: true });
  // Two at once would falsify the same folders.
  using _lock = await FolderLock.alone(`${options.work}/lock`);
  const results = await ResultsFile.open(
    `${options.work}/results.jsonl`,
    await programFingerprint(),
  );
  const missing = wanted.filter(({ key }) => !results.known.has(key));
  console.error(`${wanted.length} flights, ${wanted.length - missing.length} of them known`);
  await flyAll(missing, flights, results, options, signal);
  const measured = wanted.map(({ key }) => results.known.get(key)!);
  report(measured, options);
  return measured.some(failed) ? EXIT.failure : EXIT.ok;
}

async function flightsWithData(dataFolder: string): Promise<CleanFlight[]> {
  const flights: CleanFlight[] = [];
  for (const each of cleanFlights(dataFolder)) {
    const { ground } = each.flightCase;
    const paths = ground.kind === "pictures" ? [ground.map, ground.world] : [];
    const there = await Promise.all(paths.map(exists));
    if (there.every(Boolean)) flights.push(each);
    else {console.error(
        `${each.name}: skipped: ${ground.kind === "pictures" && ground.map} is not there`,
      );}
  }
  return flights;
}

/** Ground by ground, so that a run that is broken off has whole grounds. */
function wantedRuns(flights: readonly CleanFlight[], only: RegExp | null): Wanted[] {
  const all = flights.flatMap((clean) =>
    HOSTILE_INPUTS.flatMap((input) =>
      input.durationsS.map((durationS) => ({
        clean,
        input,
        durationS,
        key: keyOf({
          input: input.name,
          durationS: Number.isFinite(durationS) ? durationS : null,
          flight: clean.name,
        }),
      }))
    )
  );
  const wanted = all.filter(({ key }) => only?.test(key) ?? true);
  if (wanted.length === 0) {
    const names = HOSTILE_INPUTS.map(({ name }) => name).join(", ");
    throw new UsageError(`--only matches none of: ${names}; nor a flight: ${all[0].key}`);
  }
  return wanted;
}

async function flyAll(
  missing: readonly Wanted[],
  flights: readonly CleanFlight[],
  results: ResultsFile,
  options: HostileOptions,
  signal: AbortSignal,
): Promise<void> {
  const prepared = new Map<string, PreparedFlight>();
  for (const clean of neededFlights(missing, flights)) {
    const notes = noteWriter(clean.name);
    const host = { work: options.work, signal, note: notes.note };
    prepared.set(clean.name, await prepareFlight(clean, host));
    notes.end();
  }
  const known = knownOf(missing, prepared, options.work, signal);
  const startedMs = performance.now();
  let next = 0, done = 0;
  const worker = async (index: number) => {
    while (next < missing.length) {
      signal.throwIfAborted();
      const { clean, key, ...run } = missing[next++];
      const result = await flyHostile(
        {
          ...run,
          prepared: prepared.get(clean.name)!,
          known: await known(clean),
          otherPictures: await otherPictures(clean, prepared),
        },
        `${options.work}/${options.keep ? key.replaceAll(" ", "_") : `falsified_${index}`}`,
        options.keep,
        signal,
      );
      await results.add(result);
      done++;
      const leftS = (performance.now() - startedMs) / 1e3 / done * (missing.length - done);
      console.error(`[${done}/${missing.length}] ${key}: ${outcome(result)}; ${left(leftS)} left`);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, (_, index) => worker(index)));
}

/** What is known of a clean flight's pictures, of one flight at a time: they are flown ground by ground. */
function knownOf(
  missing: readonly Wanted[],
  prepared: ReadonlyMap<string, PreparedFlight>,
  work: string,
  signal: AbortSignal,
): (clean: CleanFlight) => Promise<KnownPictures> {
  let of: CleanFlight | null = null;
  let known: Promise<KnownPictures>;
  return (clean) => {
    if (of !== clean) {
      of = clean;
      const inputs = missing.filter((each) => each.clean === clean).map(({ input }) => input);
      const folder = `${work}/clean_${clean.flightCase.name}`;
      known = knownPictures(prepared.get(clean.name)!, inputs, folder, signal);
    }
    return known;
  };
}

/** Those that are flown, and one of another ground for pictures of another place. */
function neededFlights(
  missing: readonly Wanted[],
  flights: readonly CleanFlight[],
): CleanFlight[] {
  const needed = new Set(missing.map(({ clean }) => clean));
  for (const { clean, input } of missing) {
    if (input.name !== "pictures.other_place") continue;
    const other = otherFlight(clean, flights);
    if (other !== undefined) needed.add(other);
  }
  return flights.filter((each) => needed.has(each));
}

function otherFlight<T extends CleanFlight>(clean: CleanFlight, flights: readonly T[]) {
  const { aircraft } = clean.flightCase.flight;
  return flights.find(({ ground, flightCase }) =>
    ground !== clean.ground && flightCase.flight.aircraft === aircraft
  );
}

async function otherPictures(
  clean: CleanFlight,
  prepared: ReadonlyMap<string, PreparedFlight>,
): Promise<string[]> {
  const other = otherFlight(clean, [...prepared.values()]);
  if (other === undefined) return [];
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${other.flight}/frames`)) names.push(name);
  return names.sort().map((name) => `${other.flight}/frames/${name}`);
}

function outcome(result: HostileResult): string {
  if (result.error !== null) return `exit ${result.exitCode}: ${result.error}`;
  const { worstErrorM, r95ThenM, confidentlyWrongS } = result;
  return `${failed(result) ? "FAILED, " : ""}worst ${worstErrorM?.toFixed(1)} m at r95 ` +
    `${r95ThenM?.toFixed(1)} m, confidently wrong ${confidentlyWrongS.toFixed(1)} s`;
}

function left(seconds: number): string {
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

function report(results: readonly HostileResult[], { json }: HostileOptions): void {
  if (json) { for (const result of results) console.log(JSON.stringify(result)); }
  const print = json ? console.error : console.log;
  for (const line of hostileTable(results)) print(line);
  const failures = results.filter(failed).length;
  print(
    `${results.length} flights, ${new Set(results.map(({ input }) => input)).size} inputs; ` +
      `confidently wrong for over a second: ${failures}`,
  );
}
