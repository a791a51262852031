/**
 * `deno task evaluate --monte-carlo N`: flies what was drawn, and keeps what each flight
 * came to in the work folder, so that a second run goes on where the first one ended.
 *
 * @module
 */
import { exists, EXIT, type ExitCode, messageOf, UsageError } from "../../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  evaluateFlight,
  simulateStep,
  truthFromCsv,
} from "../../../src/workstation/evaluation/mod.ts";
import { REPLAY_SETTINGS } from "../../../src/workstation/flight_jobs/mod.ts";
import { caseFolder, type CaseHost, noteWriter } from "../host.ts";
import { makePackage, runOperator } from "../package.ts";
import { flownBefore, replay } from "../replay.ts";
import { drawFlights, type DrawnFrom, type MonteCarloFlight } from "./draw.ts";
import { flightLine, type FlownMonteCarlo, monteCarloReport, monteCarloSummary } from "./report.ts";
import { flyUnits, type WorkersPlace } from "../workers.ts";
import { writeTurnedPictures } from "./turned_pictures.ts";

/** Flights, packages and results that lie in the work folder are used. */
export interface MonteCarloRequest extends DrawnFrom {
  readonly flights: number;
  readonly seed: number;
  /** Of the drawn flights only those whose name matches; null: all. */
  readonly only: RegExp | null;
  readonly json: boolean;
  /** null: this machine flies. */
  readonly workers: WorkersPlace | null;
}

export async function monteCarlo(
  request: MonteCarloRequest,
  signal: AbortSignal,
): Promise<ExitCode> {
  const drawn = drawFlights(request.flights, request.seed, request)
    .filter(({ name }) => request.only?.test(name) ?? true);
  if (drawn.length === 0) throw new UsageError("--only matches none of the drawn flights");
  const flown: FlownMonteCarlo[] = [];
  let failed = 0;
  const setAside = request.workers === null
    ? new Map<string, string>()
    : await flyDrawnOnWorkers(drawn, request, request.workers, signal);
  for (const [index, flight] of drawn.entries()) {
    signal.throwIfAborted();
    const reason = setAside.get(flight.name);
    if (reason !== undefined) {
      console.error(`${flight.name}: set aside: ${reason}`);
      continue;
    }
    const notes = noteWriter(`[${index + 1}/${drawn.length}] ${flight.name}`);
    try {
      const host = { work: request.work, signal, note: notes.note, mayFindNothing: true };
      const result = await flyDrawn(flight, host, request.grounds === "ordinary");
      flown.push(result);
      if (request.json) console.log(flightLine(result));
      notes.note("done");
    } catch (error) {
      signal.throwIfAborted();
      failed++;
      notes.note(`FAILED: ${messageOf(error)}`);
    }
    notes.end();
  }
  if (request.json) console.log(JSON.stringify({ type: "pooled", ...monteCarloSummary(flown) }));
  else if (flown.length > 0) { for (const line of monteCarloReport(flown)) console.log(line); }
  if (failed > 0) return EXIT.failure;
  return setAside.size > 0 ? EXIT.lossy : EXIT.ok;
}

/** What workers flew lies in the work folder afterwards. Returns why some were not flown, by name. */
async function flyDrawnOnWorkers(
  drawn: readonly MonteCarloFlight[],
  { work, grounds, seed }: MonteCarloRequest,
  workers: WorkersPlace,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  for (const { ground, name } of drawn) {
    if (ground.kind === "pictures") await writeTurnedPictures(ground, `${work}/${name}`);
  }
  const replays = grounds === "ordinary"
    ? ["with_fixes", "odometry_alone"] as const
    : ["with_fixes"] as const;
  const units = drawn.map((flight) => [{
    case: flight.case,
    replays: [...replays],
    mayFindNothing: true,
  }]);
  return await flyUnits(units, workers, {
    kind: "fly",
    title: `monte carlo ${seed}`,
    unitsPerJob: 1,
    signal,
    folderOf: ({ name }, replay) => ({
      flight: `${work}/${name}`,
      lines: `${work}/${name}/${replay}`,
    }),
  });
}

/** `isTwice`: by odometry alone as well. */
async function flyDrawn(
  drawn: MonteCarloFlight,
  host: CaseHost,
  isTwice: boolean,
): Promise<FlownMonteCarlo> {
  const folder = caseFolder(host, drawn.name);
  const flight = `${folder}/flight`;
  const fly = async (name: keyof typeof REPLAY_SETTINGS): Promise<EvaluatedFlight> => {
    const out = `${folder}/${name}`;
    const flyNow = async () => {
      await prepare(drawn, folder, host);
      const settings = REPLAY_SETTINGS[name];
      return await replay(flight, `${folder}/package`, out, { ...host, settings });
    };
    const { frames, summary } = await flownBefore(out) ?? await flyNow();
    const truth = truthFromCsv(await Deno.readTextFile(`${flight}/truth.csv`));
    return evaluateFlight(frames, summary, truth, drawn.case.flight.prior);
  };
  return {
    drawn,
    withFixes: await fly("with_fixes"),
    odometryAlone: isTwice ? await fly("odometry_alone") : null,
  };
}

/** Flight and package: they do not depend on what is measured. */
async function prepare(drawn: MonteCarloFlight, folder: string, host: CaseHost): Promise<void> {
  if (await exists(`${folder}/package/manifest.json`)) return;
  for (const half of ["flight", "map", "data"]) {
    await Deno.remove(`${folder}/${half}`, { recursive: true }).catch(() => {});
  }
  if (drawn.ground.kind === "pictures") await writeTurnedPictures(drawn.ground, folder);
  await Deno.mkdir(folder, { recursive: true });
  await runOperator([simulateStep(drawn.case, `${folder}/flight`)], host);
  await makePackage(drawn.case, `${folder}/flight`, host);
}
