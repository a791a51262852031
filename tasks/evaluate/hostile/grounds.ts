/**
 * The clean flights and their packages: made once, then falsified in many ways.
 *
 * @module
 */
import { exists } from "../../../src/core/mod.ts";
import { type FlightCase, suite } from "../cases.ts";
import type { CaseHost } from "../host.ts";
import { FLIGHT_START, GROUND_HEIGHT_M } from "../../../src/workstation/evaluation/mod.ts";
import { makePackage } from "../package.ts";
import { runStep } from "../processes.ts";
import type { Aircraft } from "../options.ts";

/** A lie begins here: the first fixes are behind, and bias and mounting are known a little. */
export const LIE_FROM_S = 10;
export const FLIGHT_S = 30;
/** For what grows slowly. */
export const SLOW_FLIGHT_S = 80;

const AIRCRAFT: readonly Aircraft[] = ["multirotor", "fixed_wing"];
const PROCEDURAL_SEED = 23;

export interface CleanFlight {
  /** "two_dates_4 multirotor" */
  readonly name: string;
  /** Its ground alone: pictures of another one are "another place". */
  readonly ground: string;
  readonly flightCase: FlightCase;
}

export interface PreparedFlight extends CleanFlight {
  readonly flight: string;
  readonly packagePath: string;
}

/** Three grounds by both aircraft; those whose data is absent too. */
export function cleanFlights(dataFolder: string): CleanFlight[] {
  const cases = suite(dataFolder).filter((each) => each.kind === "flight");
  const site = (number: number) =>
    cases.find(({ name }) => name === `two_dates_${number}_multirotor`)!.ground;
  const grounds: readonly [string, FlightCase["ground"]][] = [
    ["two_dates_4", site(4)],
    ["two_dates_2", site(2)],
    ["procedural_23", {
      kind: "procedural",
      seed: PROCEDURAL_SEED,
      centre: "48.2,11.5",
      zoom: 18,
    }],
  ];
  return grounds.flatMap(([name, ground], i) =>
    AIRCRAFT.map((aircraft) => ({
      name: `${name} ${aircraft}`,
      ground: name,
      flightCase: {
        kind: "flight",
        name: `${name}_${aircraft}`,
        ground,
        flight: { aircraft, aglM: 130, fovDeg: 60, distanceM: 0, seed: 40 + i, prior: true },
        bars: [],
      } as const,
    }))
  );
}

/** Makes flight and package below `host.work`, unless they are there. */
export async function prepareFlight(clean: CleanFlight, host: CaseHost): Promise<PreparedFlight> {
  const { flightCase } = clean;
  const { ground, flight: request } = flightCase;
  const folder = `${host.work}/${flightCase.name}`;
  const flight = `${folder}/flight`;
  await Deno.mkdir(folder, { recursive: true });
  if (!await exists(`${flight}/truth.csv`)) {
    host.note("simulate the flight");
    const seen = ground.kind === "pictures"
      ? ["--image", ground.world, "--gsd", String(ground.gsdM)]
      : ["--procedural", String(ground.seed)];
    await runStep("operator", [
      ...["simulate", "flight", "--out", flight, ...seen, "--centre", ground.centre],
      ...["--aircraft", request.aircraft, "--agl", String(request.aglM)],
      ...["--fov", String(request.fovDeg), "--duration", String(SLOW_FLIGHT_S)],
      ...["--seed", String(request.seed), "--ground-height", String(GROUND_HEIGHT_M)],
      ...["--start", FLIGHT_START],
      ...["--gps", "present", "--json"],
    ], {
      signal: host.signal,
      grants: { read: ground.kind === "pictures" ? [ground.world] : [], write: [host.work] },
    });
  }
  const packagePath = `${folder}/package`;
  if (!await exists(packagePath)) {
    // Left over from a run that was broken off.
    for (const part of ["map", "data"]) {
      const path = `${folder}/${part}`;
      if (await exists(path)) await Deno.remove(path, { recursive: true });
    }
    await makePackage(flightCase, flight, host);
  }
  return { ...clean, flight, packagePath };
}
