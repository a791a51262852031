/**
 * The report as one HTML file that needs nothing else.
 *
 * @module
 */
import type { FlightReport, ReportPoint } from "./contract.ts";
import { labelBand } from "./label_band.ts";
import { mapPixel, mapView } from "./map_view.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { escapeMarkup } from "./svg.ts";
import { type Sample, timeChart } from "./time_chart.ts";

/** Points in the charts at most; of each bucket the worst one stays. */
const POINTS_MAX = 4000;

export function reportPage(report: FlightReport): string {
  const points = thinned(report.points);
  const durationS = Math.max(0, points.at(-1)?.timeS ?? 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeMarkup(report.title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body><main>
<h1>${escapeMarkup(report.title)}</h1>
<p class="subtitle">${escapeMarkup(report.subtitle)}</p>
<dl class="headline">${
    report.headline.map(({ name, value }) =>
      `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`
    ).join("")
  }</dl>
${report.map === null ? "" : mapView(report.map, points)}
${errorChart(points, durationS)}
${labelBand(points, durationS)}
${latencyChart(points, durationS, report.latencyBarMs)}
<p class="readout" id="readout">Point at a chart to read a moment.</p>
<section class="panel"><table>${
    report.figures.map(({ name, value, note }) =>
      `<tr><td>${escapeMarkup(name)}</td><td>${escapeMarkup(value)}</td><td>${
        escapeMarkup(note ?? "")
      }</td></tr>`
    ).join("")
  }</table></section>
<footer>Errors are horizontal, against the truth at each frame's exposure. The band is three times the semi-major 1-sigma axis of the filter's covariance.</footer>
</main>
<script type="application/json" id="data">${pageData(report, points, durationS)}</script>
<script>${SCRIPT}</script>
</body></html>
`;
}

function errorChart(points: readonly ReportPoint[], durationS: number): string {
  const errors: Sample[] = points.map((point) => [point.timeS, point.errorM]);
  const sigmas: Sample[] = points.map((point) => [point.timeS, point.sigma3M]);
  return timeChart({
    id: "error",
    title: "Horizontal error",
    unit: "metres",
    durationS,
    valueMax: chartTop([...errors, ...sigmas], 5),
    series: [
      { name: "3 sigma of the filter", kind: "area", style: "sigma", samples: sigmas },
      { name: "error", kind: "line", style: "error", samples: errors },
    ],
  });
}

function latencyChart(points: readonly ReportPoint[], durationS: number, barMs: number): string {
  const samples: Sample[] = points.map((point) => [point.timeS, point.latencyMs]);
  return timeChart({
    id: "latency",
    title: "Latency, JPEG bytes in → estimate out",
    unit: "ms",
    durationS,
    valueMax: Math.max(chartTop(samples, 10), barMs * 1.15),
    series: [{ name: "one frame", kind: "dots", style: "latency", samples }],
    bar: { value: barMs, name: `${barMs} ms` },
  });
}

/** Top of the scale: nearly all of the values, so that a spike does not flatten the rest. */
function chartTop(samples: readonly Sample[], minimum: number): number {
  const values = samples.flatMap(([, value]) =>
    value !== null && Number.isFinite(value) ? [value] : []
  ).toSorted((a, b) => a - b);
  if (values.length === 0) return minimum;
  const nearlyAll = values[Math.floor((values.length - 1) * 0.98)];
  return Math.max(minimum, Math.min(values[values.length - 1], nearlyAll * 1.5) * 1.08);
}

function thinned(points: readonly ReportPoint[]): readonly ReportPoint[] {
  if (points.length <= POINTS_MAX) return points;
  const out: ReportPoint[] = [];
  const size = points.length / POINTS_MAX;
  for (let i = 0; i < POINTS_MAX; i++) {
    const bucket = points.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    out.push(bucket.reduce((a, b) => (b.errorM ?? 0) > (a.errorM ?? 0) ? b : a));
  }
  return out;
}

/** Numbers for the script; "<" cannot end the element. */
function pageData(
  report: FlightReport,
  points: readonly ReportPoint[],
  durationS: number,
): string {
  const round = (value: number | null) =>
    value === null || !Number.isFinite(value) ? null : Math.round(value * 100) / 100;
  const rows = points.map((point) => ({
    t: round(point.timeS),
    e: round(point.errorM),
    s: round(point.sigma3M),
    l: round(point.latencyMs),
    n: point.label,
    f: point.fix === null ? 0 : 1,
    p: report.map === null ? null : mapPixel(report.map, point.estimate).map(round),
  }));
  return JSON.stringify({ durationS, points: rows }).replaceAll("<", "\\u003c");
}
