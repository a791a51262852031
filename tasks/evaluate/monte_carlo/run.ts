/**
 * `deno task evaluate --monte-carlo N`: flies what was drawn, and keeps what each flight
 * came to in the work folder, so that a second run goes on where the first one ended.
 *
 * @module
 */
import { exists, EXIT, type ExitCode, messageOf } from "../../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  evaluateFlight,
  truthFromCsv,
} from "../../../src/workstation/evaluation/mod.ts";
import type { FrameLine, SummaryLine } from "../../../src/airborne/json_lines.ts";
import { simulateArguments } from "../fly.ts";
import { caseFolder, type CaseHost, noteWriter } from "../host.ts";
import { makePackage } from "../package.ts";
import { runStep } from "../processes.ts";
import { replay, replayLine } from "../replay.ts";
import { drawFlights, type DrawnFrom, type MonteCarloFlight } from "./draw.ts";
import { flightLine, type FlownMonteCarlo, monteCarloReport, monteCarloSummary } from "./report.ts";
import { writeTurnedPictures } from "./turned_pictures.ts";

/** Flights, packages and results that lie in the work folder are used. */
export interface MonteCarloRequest extends DrawnFrom {
  readonly flights: number;
  readonly seed: number;
  readonly json: boolean;
}

/** No fix is tried below this height: what is left is odometry. */
const NO_FIXES = "navigator:\n  heightMinM: 100000\n";

export async function monteCarlo(
  request: MonteCarloRequest,
  signal: AbortSignal,
): Promise<ExitCode> {
  const drawn = drawFlights(request.flights, request.seed, request);
  const flown: FlownMonteCarlo[] = [];
  let failed = 0;
  for (const [index, flight] of drawn.entries()) {
    signal.throwIfAborted();
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
  return failed > 0 ? EXIT.failure : EXIT.ok;
}

/** `isTwice`: by odometry alone as well. */
async function flyDrawn(
  drawn: MonteCarloFlight,
  host: CaseHost,
  isTwice: boolean,
): Promise<FlownMonteCarlo> {
  const folder = caseFolder(host, drawn.name);
  const flight = `${folder}/flight`;
  await prepare(drawn, folder, host);
  const fly = async (name: string, settings: string): Promise<EvaluatedFlight> => {
    const out = `${folder}/${name}`;
    const { frames, summary } = await flownBefore(out) ??
      await replay(flight, `${folder}/package`, out, { ...host, settings });
    const truth = truthFromCsv(await Deno.readTextFile(`${flight}/truth.csv`));
    return evaluateFlight(frames, summary, truth, drawn.case.flight.prior);
  };
  return {
    drawn,
    withFixes: await fly("with_fixes", ""),
    odometryAlone: isTwice ? await fly("odometry_alone", NO_FIXES) : null,
  };
}

/** Flight and package: they do not depend on what is measured. */
async function prepare(drawn: MonteCarloFlight, folder: string, host: CaseHost): Promise<void> {
  if (await exists(`${folder}/package/manifest.json`)) return;
  for (const half of ["flight", "map", "data"]) {
    await Deno.remove(`${folder}/${half}`, { recursive: true }).catch(() => {});
  }
  const { ground } = drawn.case;
  if (drawn.ground.kind === "pictures") await writeTurnedPictures(drawn.ground, folder);
  await Deno.mkdir(folder, { recursive: true });
  host.note("simulate the flight");
  await runStep("operator", simulateArguments(drawn.case, `${folder}/flight`), {
    signal: host.signal,
    grants: {
      read: ground.kind === "pictures" ? [ground.map, ground.world] : [],
      write: [host.work],
    },
  });
  await makePackage(drawn.case, `${folder}/flight`, host);
}

/** What an earlier run has flown to its end. */
async function flownBefore(
  folder: string,
): Promise<{ frames: FrameLine[]; summary: SummaryLine } | null> {
  const text = await Deno.readTextFile(`${folder}/lines.jsonl`).catch(() => "");
  const lines = text.split("\n").slice(0, -1).map(replayLine);
  const summary = lines.at(-1);
  if (summary?.type !== "summary") return null;
  return { frames: lines.filter((line) => line.type === "frame"), summary };
}
