/**
 * `deno task evaluate`: runs flights with ground truth and measures the errors.
 *
 * @module
 */
import {
  defineCommand,
  exists,
  EXIT,
  type ExitCode,
  GdnError,
  messageOf,
  runCommand,
  UsageError,
} from "../src/core/mod.ts";
import {
  BARS_POOLED,
  type EvaluatedFlight,
  flightMetrics,
  missedBars,
  pooledMetrics,
} from "../src/workstation/evaluation/mod.ts";
import { flyUnits, type WorkersPlace } from "./evaluate/workers.ts";
import { type EvaluateCase, type FlightCase, groundCase, suite } from "./evaluate/cases.ts";
import {
  EVALUATE_OPTIONS,
  type EvaluateOptions,
  evaluateOptions,
  type EvaluateValues,
} from "./evaluate/options.ts";
import { type CaseResult, metricsTable, resultLine, strategyTable } from "./evaluate/results.ts";
import { evaluateHostile, type HostileOptions } from "./evaluate/hostile/run.ts";
import {
  type CaseHost,
  chosenNames,
  type FlownWith,
  noteWriter,
  type PackageCache,
} from "./evaluate/host.ts";
import { monteCarlo } from "./evaluate/monte_carlo/run.ts";
import { runCase } from "./evaluate/run_case.ts";
import { missedPlacement, tileMetrics, tilesTable } from "./evaluate/tiles/tile_metrics.ts";

const DATA_FOLDER = "../shared/data";
const HOSTILE_AT_ONCE = 2;
const WORK_FOLDER = "build/evaluate";

