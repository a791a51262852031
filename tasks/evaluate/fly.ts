/**
 * Runs one simulated flight from map to replay.
 *
 * @module
 */
import { exists } from "../../src/core/mod.ts";
import {
  hillsFile,
  hillsTiff,
  simulateStep,
  truthFromCsv,
  type TruthTrack,
} from "../../src/workstation/evaluation/mod.ts";
import type { FlightCase } from "./cases.ts";
import { caseFolder, type CaseHost, outFolder, type PackageCache } from "./host.ts";
import { checkPicture, makePackage, runOperator } from "./package.ts";
import { flownBefore, recorderFolder, replay, type ReplayedFlight } from "./replay.ts";
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
  if (ground.kind === "pictures") {
    await checkPicture(ground.map);
    await checkPicture(ground.world);
  }
  const folder = caseFolder(host, flightCase.name);
  await Deno.mkdir(folder, { recursive: true });
  const flight = `${folder}/flight`;
  const flown = host.mayBeFlown ? await flownBefore(outFolder(folder, host)) : null;
  if (flown !== null) {
    const truth = truthFromCsv(await Deno.readTextFile(`${flight}/truth.csv`));
    return { ...flown, truth, packagePath: `${folder}/package`, tiles: null };
  }
  // Another matcher has flown it already.
  if (!await exists(`${flight}/truth.csv`)) {
    const hasHills = ground.kind === "procedural" && ground.hills !== undefined;
    if (hasHills) await Deno.writeFile(hillsFile(folder), hillsTiff(ground.centre));
    await runOperator([simulateStep(flightCase, flight)], host);
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
