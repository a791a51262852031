/**
 * A chart over time as inline SVG.
 *
 * @module
 */
import { coordinate, escapeMarkup, type Point, pointList, ticks } from "./svg.ts";

/** (seconds, value); a value of null breaks the line. */
export type Sample = readonly [timeS: number, value: number | null];

export interface Series {
  /** For the legend. */
  readonly name: string;
  readonly kind: "line" | "area" | "dots";
  /** CSS class that colours it. */
  readonly style: string;
  readonly samples: readonly Sample[];
}

export interface TimeChart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly durationS: number;
  readonly valueMax: number;
  readonly series: readonly Series[];
  /** A horizontal line with its name. */
  readonly bar?: { readonly value: number; readonly name: string };
}

/** Every chart has the same frame, so that one cursor runs through all of them. */
export const CHART = {
  width: 1000,
  height: 230,
  left: 56,
  right: 12,
  top: 10,
  bottom: 30,
} as const;

export function chartX(timeS: number, durationS: number): number {
  const { width, left, right } = CHART;
  return left + (width - left - right) * (durationS > 0 ? timeS / durationS : 0);
}

export function timeChart(chart: TimeChart): string {
  const plotHeight = CHART.height - CHART.top - CHART.bottom;
  const x = (timeS: number) => chartX(timeS, chart.durationS);
  const y = (value: number) => CHART.top + plotHeight * (1 - value / chart.valueMax);
  const { left, right, top, width, height } = CHART;
  const plotWidth = width - left - right;
  return `<figure class="chart" id="${chart.id}">
<figcaption><h2>${escapeMarkup(chart.title)} <small>${escapeMarkup(chart.unit)}</small></h2>${
    legend(chart)
  }</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(chart.title)}">
<clipPath id="clip-${chart.id}"><rect x="${left}" y="${top}" width="${plotWidth}" height="${plotHeight}"/></clipPath>
${grid(chart, x, y)}
<g clip-path="url(#clip-${chart.id})">${chart.series.map((s) => drawn(s, x, y)).join("")}${
    bar(chart, y)
  }</g>
<line class="cursor" y1="${top}" y2="${top + plotHeight}" x1="-9" x2="-9"/>
</svg></figure>`;
}

function legend(chart: TimeChart): string {
  const keys = chart.series.map((series) =>
    `<span class="key ${series.style} ${series.kind}"><i></i>${escapeMarkup(series.name)}</span>`
  );
  return `<p class="legend">${keys.join("")}</p>`;
}

type Scale = (value: number) => number;

function grid(chart: TimeChart, x: Scale, y: Scale): string {
  const { left, right, width, height, bottom } = CHART;
  const rows = ticks(chart.valueMax, 5).map((value) => {
    const at = coordinate(y(value));
    return `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>` +
      `<text class="tick end" x="${left - 8}" y="${at}" dy="4">${value}</text>`;
  });
  const columns = ticks(chart.durationS, 10).map((value) =>
    `<text class="tick middle" x="${coordinate(x(value))}" y="${
      height - bottom + 18
    }">${value} s</text>`
  );
  return rows.join("") + columns.join("");
}

function drawn(series: Series, x: Scale, y: Scale): string {
  if (series.kind === "dots") {
    const dots = series.samples.flatMap(([timeS, value]) =>
      value === null ? [] : `M${coordinate(x(timeS))} ${coordinate(y(value))}h0`
    );
    return `<path class="dots ${series.style}" data-points="${dots.length}" d="${dots.join("")}"/>`;
  }
  return pieces(series.samples).map((piece) => {
    const points: Point[] = piece.map(([timeS, value]) => [x(timeS), y(value)]);
    if (series.kind === "line") {
      return `<polyline class="line ${series.style}" points="${pointList(points)}"/>`;
    }
    const closed: Point[] = [[points[0][0], y(0)], ...points, [points[points.length - 1][0], y(0)]];
    return `<polygon class="area ${series.style}" points="${pointList(closed)}"/>`;
  }).join("");
}

/** Runs without a null. */
function pieces(samples: readonly Sample[]): [number, number][][] {
  const out: [number, number][][] = [[]];
  for (const [timeS, value] of samples) {
    if (value === null) out.push([]);
    else out[out.length - 1].push([timeS, value]);
  }
  return out.filter((piece) => piece.length > 0);
}

function bar(chart: TimeChart, y: Scale): string {
  if (chart.bar === undefined) return "";
  const at = coordinate(y(chart.bar.value));
  return `<line class="bar" x1="${CHART.left}" x2="${CHART.width}" y1="${at}" y2="${at}"/>` +
    `<text class="tick end bar-name" x="${CHART.width - CHART.right - 4}" y="${at}" dy="-5">${
      escapeMarkup(chart.bar.name)
    }</text>`;
}
