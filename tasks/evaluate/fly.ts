/**
 * Runs one simulated flight from map to replay.
 *
 * @module
 */
import { exists } from "../../src/core/mod.ts";
import { truthFromCsv, type TruthTrack } from "../../src/workstation/evaluation/mod.ts";
import type { FlightCase } from "./cases.ts";
import { caseFolder, type CaseHost, outFolder, type PackageCache } from "./host.ts";
import { checkPicture, FLIGHT_START, GROUND_HEIGHT_M, makePackage } from "./package.ts";
import { runStep } from "./processes.ts";
import { recorderFolder, replay, type ReplayedFlight } from "./replay.ts";
import { worldOf } from "./tiles/ground_view.ts";
import { tilePlacements } from "./tiles/measure.ts";
import type { TilePlacement } from "./tiles/placement.ts";

export interface FlownFlight extends ReplayedFlight {
  readonly truth: TruthTrack;
  readonly packagePath: string;
  /** Figures of its tiles; null: it made none. */
  readonly tiles: readonly TilePlacement[] | null;
}

/** @throws GdnError */
export async function flyCase(
  flightCase: FlightCase,
  packages: PackageCache,
  host: CaseHost,
): Promise<FlownFlight> {
  const { ground, flight: request } = flightCase;
  const pictures = ground.kind === "pictures"
    ? [await checkPicture(ground.map), await checkPicture(ground.world)]
    : [];
  const folder = caseFolder(host, flightCase.name);
  await Deno.mkdir(folder, { recursive: true });
  const flight = `${folder}/flight`;
  // Another matcher has flown it already.
  if (!await exists(`${flight}/truth.csv`)) {
    host.note("simulate the flight");
    await runStep("operator", simulateArguments(flightCase, flight), {
      signal: host.signal,
      grants: { read: pictures, write: [host.work] },
    });
  }
  // A painted map covers the corridor of its flight; pictures are the same for all.
  const corridor = ground.kind === "pictures" ? null : flightCase.name;
  const key = JSON.stringify([ground, request.aglM, request.fovDeg, corridor]);
  const known = packages.get(key);
  const packagePath = known ?? await makePackage(flightCase, flight, host);
  packages.set(key, packagePath);
  const replayed = await replay(
    flight,
    packagePath,
    outFolder(folder, host),
    host,
    host.tiles ?? false,
  );
  const truth = truthFromCsv(await Deno.readTextFile(`${flight}/truth.csv`));
  if (host.tiles !== true) return { ...replayed, truth, packagePath, tiles: null };
  host.note("measure the tiles");
  const tiles = await tilePlacements({
    flight,
    packagePath,
    tilesFolder: recorderFolder(outFolder(folder, host)),
    frames: replayed.frames,
    world: await worldOf(flightCase),
  });
  return { ...replayed, truth, packagePath, tiles };
}

export function simulateArguments(flightCase: FlightCase, out: string): string[] {
  const { ground, flight } = flightCase;
  const seen = ground.kind === "pictures"
    ? ["--image", ground.world, "--gsd", String(ground.gsdM)]
    : ["--procedural", String(ground.seed)];
  return [
    ...["simulate", "flight", "--out", out, ...seen, "--centre", ground.centre],
    ...["--aircraft", flight.aircraft, "--agl", String(flight.aglM)],
    ...["--fov", String(flight.fovDeg), "--distance", String(flight.distanceM)],
    ...(flight.durationS === undefined ? [] : ["--duration", String(flight.durationS)]),
    ...["--seed", String(flight.seed), "--ground-height", String(GROUND_HEIGHT_M)],
    ...["--start", FLIGHT_START],
    ...(flight.prior ? [] : ["--no-prior"]),
    "--json",
  ];
}
