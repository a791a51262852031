/**
 * The result of one case, and its printed form.
 *
 * @module
 */
import type { ExitCode } from "../../src/core/mod.ts";
import {
  type EvaluatedFlight,
  type FlightMetrics,
  flightMetrics,
  stageCpuMs,
} from "../../src/workstation/evaluation/mod.ts";
import { aligned } from "./aligned.ts";
import type { FlownWith } from "./host.ts";
import { type TileMetrics, tileMetrics } from "./tiles/tile_metrics.ts";
import type { TilePlacement } from "./tiles/placement.ts";

export type CaseResult =
  | {
    readonly status: "ok";
    readonly name: string;
    readonly flownWith: FlownWith;
    readonly flight: EvaluatedFlight;
    /** null: it made none. */
    readonly tiles?: readonly TilePlacement[] | null;
    readonly missed: readonly string[];
    readonly about: Readonly<Record<string, unknown>>;
  }
  | {
    readonly status: "failed";
    readonly name: string;
    readonly error: string;
    readonly exitCode: ExitCode;
  }
  | { readonly status: "skipped"; readonly name: string; readonly reason: string };

/** The one JSON object of a case; null for one that was skipped. */
export function resultLine(result: CaseResult): string | null {
  switch (result.status) {
    case "skipped":
      return null;
    case "failed":
      return JSON.stringify(result);
    case "ok":
      return JSON.stringify({
        name: result.name,
        ...(result.flownWith.matcher ? { matcher: result.flownWith.matcher } : {}),
        ...(result.flownWith.estimator ? { estimator: result.flownWith.estimator } : {}),
        status: result.status,
        ...result.about,
        ...rounded(flightMetrics(result.flight)),
        stageCpuMs: rounded(stageCpuMs(result.flight.frames)),
        ...(!result.tiles ? {} : { tiles: rounded(tileMetrics(result.tiles)) }),
        missed: result.missed,
      });
    default:
      return result satisfies never;
  }
}

/** Four decimals: 0.1 mm, and shares that still add up. */
function rounded(
  metrics: FlightMetrics | TileMetrics | Readonly<Record<string, number>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map((
      [key, value],
    ) => [key, value === null ? null : Math.round(value * 1e4) / 1e4]),
  );
}

interface Column {
  readonly title: string;
  value(metrics: FlightMetrics): string;
}

const digits = (value: number | null, count: number) => value === null ? "–" : value.toFixed(count);
const percent = (value: number | null) => value === null ? "–" : `${(100 * value).toFixed(0)} %`;

const COLUMNS: readonly Column[] = [
  { title: "frames", value: (m) => String(m.frames) },
  { title: "fixes", value: (m) => String(m.fixes) },
  { title: "p50 m", value: (m) => digits(m.errorMP50, 2) },
  { title: "p95 m", value: (m) => digits(m.errorMP95, 2) },
  { title: "max m", value: (m) => digits(m.errorMMax, 1) },
  { title: "≤5 m", value: (m) => percent(m.within5) },
  { title: "≤20 m", value: (m) => percent(m.within20) },
  { title: "wrong fixes", value: (m) => String(m.wrongFixes) },
  { title: "worst fix m", value: (m) => digits(m.worstAcceptedFixM, 1) },
  { title: "drift %", value: (m) => digits(m.driftPercent, 1) },
  { title: "NEES", value: (m) => digits(m.neesMean, 2) },
  { title: "in 95 %", value: (m) => percent(m.consistent95) },
  { title: "VO", value: (m) => percent(m.registrationVo) },
  { title: "latency p50/p95/p99 ms", value: latency },
  { title: "CPU ms", value: (m) => digits(m.cpuMsMean, 0) },
  { title: "first fix s", value: (m) => digits(m.timeToFirstFixS, 1) },
  { title: "× real time", value: (m) => digits(m.realTimeFactor, 1) },
  { title: "RSS MB", value: (m) => digits(m.rssMb, 0) },
];

/** What tells strategies apart; one row for each flight and choice. */
const STRATEGY_TITLES = [
  "frames",
  "fixes",
  "wrong fixes",
  "worst fix m",
  "p50 m",
  "p95 m",
  "max m",
  "NEES",
  "in 95 %",
  "latency p50/p95/p99 ms",
  "CPU ms",
];

function latency(metrics: FlightMetrics): string {
  const { latencyMsP50, latencyMsP95, latencyMsP99 } = metrics;
  return [latencyMsP50, latencyMsP95, latencyMsP99].map((value) => digits(value, 0)).join("/");
}

type Row = { readonly name: string; readonly metrics: FlightMetrics };

/** A table with one row per name. */
export function metricsTable(rows: readonly Row[]): string[] {
  return table(rows, COLUMNS);
}

/** The same flights by several strategies, side by side. */
export function strategyTable(rows: readonly (Row & FlownFrames)[]): string[] {
  const columns = COLUMNS.filter(({ title }) => STRATEGY_TITLES.includes(title));
  return aligned([
    ["flight", ...columns.map(({ title }) => title), "estimator CPU ms p50/p95"],
    ...rows.map((row) => [
      row.name,
      ...columns.map((column) => column.value(row.metrics)),
      estimatorMs(row),
    ]),
  ]);
}

type FlownFrames = Pick<EvaluatedFlight, "frames">;

/** Processor time of taking in a frame's pair and fix. */
function estimatorMs({ frames }: FlownFrames): string {
  const sorted = frames.map(({ stages }) => stages.cpuMs.estimator ?? 0).sort((a, b) => a - b);
  const at = (share: number) => digits(sorted[Math.floor(share * sorted.length)] ?? null, 1);
  return `${at(0.5)}/${at(0.95)}`;
}

function table(rows: readonly Row[], columns: readonly Column[]): string[] {
  return aligned([
    ["flight", ...columns.map((column) => column.title)],
    ...rows.map((row) => [row.name, ...columns.map((column) => column.value(row.metrics))]),
  ]);
}
