/**
 * Replay lines and truth to a report.
 *
 * @module
 */
import {
  type EvaluatedFrame,
  type EvaluatedSummary,
  evaluateFlight,
  type FlightMetrics,
  flightMetrics,
  type FrameError,
  type Truth,
} from "../evaluation/mod.ts";
import type {
  FlightReport,
  ReportFigure,
  ReportLabel,
  ReportMap,
  ReportPoint,
} from "./contract.ts";

/** What is needed of a frame line of `airborne replay --json`. */
export interface ReportedFrame extends EvaluatedFrame {
  /** Semi-major axis of the horizontal 95 % ellipse, metres. */
  readonly horizontal95M: number;
  readonly label: ReportLabel;
}

export interface ReportedFlight {
  readonly title: string;
  readonly subtitle: string;
  readonly frames: readonly ReportedFrame[];
  readonly summary: EvaluatedSummary | null;
  readonly truth: Truth;
  /** Take-off position was known. */
  readonly prior: boolean;
  /** Length of the flight, metres. */
  readonly distanceM: number;
  readonly map: ReportMap | null;
}

/** 3 sigma over the 95 % quantile of two dimensions: 3 / sqrt(−2 ln 0.05). */
const SIGMA3_PER_95 = 3 / Math.sqrt(-2 * Math.log(0.05));
const LATENCY_BAR_MS = 150;

export function reportOf(flight: ReportedFlight): FlightReport {
  const evaluated = evaluateFlight(flight.frames, flight.summary, flight.truth, flight.prior);
  const metrics = flightMetrics(evaluated);
  const errors = new Map(evaluated.errors.map((error) => [error.sequence, error]));
  const startNs = flight.frames[0]?.timeNs ?? 0;
  return {
    title: flight.title,
    subtitle: flight.subtitle,
    headline: headline(metrics, flight.distanceM),
    figures: figures(metrics),
    points: flight.frames.map((frame) =>
      point(frame, errors.get(frame.sequence), flight.truth, startNs)
    ),
    map: flight.map,
    latencyBarMs: LATENCY_BAR_MS,
  };
}

function point(
  frame: ReportedFrame,
  error: FrameError | undefined,
  truth: Truth,
  startNs: number,
): ReportPoint {
  const { accepted, latitudeDeg, longitudeDeg } = frame.fix;
  return {
    timeS: (frame.timeNs - startNs) / 1e9,
    estimate: { latitudeDeg: frame.latitudeDeg, longitudeDeg: frame.longitudeDeg },
    truth: truth.at(frame.timeNs)?.position ?? null,
    errorM: error?.horizontalM ?? null,
    sigma3M: frame.horizontal95M * SIGMA3_PER_95,
    label: frame.label,
    fix: accepted && latitudeDeg !== null && longitudeDeg !== null
      ? { latitudeDeg, longitudeDeg }
      : null,
    latencyMs: frame.latencyMs,
  };
}

function headline(metrics: FlightMetrics, distanceM: number): ReportFigure[] {
  return [
    { name: "flown without GPS", value: `${(distanceM / 1000).toFixed(2)} km` },
    { name: "error, half of the frames", value: metres(metrics.errorMP50) },
    { name: "error, 95 % of the frames", value: metres(metrics.errorMP95) },
    { name: "largest error", value: metres(metrics.errorMMax) },
    { name: "frames with a fix", value: percent(metrics.fixes / Math.max(1, metrics.frames)) },
    { name: "latency, 95 %", value: withUnit(metrics.latencyMsP95, "ms", 0) },
  ];
}

function figures(metrics: FlightMetrics): ReportFigure[] {
  const m = metrics;
  return [
    { name: "frames", value: String(m.frames) },
    { name: "satellite fixes accepted", value: String(m.fixes) },
    { name: "horizontal error p50", value: metres(m.errorMP50) },
    { name: "horizontal error p95", value: metres(m.errorMP95) },
    { name: "horizontal error max", value: metres(m.errorMMax) },
    {
      name: "frames within 5 / 20 / 50 m",
      value: [m.within5, m.within20, m.within50].map(percent).join(" / "),
    },
    {
      name: "worst accepted fix",
      value: metres(m.worstAcceptedFixM),
      note: "over 15 m is a wrong fix",
    },
    {
      name: "drift without a fix",
      value: withUnit(m.driftPercent, "% of distance", 1),
    },
    {
      name: "epochs inside the 95 % ellipse",
      value: percent(m.consistent95),
      note: "honest: 90–99 %",
    },
    {
      name: "mean NEES, horizontal",
      value: withUnit(m.neesMean, "", 2),
      note: "an honest filter has 2",
    },
    { name: "odometry registered", value: percent(m.registrationVo) },
    { name: "time to the first right fix", value: withUnit(m.timeToFirstFixS, "s", 1) },
    {
      name: "latency p50 / p95 / p99",
      value: [m.latencyMsP50, m.latencyMsP95, m.latencyMsP99]
        .map((value) => withUnit(value, "ms", 0)).join(" / "),
      note: "JPEG bytes in → estimate out",
    },
    { name: "speed", value: withUnit(m.realTimeFactor, "× real time", 1) },
    { name: "memory", value: withUnit(m.rssMb, "MB", 0), note: "largest RSS of airborne" },
  ];
}

function metres(value: number | null): string {
  return withUnit(value, "m", value !== null && value >= 100 ? 0 : 2);
}

function percent(value: number | null): string {
  return value === null ? "–" : `${(100 * value).toFixed(value > 0.99 && value < 1 ? 1 : 0)} %`;
}

function withUnit(value: number | null, unit: string, digits: number): string {
  return value === null || !Number.isFinite(value)
    ? "–"
    : `${value.toFixed(digits)} ${unit}`.trim();
}
