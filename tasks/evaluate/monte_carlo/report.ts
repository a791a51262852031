/**
 * What a Monte-Carlo evaluation says, for people and as JSON.
 *
 * @module
 */
import { percentile } from "../../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  type FlightConsistency,
  flightConsistency,
  type FrameError,
  type PooledConsistency,
  pooledConsistency,
  RELIABILITY_LEVELS,
} from "../../../src/workstation/evaluation/mod.ts";
import { aligned } from "../aligned.ts";
import type { MonteCarloFlight } from "./draw.ts";

/** One flight of the draw, flown with fixes and by odometry alone. */
export interface FlownMonteCarlo {
  readonly drawn: MonteCarloFlight;
  readonly withFixes: EvaluatedFlight;
  /** null: not flown so. */
  readonly odometryAlone: EvaluatedFlight | null;
}

/** An accepted fix that is off by more than this… */
const FALSE_FIX_M = 10;
/** …and by more than so many sigmas of the estimate, in its worst direction. */
const FALSE_FIX_SIGMAS = 3;
const R95_PER_SIGMA = Math.sqrt(-2 * Math.log(0.05));

export function falseFixes(errors: readonly FrameError[]): number {
  return errors.filter(({ fixErrorM, r95M }) =>
    fixErrorM !== null &&
    fixErrorM > Math.max(FALSE_FIX_M, FALSE_FIX_SIGMAS * r95M / R95_PER_SIGMA)
  ).length;
}

/** The one JSON object of a flight. */
export function flightLine({ drawn, withFixes, odometryAlone }: FlownMonteCarlo): string {
  return JSON.stringify({
    name: drawn.name,
    ...drawn.case.flight,
    mapSigmaM: drawn.case.registration?.sigmaM,
    mapOffsetM: drawn.mapOffsetM,
    fixes: fixCount(withFixes),
    falseFixes: falseFixes(withFixes.errors),
    errorMP50: percentile(withFixes.errors.map((error) => error.horizontalM), 0.5),
    errorMP95: percentile(withFixes.errors.map((error) => error.horizontalM), 0.95),
    withFixes: flightConsistency(withFixes.errors),
    odometryAlone: odometryAlone && flightConsistency(odometryAlone.errors),
  });
}

export interface MonteCarloSummary {
  readonly falseFixes: number;
  readonly withFixes: PooledConsistency | null;
  readonly odometryAlone: PooledConsistency | null;
}

export function monteCarloSummary(flights: readonly FlownMonteCarlo[]): MonteCarloSummary {
  return {
    falseFixes: flights.reduce((sum, { withFixes }) => sum + falseFixes(withFixes.errors), 0),
    withFixes: pooledConsistency(flights.map(({ withFixes }) => withFixes.errors)),
    odometryAlone: pooledConsistency(
      flights.map(({ odometryAlone }) => odometryAlone?.errors ?? []),
    ),
  };
}

export function monteCarloReport(flights: readonly FlownMonteCarlo[]): string[] {
  const { withFixes, odometryAlone, falseFixes: wrong } = monteCarloSummary(flights);
  const pooled = [["with fixes", withFixes], ["odometry alone", odometryAlone]] as const;
  const known = pooled.flatMap(([name, figures]) => figures === null ? [] : [{ name, figures }]);
  return [
    ...aligned([FLIGHT_TITLES, ...flights.map(flightRow)]),
    "",
    ...aligned([
      ["pooled", "flights", "frames", "effective", "NEES", "in 95 %", "flights outside bounds"],
      ...known.map(({ name, figures }) => pooledRow(name, figures)),
    ]),
    "",
    ...aligned([
      ["claimed share", ...RELIABILITY_LEVELS.map(percent)],
      ...known.flatMap(({ name, figures }) => [
        [name, ...figures.reliability.map(percent)],
        ["  each axis, as sent", ...figures.reliabilityAsSent.map(percent)],
      ]),
    ]),
    "",
    `false fixes (accepted, beyond ${FALSE_FIX_M} m and ${FALSE_FIX_SIGMAS} sigma): ${wrong}`,
  ];
}

const FLIGHT_TITLES = [
  "flight",
  "frames",
  "fixes",
  "map sigma m",
  "its offset m",
  "p50 m",
  "p95 m",
  "NEES",
  "in 95 %",
  "effective",
  "bounds",
];

function flightRow({ drawn, withFixes }: FlownMonteCarlo): string[] {
  const consistency = flightConsistency(withFixes.errors);
  const errorsM = withFixes.errors.map((error) => error.horizontalM);
  return [
    drawn.name,
    String(withFixes.frames.length),
    String(fixCount(withFixes)),
    String(drawn.case.registration?.sigmaM ?? "–"),
    Math.hypot(...drawn.mapOffsetM).toFixed(1),
    (percentile(errorsM, 0.5) ?? NaN).toFixed(2),
    (percentile(errorsM, 0.95) ?? NaN).toFixed(2),
    ...(consistency === null ? ["–", "–", "–", "–"] : consistencyCells(consistency)),
  ];
}

function consistencyCells(own: FlightConsistency): string[] {
  const [low, high] = own.bounds95;
  return [
    own.nees.toFixed(2),
    percent(own.consistent95),
    own.effectiveSamples.toFixed(1),
    `${percent(low)} to ${percent(high)}${own.isWithinBounds ? "" : ", outside"}`,
  ];
}

function pooledRow(name: string, pooled: PooledConsistency): string[] {
  return [
    name,
    String(pooled.flights),
    String(pooled.frames),
    pooled.effectiveSamples.toFixed(0),
    pooled.nees.toFixed(2),
    `${percent(pooled.consistent95)} ± ${percent(pooled.sigma95)}`,
    `${pooled.flightsOutside}`,
  ];
}

function fixCount({ frames }: EvaluatedFlight): number {
  return frames.filter((frame) => frame.fix.accepted).length;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
