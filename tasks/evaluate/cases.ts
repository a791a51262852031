/**
 * The cases of the evaluation suite.
 *
 * @module
 */
import { basename } from "node:path";
import {
  type Bar,
  BARS_HIGH,
  BARS_MACHINE,
  BARS_NO_PRIOR,
  BARS_PHOTOGRAPHS,
  BARS_RELIEF,
  BARS_TWO_DATES,
  type FlownCase,
  type PictureGround,
  type ProceduralGround,
} from "../../src/workstation/evaluation/mod.ts";
import type { Aircraft, EvaluateOptions, FlightRequest } from "./options.ts";

export type { PictureGround, ProceduralGround };

export interface FlightCase extends FlownCase {
  readonly kind: "flight";
  readonly bars: readonly Bar[];
}

export interface PhotographCase {
  readonly kind: "photographs";
  readonly name: string;
  readonly folder: string;
  readonly map: readonly string[];
  readonly flown: readonly string[];
  readonly bars: readonly Bar[];
}

export type EvaluateCase = FlightCase | PhotographCase;

const SITES = [1, 2, 4] as const;
const CENTRE = "30.2672,-97.7431";
const TWO_DATES_GSD_M = 0.5;
const PROCEDURAL_CENTRE = "48.2,11.5";

/** All cases; those whose data is absent are skipped by the runner, with the reason. */
export function suite(dataFolder: string): EvaluateCase[] {
  return [
    ...SITES.flatMap((site) => twoDates(dataFolder, site)),
    brighton(dataFolder),
    procedural(
      "procedural_short",
      { aircraft: "multirotor", aglM: 130, distanceM: 1500, seed: 7 },
      18,
      BARS_TWO_DATES,
    ),
    ...(["in the package", "unknown"] as const).map(relief),
    procedural(
      "procedural_500m_20km",
      { aircraft: "fixed_wing", aglM: 500, distanceM: 20_000, seed: 3 },
      17,
      BARS_HIGH,
    ),
  ];
}

function twoDates(dataFolder: string, site: number): FlightCase[] {
  const folder = `${dataFolder}/two_dates/site_${site}`;
  const ground: PictureGround = {
    kind: "pictures",
    map: `${folder}/map.png`,
    world: `${folder}/world.png`,
    centre: CENTRE,
    gsdM: TWO_DATES_GSD_M,
  };
  const flight = (aircraft: Aircraft, prior: boolean): FlightCase => ({
    kind: "flight",
    name: `two_dates_${site}_${aircraft}${prior ? "" : "_no_prior"}`,
    ground,
    flight: { aircraft, aglM: 130, fovDeg: 60, distanceM: 3000, seed: 10 + site, prior },
    bars: [...(prior ? BARS_TWO_DATES : BARS_NO_PRIOR), ...BARS_MACHINE],
  });
  return [
    flight("fixed_wing", true),
    flight("multirotor", true),
    flight(site % 2 === 0 ? "multirotor" : "fixed_wing", false),
  ];
}

function procedural(
  name: string,
  flight: Pick<FlightRequest, "aircraft" | "aglM" | "distanceM" | "seed">,
  zoom: number,
  bars: readonly Bar[],
): FlightCase {
  return {
    kind: "flight",
    name,
    ground: { kind: "procedural", seed: flight.seed, centre: PROCEDURAL_CENTRE, zoom },
    flight: { fovDeg: 60, prior: true, ...flight },
    bars: [...bars, ...BARS_MACHINE],
  };
}

/** Hills of 100 m and slopes of 20° (criterion R1); and the same flight as if the ground were flat. */
function relief(hills: NonNullable<ProceduralGround["hills"]>): FlightCase {
  const flight = { aircraft: "multirotor", aglM: 150, distanceM: 1500, seed: 7 } as const;
  const isKnown = hills === "in the package";
  const name = isKnown ? "relief" : "relief_without_terrain";
  const { ground, ...rest } = procedural(name, flight, 18, isKnown ? BARS_RELIEF : []);
  return { ...rest, ground: { ...ground as ProceduralGround, hills } };
}

/** The middle strip of one flight, located on the strips left and right of it. */
function brighton(dataFolder: string): PhotographCase {
  const names = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => `DJI_00${from + i}.JPG`);
  return {
    kind: "photographs",
    name: "brighton_beach",
    folder: `${dataFolder}/brighton_beach`,
    map: [...names(18, 23), ...names(30, 35)],
    flown: names(24, 29),
    bars: BARS_PHOTOGRAPHS,
  };
}

/** The one case of `--map`. */
export function groundCase(options: EvaluateOptions): FlightCase {
  const { ground, flight } = options;
  if (ground === null) throw new Error("groundCase() needs a ground");
  const name = basename(ground.map).replace(/\.\w+$/, "");
  return {
    kind: "flight",
    name: `${name}_${flight.aircraft}${flight.prior ? "" : "_no_prior"}`,
    ground: { kind: "pictures", ...ground },
    flight,
    bars: [
      ...(flight.prior ? (flight.aglM <= 200 ? BARS_TWO_DATES : BARS_HIGH) : BARS_NO_PRIOR),
      ...BARS_MACHINE,
    ],
  };
}
