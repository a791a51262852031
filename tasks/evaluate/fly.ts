/**
 * A simulated flight from map to replay.
 *
 * @module
 */
import { truthFromCsv, type TruthTrack } from "../../src/evaluation/mod.ts";
import type { FlightCase } from "./cases.ts";
import { caseFolder, type CaseHost, type PackageCache } from "./host.ts";
import { checkPicture, makePackage, PROCEDURAL_CENTRE } from "./package.ts";
import { runStep } from "./processes.ts";
import { replay, type ReplayedFlight } from "./replay.ts";

export interface FlownFlight extends ReplayedFlight {
  readonly truth: TruthTrack;
  readonly packagePath: string;
}

/** @throws GdnError */
export async function flyCase(
  flightCase: FlightCase,
  packages: PackageCache,
  host: CaseHost,
): Promise<FlownFlight> {
  const { ground } = flightCase;
  const seen = ground.kind === "pictures" ? [await checkPicture(ground.world)] : [];
  const folder = caseFolder(host, flightCase.name);
  await Deno.mkdir(folder, { recursive: true });
  const key = JSON.stringify(ground);
  const packagePath = packages.get(key) ?? await makePackage(flightCase, host);
  packages.set(key, packagePath);
  host.note("simulate the flight");
  await runStep("operator", simulateArguments(flightCase, folder), {
    signal: host.signal,
    grants: { read: seen, write: [host.work] },
  });
  const replayed = await replay(`${folder}/flight`, packagePath, folder, host);
  const truth = truthFromCsv(await Deno.readTextFile(`${folder}/flight/truth.csv`));
  return { ...replayed, truth, packagePath };
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
