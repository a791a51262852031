/**
 * Monte Carlo runs: short flights of both aircraft over every ground, many seeds, with the real
 * programs.
 *
 * @module
 */
import { messageOf } from "../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  flightMetrics,
  pooledMetrics,
} from "../../src/workstation/evaluation/mod.ts";
import type { FlightCase } from "../evaluate/cases.ts";
import type { PackageCache } from "../evaluate/host.ts";
import { runCase } from "../evaluate/run_case.ts";
import { REPOSITORY } from "../executables.ts";
import type { FlightToFly } from "../../src/workstation/flight_jobs/mod.ts";
import { flyUnits } from "../evaluate/workers.ts";
import { type PartHost, type PartResult, seedsOf } from "./part.ts";

const DISTANCE_M = 600;
const AGL_M = 130;
const SITES = [1, 2, 4];
const CENTRE = "30.2672,-97.7431";
/** Limit of the distance between an accepted fix and the truth. */
const FIX_MAX_M = 15;
const ERROR_MAX_M = 20;
const WORST_SHOWN = 5;
/** Of a job: some four flights each. */
const SEEDS_PER_JOB = 4;

interface Flown {
  readonly name: string;
  readonly flight: EvaluatedFlight;
}

export async function monteCarlo(host: PartHost): Promise<PartResult> {
  await Deno.mkdir(`${REPOSITORY}/build`, { recursive: true });
  const work = await Deno.makeTempDir({ dir: `${REPOSITORY}/build`, prefix: "campaign-" });
  const packages: PackageCache = new Map();
  const flown: Flown[] = [];
  const failures: string[] = [];
  let setAsideCount = 0;
  const seeds = host.workers === null ? seedsOf(host) : [...seedsOf(host)];
  try {
    const setAside = await flyOnWorkers(seeds, work, host);
    setAsideCount = setAside.size;
    for (const [name, reason] of setAside) failures.push(`${name}: set aside: ${reason}`);
    for (const seed of seeds) {
      for (const one of await flightsOf(seed)) {
        if (flown.length > 0 && performance.now() >= host.endMs) break;
        if (setAside.has(one.name)) continue;
        const failure = await fly(one, packages, work, flown, host);
        if (failure !== null) failures.push(`${one.name}: ${failure}`);
        await forget(`${work}/${one.name}`, packages);
      }
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  for (const line of table(flown)) host.print(line);
  return {
    runs: flown.length + failures.length,
    failures: [...failures, ...misses(flown)],
    setAside: setAsideCount,
  };
}

/** Flies all seeds where there are workers. Returns why flights were not flown, by name. */
async function flyOnWorkers(
  seeds: Iterable<number>,
  work: string,
  { workers }: PartHost,
): Promise<ReadonlyMap<string, string>> {
  if (workers === null) return new Map();
  const units: FlightToFly[][] = [];
  for (const seed of seeds) {
    units.push((await flightsOf(seed)).map((each) => ({
      case: each,
      replays: ["with_fixes"],
      mayFindNothing: false,
    })));
  }
  return await flyUnits(units, workers, {
    kind: "campaign",
    title: "campaign flights",
    unitsPerJob: SEEDS_PER_JOB,
    signal: new AbortController().signal,
    folderOf: ({ name }) => ({ flight: `${work}/${name}`, lines: `${work}/${name}` }),
  });
}

/**
 * One flight over every ground; aircraft and seeds alternate, so that two seeds cover both aircraft
 * everywhere.
 */
async function flightsOf(seed: number): Promise<FlightCase[]> {
  const shared = `${REPOSITORY}/../shared/data/two_dates`;
  const there = await Deno.stat(shared).then(() => true, () => false);
  const pictures = there ? SITES : [];
  const grounds: [string, FlightCase["ground"]][] = [
    ["procedural", { kind: "procedural", seed, centre: "48.2,11.5", zoom: 18 }],
    ...pictures.map((site): [string, FlightCase["ground"]] => [`two_dates_${site}`, {
      kind: "pictures",
      map: `${shared}/site_${site}/map.png`,
      world: `${shared}/site_${site}/world.png`,
      centre: CENTRE,
      gsdM: 0.5,
    }]),
  ];
  return grounds.map(([name, ground], i) => {
    const aircraft = (seed + i) % 2 === 0 ? "multirotor" : "fixed_wing";
    return {
      kind: "flight",
      name: `${name}_${aircraft}_seed_${seed}`,
      ground,
      flight: { aircraft, aglM: AGL_M, fovDeg: 60, distanceM: DISTANCE_M, seed, prior: true },
      bars: [],
    };
  });
}

/** null, or the reason why there is no result. */
async function fly(
  one: FlightCase,
  packages: PackageCache,
  work: string,
  flown: Flown[],
  host: PartHost,
): Promise<string | null> {
  try {
    const signal = new AbortController().signal;
    const flight = await runCase(one, packages, {
      work,
      signal,
      note: () => {},
      mayBeFlown: host.workers !== null,
    });
    flown.push({ name: one.name, flight });
    host.print(row(one.name, flightMetrics(flight)));
    return null;
  } catch (error) {
    host.print(`${one.name}: ${messageOf(error)}`);
    return messageOf(error);
  }
}

/** Packages of real pictures are kept for later seeds; everything else is deleted to free space. */
async function forget(folder: string, packages: PackageCache): Promise<void> {
  const kept = [...packages.values()].some((path) => path.startsWith(`${folder}/`)) &&
    !folder.includes("/procedural_");
  for (const part of kept ? ["flight", "data", "recorder"] : [""]) {
    await Deno.remove(`${folder}/${part}`, { recursive: true }).catch(() => {});
  }
}

function misses(flown: readonly Flown[]): string[] {
  return flown.flatMap(({ name, flight }) => {
    const { worstAcceptedFixM, errorMMax } = flightMetrics(flight);
    return [
      ...((worstAcceptedFixM ?? 0) > FIX_MAX_M
        ? [`${name}: an accepted fix was ${worstAcceptedFixM?.toFixed(1)} m wrong`]
        : []),
      ...((errorMMax ?? Infinity) > ERROR_MAX_M
        ? [`${name}: a frame was ${errorMMax?.toFixed(1)} m wrong`]
        : []),
    ];
  });
}

function table(flown: readonly Flown[]): string[] {
  if (flown.length === 0) return [];
  const worst = flown.toSorted((a, b) =>
    (flightMetrics(b.flight).errorMMax ?? Infinity) -
    (flightMetrics(a.flight).errorMMax ?? Infinity)
  ).slice(0, WORST_SHOWN);
  return [
    "",
    row(`all ${flown.length}`, pooledMetrics(flown.map(({ flight }) => flight))),
    `the worst ${worst.length}:`,
    ...worst.map(({ name, flight }) => row(name, flightMetrics(flight))),
  ];
}

function row(name: string, metrics: ReturnType<typeof flightMetrics>): string {
  const metres = (value: number | null) => (value === null ? "-" : value.toFixed(2)).padStart(6);
  const percent = metrics.consistent95 === null ? "-" : (100 * metrics.consistent95).toFixed(1);
  return `${name.padEnd(36)} ${metrics.fixes}/${metrics.frames} fixes  p50 ` +
    `${metres(metrics.errorMP50)} m  p95 ${metres(metrics.errorMP95)} m  max ` +
    `${metres(metrics.errorMMax)} m  worst fix ${metres(metrics.worstAcceptedFixM)} m  ` +
    `consistent95 ${percent} %`;
}
