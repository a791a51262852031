/**
 * Makes a report from replay lines and ground truth.
 *
 * @module
 */
import { median } from "../../core/mod.ts";
import {
  type EvaluatedFrame,
  type EvaluatedSummary,
  evaluateFlight,
  type FlightMetrics,
  flightMetrics,
  type FrameError,
  type Truth,
} from "../evaluation/mod.ts";
import type { FlightReport, ReportFigure, ReportMap, ReportPanel } from "./contract.ts";
import { kilometres, metres, percent, withUnit } from "./figure_text.ts";
import { LABEL_STATES, type ReportLabel } from "./labels.ts";
import { MotionPanels } from "./motion_panels.ts";
import { SeriesBins } from "./series_bins.ts";
import { StageCosts } from "./stage_costs.ts";
import { StateBins } from "./state_bins.ts";
import { TimeRange } from "./time_range.ts";
import { TrackBins } from "./track_bins.ts";

/** The fields that are needed of a frame line of `airborne replay --json`. */
export interface ReportedFrame extends EvaluatedFrame {
  /** Semi-major axis of the horizontal 95 % ellipse, metres. */
  readonly horizontal95M: number;
  readonly velocityEnuMps: readonly [number, number, number];
  readonly label: ReportLabel;
}

interface ReportedFlight {
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

const LATENCY_BAR_MS = 150;
/** A gap of more than five usual intervals interrupts a line. */
const BREAK_INTERVALS = 5;

export function reportOf(flight: ReportedFlight): FlightReport {
  const { frames, truth } = flight;
  const evaluated = evaluateFlight(frames, flight.summary, truth, flight.prior);
  const metrics = flightMetrics(evaluated);
  const range = new TimeRange(frames[0]?.timeNs ?? 0, frames.at(-1)?.timeNs ?? 0);
  const breakNs = breakOf(frames);
  const estimate = new TrackBins(range, breakNs), trueTrack = new TrackBins(range, breakNs);
  const fixes = frames.flatMap(({ fix: { accepted, latitudeDeg, longitudeDeg } }) =>
    accepted && latitudeDeg !== null && longitudeDeg !== null ? [{ latitudeDeg, longitudeDeg }] : []
  );
  const stages = new StageCosts();
  for (const { timeNs, latitudeDeg, longitudeDeg, stages: cost } of frames) {
    stages.add(cost);
    estimate.add(timeNs, latitudeDeg, longitudeDeg);
    const there = truth.at(timeNs)?.position;
    if (there) trueTrack.add(timeNs, there.latitudeDeg, there.longitudeDeg);
  }
  return {
    title: flight.title,
    subtitle: flight.subtitle,
    notices: [],
    headline: headline(metrics, flight.distanceM),
    figures: figures(metrics),
    durationS: range.durationS,
    tracks: {
      estimate: estimate.samples(),
      truth: trueTrack.samples(),
      fixes,
      fixCount: fixes.length,
      gpsEnds: [],
    },
    map: flight.map,
    panels: panels(flight, evaluated.errors, range, breakNs),
    events: null,
    tables: [stages.table()].filter(({ rows }) => rows.length > 0),
    footnote:
      "Errors are horizontal, against the truth at each frame's exposure. The 95 % radius is the " +
      "semi-major axis of the filter's horizontal 95 % ellipse.",
  };
}

function breakOf(frames: readonly ReportedFrame[]): number {
  const intervals = frames.slice(1).map(({ timeNs }, i) => timeNs - frames[i].timeNs);
  return Math.max(1e9, BREAK_INTERVALS * (median(intervals) ?? 0));
}

function panels(
  { frames, truth }: ReportedFlight,
  errors: readonly FrameError[],
  range: TimeRange,
  breakNs: number,
): ReportPanel[] {
  const series = () => new SeriesBins(range, breakNs);
  const error = series(), radius = series(), late = series();
  const motion = new MotionPanels(range, breakNs, truth);
  const label = new StateBins(range, LABEL_STATES);
  const errorOf = new Map(errors.map(({ sequence, horizontalM }) => [sequence, horizontalM]));
  for (const frame of frames) {
    error.add(frame.timeNs, errorOf.get(frame.sequence));
    radius.add(frame.timeNs, frame.horizontal95M);
    motion.add(frame.timeNs, frame.timeNs, frame.heightM, frame.velocityEnuMps);
    late.add(frame.timeNs, frame.latencyMs);
    label.add(frame.timeNs, frame.label);
  }
  return [
    {
      type: "chart",
      id: "error",
      title: "Horizontal error",
      unit: "m",
      valueMin: 5,
      series: [
        {
          name: "95 % radius",
          kind: "area",
          style: "sigma",
          samples: radius.samples(),
        },
        { name: "error", kind: "line", style: "error", samples: error.samples() },
      ],
    },
    {
      type: "bands",
      id: "labels",
      title: "Source of the position",
      rows: [label.row("source label")],
    },
    ...motion.panels(),
    {
      type: "chart",
      id: "latency",
      title: "Latency, JPEG bytes in → estimate out",
      unit: "ms",
      valueMin: 10,
      series: [{ name: "latency", kind: "dots", style: "latency", samples: late.samples() }],
      bar: { value: LATENCY_BAR_MS, name: `${LATENCY_BAR_MS} ms` },
    },
  ];
}

function headline(metrics: FlightMetrics, distanceM: number): ReportFigure[] {
  return [
    { name: "flown without GPS", value: kilometres(distanceM) },
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
      note: "over 15 m counts as wrong",
    },
    {
      name: "drift without a fix",
      value: withUnit(m.driftPercent, "% of distance", 1),
    },
    {
      name: "epochs inside the 95 % ellipse",
      value: percent(m.consistent95),
      note: "consistent: 90–99 %",
    },
    {
      name: "mean NEES, horizontal",
      value: withUnit(m.neesMean, "", 2),
      note: "2 for a consistent filter",
    },
    { name: "odometry registered", value: percent(m.registrationVo) },
    { name: "time to the first correct fix", value: withUnit(m.timeToFirstFixS, "s", 1) },
    {
      name: "latency p50 / p95 / p99",
      value: [m.latencyMsP50, m.latencyMsP95, m.latencyMsP99]
        .map((value) => withUnit(value, "ms", 0)).join(" / "),
      note: "JPEG bytes in → estimate out",
    },
    {
      name: "processor time a frame",
      value: withUnit(m.cpuMsMean, "ms", 0),
      note: "mean, all threads, including work between frames",
    },
    { name: "speed", value: withUnit(m.realTimeFactor, "× real time", 1) },
    { name: "memory", value: withUnit(m.rssMb, "MB", 0), note: "largest RSS of airborne" },
  ];
}