export const evaluateCommand = defineCommand({
  name: "evaluate",
  summary: "fly and measure: figures of accuracy and speed against the truth",
  about: `
Flies and measures: map tiles → flight package → simulated flight → airborne replay → figures against
the truth. Without --map: the whole suite, as far as ../shared/data holds it.`,
  options: EVALUATE_OPTIONS,
  json: "one JSON object per flight on stdout and nothing else",
  examples: [
    "deno task evaluate --only two_dates",
    "deno task evaluate --only two_dates --matcher structural,features,onnx --model xfeat.onnx",
    "deno task evaluate --only two_dates --estimator eskf,isam2",
    "deno task evaluate --monte-carlo 20 --seed 3 --work build/evaluate/consistency",
    "deno task evaluate --map old.png --world new.png --centre 30.2672,-97.7431 --gsd 0.5",
  ],
  exitCodes: {
    0: "every flight could be measured (missed bars are printed)",
    3: "with --workers: jobs were set aside; the message says why",
    1: "one failed; with --map the code of what failed (65 bad data, 66 no such file)",
  },
  run: (values, io) =>
    values.hostile
      ? evaluateHostile(hostileOptions(values), io.signal)
      : evaluate(evaluateOptions(values), io.signal),
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task evaluate",
      command: evaluateCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}

function hostileOptions(values: EvaluateValues): HostileOptions {
  const { json, keep, only = null, atOnce = HOSTILE_AT_ONCE } = values;
  return { dataFolder: DATA_FOLDER, work: `${WORK_FOLDER}/hostile`, only, json, keep, atOnce };
}

async function evaluate(options: EvaluateOptions, signal: AbortSignal): Promise<ExitCode> {
  if (options.monteCarlo !== null) return await drawAndFly(options, options.monteCarlo, signal);
  const cases = chosenCases(options);
  await Deno.mkdir(WORK_FOLDER, { recursive: true });
  const work = await Deno.makeTempDir({ dir: WORK_FOLDER, prefix: "run-" });
  try {
    const results = await runAll(cases, relativeToProject(work), signal, options);
    report(results, cases, options);
    return exitCode(results, options);
  } finally {
    if (options.keep) console.error(`kept: ${work}`);
    else await Deno.remove(work, { recursive: true });
  }
}

async function drawAndFly(
  { flight: { seed }, json, keep, only, workers }: EvaluateOptions,
  { flights, grounds, work: given }: NonNullable<EvaluateOptions["monteCarlo"]>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const work = given === null ? `${WORK_FOLDER}/monte-carlo-${Deno.pid}` : fromCaller(given);
  await Deno.mkdir(work, { recursive: true });
  const pictures = `${DATA_FOLDER}/two_dates`;
  const picturesFolder = await exists(pictures) ? pictures : null;
  try {
    const request = { flights, grounds, seed, only, json, picturesFolder, work, workers };
    return await monteCarlo(request, signal);
  } finally {
    if (keep || given !== null) console.error(`kept: ${work}`);
    else await Deno.remove(work, { recursive: true });
  }
}

function chosenCases(options: EvaluateOptions): EvaluateCase[] {
  if (options.ground !== null) {
    const { map, world } = options.ground;
    const ground = { ...options.ground, map: fromCaller(map), world: fromCaller(world) };
    return [groundCase({ ...options, ground })];
  }
  const chosen = suite(DATA_FOLDER).filter((each) => options.only?.test(each.name) ?? true);
  if (chosen.length === 0) {
    const names = suite(DATA_FOLDER).map((each) => each.name).join(", ");
    throw new UsageError(`--only matches no case of: ${names}`);
  }
  return chosen;
}

/** `deno task` runs in the project's folder; paths are relative to where it was called. */
function fromCaller(path: string): string {
  const caller = Deno.env.get("INIT_CWD");
  return path.startsWith("/") || caller === undefined ? path : `${caller}/${path}`;
}

function relativeToProject(path: string): string {
  const here = `${Deno.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

async function runAll(
  cases: readonly EvaluateCase[],
  work: string,
  signal: AbortSignal,
  options: EvaluateOptions,
): Promise<CaseResult[]> {
  const packages: PackageCache = new Map();
  const results: CaseResult[] = [];
  const runs = cases.flatMap((each) => choices(options).map((flownWith) => ({ each, flownWith })));
  const model = options.model === null ? null : fromCaller(options.model);
  const setAside = options.workers === null
    ? new Map<string, string>()
    : await flySuite(cases, work, options.workers, signal);
  for (const [index, { each, flownWith }] of runs.entries()) {
    signal.throwIfAborted();
    const label = `[${index + 1}/${runs.length}] ${nameOf(each.name, flownWith)}`;
    const notes = noteWriter(label);
    const host: CaseHost = {
      work,
      signal,
      note: notes.note,
      tiles: options.tiles,
      flownWith,
      model: flownWith.matcher === "onnx" ? model : null,
      mayBeFlown: options.workers !== null,
    };
    const reason = setAside.get(each.name);
    const result = reason === undefined
      ? await runOne(each, packages, host, options)
      : notFlown(each.name, reason);
    results.push(result);
    notes.note(outcome(result));
    notes.end();
    const line = options.json ? resultLine(result) : null;
    if (line !== null) console.log(line);
  }
  return results;
}

/** Photographs stay on this machine. Returns why flights were not flown, by name. */
async function flySuite(
  cases: readonly EvaluateCase[],
  work: string,
  workers: WorkersPlace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const flights: FlightCase[] = [];
  for (const each of cases) {
    if (each.kind === "flight" && await absentData(each) === null) flights.push(each);
  }
  const units = flights.map((each) => [{
    case: each,
    replays: ["with_fixes" as const],
    mayFindNothing: false,
  }]);
  return await flyUnits(units, workers, {
    kind: "fly",
    title: "evaluate",
    unitsPerJob: 1,
    signal,
    folderOf: ({ name }) => ({ flight: `${work}/${name}`, lines: `${work}/${name}` }),
  });
}

function notFlown(name: string, reason: string): CaseResult {
  return { status: "failed", name, error: `set aside: ${reason}`, exitCode: EXIT.lossy };
}

/** Every matcher with every state estimator. */
function choices({ matchers, estimators }: EvaluateOptions): FlownWith[] {
  return (matchers ?? [null]).flatMap((matcher) =>
    (estimators ?? [null]).map((estimator) => ({ matcher, estimator }))
  );
}

function nameOf(flight: string, flownWith: FlownWith): string {
  return [flight, ...chosenNames(flownWith)].join(" ");
}

function outcome(result: CaseResult): string {
  switch (result.status) {
    case "ok":
      return result.missed.length === 0 ? "done" : `done, missed ${result.missed.join("; ")}`;
    case "failed":
      return `FAILED: ${result.error}`;
    case "skipped":
      return `skipped: ${result.reason}`;
    default:
      return result satisfies never;
  }
}

async function runOne(
  each: EvaluateCase,
  packages: PackageCache,
  host: CaseHost,
  options: EvaluateOptions,
): Promise<CaseResult> {
  const absent = options.ground === null ? await absentData(each) : null;
  if (absent !== null) return { status: "skipped", name: each.name, reason: absent };
  try {
    const flight = await runCase(each, packages, host);
    const { tiles } = flight;
    return {
      status: "ok",
      name: each.name,
      flownWith: host.flownWith ?? { matcher: null, estimator: null },
      flight,
      tiles,
      missed: [
        ...missedBars(flightMetrics(flight), each.bars),
        ...(tiles === null ? [] : missedPlacement(tileMetrics(tiles))),
      ],
      about: about(each, flight),
    };
  } catch (error) {
    host.signal.throwIfAborted();
    const code = error instanceof GdnError ? error.exitCode : EXIT.software;
    return { status: "failed", name: each.name, error: messageOf(error), exitCode: code };
  }
}

/** What was evaluated; for photographs the error of each, metres, in order of capture. */
function about(each: EvaluateCase, flight: EvaluatedFlight): Record<string, unknown> {
  if (each.kind === "flight") return { ...each.flight };
  return { photographErrorsM: flight.errors.map((e) => Math.round(e.horizontalM * 100) / 100) };
}

/** Why a case of the suite cannot run here; null when it can. */
async function absentData(each: EvaluateCase): Promise<string | null> {
  const paths = each.kind === "photographs"
    ? [...each.map, ...each.flown].map((name) => `${each.folder}/${name}`)
    : each.ground.kind === "pictures"
    ? [each.ground.map, each.ground.world]
    : [];
  for (const path of paths) {
    const there = await Deno.stat(path).then(() => true, () => false);
    if (!there) return `${path} is not there`;
  }
  return null;
}

function report(
  results: readonly CaseResult[],
  cases: readonly EvaluateCase[],
  options: EvaluateOptions,
): void {
  const measured = results.filter((result) => result.status === "ok");
  const print = options.json ? console.error : console.log;
  if (measured.length === 0) return;
  if (options.matchers !== null || options.estimators !== null) {
    for (const line of choicesReport(measured, choices(options))) print(line);
    return;
  }
  const pooled = pooledFlights(measured, cases);
  const rows = measured.map(({ name, flight }) => ({ name, metrics: flightMetrics(flight) }));
  if (pooled.length > 0) rows.push({ name: "pooled", metrics: pooledMetrics(pooled) });
  for (const line of metricsTable(rows)) print(line);
  for (const line of tilesReport(measured)) print(line);
  for (const { name, missed } of measured) {
    if (missed.length > 0) print(`missed by ${name}: ${missed.join("; ")}`);
  }
  const missed = pooled.length > 0 ? missedBars(pooledMetrics(pooled), BARS_POOLED) : [];
  if (missed.length > 0) print(`missed by all together: ${missed.join("; ")}`);
  const failed = results.filter((result) => result.status === "failed").length;
  print(
    `${measured.length} measured, ${failed} failed, ` +
      `${results.length - measured.length - failed} skipped`,
  );
}

/** Each flight by each choice of strategies, then all flights together. */
function choicesReport(
  measured: readonly Extract<CaseResult, { status: "ok" }>[],
  chosen: readonly FlownWith[],
): string[] {
  const rows = measured.map(({ name, flownWith, flight }) => ({
    name: nameOf(name, flownWith),
    metrics: flightMetrics(flight),
    frames: flight.frames,
  }));
  const all = chosen.flatMap((choice) => {
    const name = nameOf("all", choice);
    const flights = measured.filter((each) => nameOf("all", each.flownWith) === name)
      .map(({ flight }) => flight);
    const frames = flights.flatMap((flight) => flight.frames);
    return flights.length === 0 ? [] : [{ name, metrics: pooledMetrics(flights), frames }];
  });
  return strategyTable([...rows, ...all]);
}

/** Figures of the flights that made tiles, and of all of them together. */
function tilesReport(measured: readonly Extract<CaseResult, { status: "ok" }>[]): string[] {
  const made = measured.flatMap(({ name, tiles }) => tiles ? [{ name, tiles }] : []);
  if (made.length === 0) return [];
  const all = { name: "all", tiles: made.flatMap(({ tiles }) => tiles) };
  const rows = [...made, all].map(({ name, tiles }) => ({ name, metrics: tileMetrics(tiles) }));
  return ["", ...tilesTable(rows), ""];
}

/** Photographs are excluded: their EXIF positions are wrong by metres themselves. */
function pooledFlights(
  measured: readonly Extract<CaseResult, { status: "ok" }>[],
  cases: readonly EvaluateCase[],
): EvaluatedFlight[] {
  const kinds = new Map(cases.map((each) => [each.name, each.kind]));
  return measured.filter(({ name }) => kinds.get(name) === "flight").map(({ flight }) => flight);
}

function exitCode(results: readonly CaseResult[], options: EvaluateOptions): ExitCode {
  const failures = results.filter((result) => result.status === "failed");
  const [failed] = failures;
  if (failed === undefined) return EXIT.ok;
  if (failures.every((each) => each.exitCode === EXIT.lossy)) return EXIT.lossy;
  return options.ground === null ? EXIT.failure : failed.exitCode;
}
