/**
 * Draws a chart over time as inline SVG.
 *
 * @module
 */
import type { Sample, Series, TimeChart } from "./contract.ts";
import { coordinate, escapeMarkup, type Point, pointList, ticks, ticksFrom } from "./svg.ts";
import { clockText, PLOT, plotX, timeAxis } from "./time_axis.ts";

type Scale = (value: number) => number;

export function timeChart(chart: TimeChart, durationS: number): string {
  const { bottom, top } = chartScale(chart);
  const x: Scale = (timeS) => plotX(timeS, durationS);
  const y: Scale = (value) => {
    const part = Math.max(-0.1, Math.min(1.1, (value - bottom) / (top - bottom)));
    return PLOT.height * (1 - part);
  };
  const values = chart.isSymmetric === true ? mirrored(ticks(top, 3)) : ticksFrom(bottom, top, 5);
  const rows = values.map((value) => {
    const at = coordinate(y(value));
    return `<line class="grid" x1="0" x2="${PLOT.width}" y1="${at}" y2="${at}"/>`;
  });
  const labels = values.map((value) =>
    `<span style="top:${coordinate(y(value) / PLOT.height * 100)}%">${value}</span>`
  );
  const { marks, remark } = offScale(chart, { bottom, top }, durationS);
  return `<figure class="chart" id="${chart.id}">
<figcaption><h2>${escapeMarkup(chart.title)} <small>${escapeMarkup(chart.unit)}</small></h2>${
    legend(chart)
  }</figcaption>
<div class="plot"><div class="values">${labels.join("")}</div>
<svg viewBox="0 0 ${PLOT.width} ${PLOT.height}" preserveAspectRatio="none" role="img" aria-label="${
    escapeMarkup(chart.title)
  }">${rows.join("")}${chart.series.map((s) => drawn(s, x, y)).join("")}${barLine(chart, y)}</svg>
${marks}${barName(chart, y)}<i class="cursor"></i></div>
${timeAxis(durationS)}${remark}</figure>`;
}

interface ValueRange {
  readonly bottom: number;
  readonly top: number;
}

function chartScale(chart: TimeChart): ValueRange {
  if (chart.fitsValues === true) return fittedScale(chart);
  const top = chartTop(chart);
  return { bottom: chart.isSymmetric === true ? -top : 0, top };
}

/** Covers all values but the outermost ones that lie far from nearly all others. */
function fittedScale({ series, valueMin }: TimeChart): ValueRange {
  const values = series.flatMap(({ samples }) => samples.flatMap(([, value]) => value ?? []))
    .toSorted((a, b) => a - b);
  if (values.length === 0) return { bottom: 0, top: valueMin };
  const at = (share: number) => values[Math.round((values.length - 1) * share)];
  const low = at(0.02), high = at(0.98), room = Math.max(valueMin, high - low) / 2;
  const lowest = Math.max(values[0], low - room);
  const highest = Math.min(values[values.length - 1], high + room);
  const margin = Math.max(0.08 * (highest - lowest), (valueMin - (highest - lowest)) / 2);
  return { bottom: lowest - margin, top: highest + margin };
}

/** Top of the scale: covers nearly all values, so that a spike does not flatten the rest. */
function chartTop(chart: TimeChart): number {
  const values = chart.series
    .flatMap(({ samples }) =>
      samples.map(([, value]) => value === null ? NaN : sizeOf(chart, value))
    )
    .filter(Number.isFinite).toSorted((a, b) => a - b);
  const atLeast = Math.max(chart.valueMin, (chart.bar?.value ?? 0) * 1.15);
  if (values.length === 0) return atLeast;
  const nearlyAll = values[Math.floor((values.length - 1) * 0.98)];
  return Math.max(atLeast, Math.min(values[values.length - 1], nearlyAll * 1.5) * 1.08);
}

/** The values that determine the scale. */
function sizeOf(chart: TimeChart, value: number): number {
  return chart.isSymmetric === true ? Math.abs(value) : value;
}

function mirrored(values: readonly number[]): readonly number[] {
  return [...values.filter((value) => value > 0).map((value) => -value), ...values];
}

/** Values outside of the scale are cut, and each one is marked at the upper edge. */
function offScale(
  chart: TimeChart,
  { bottom, top }: ValueRange,
  durationS: number,
): { marks: string; remark: string } {
  const beyond = (value: number) =>
    value < bottom && (chart.isSymmetric === true || chart.fitsValues === true)
      ? bottom - value
      : value - top;
  let farthest: readonly [number, number, string] | null = null;
  const places = new Set<string>();
  for (const { name, samples } of chart.series) {
    for (const [timeS, value] of samples) {
      if (value === null || beyond(value) <= 0) continue;
      if (farthest === null || beyond(value) > beyond(farthest[1])) {
        farthest = [timeS, value, name];
      }
      places.add(coordinate(plotX(timeS, durationS) / 10));
    }
  }
  if (farthest === null) return { marks: "", remark: "" };
  const [timeS, value, name] = farthest;
  const marks = [...places].map((left) => `<i class="over" style="left:${left}%"></i>`).join("");
  return {
    marks,
    remark: `<p class="remark">▲ ${
      chart.isSymmetric === true || chart.fitsValues === true
        ? "Beyond the scale; farthest"
        : "Above the scale; highest"
    }: ${escapeMarkup(name)} ${Number(value.toPrecision(4))} ${escapeMarkup(chart.unit)} at ${
      clockText(timeS)
    }.</p>`,
  };
}

function legend(chart: TimeChart): string {
  const keys = chart.series.map((series) =>
    `<span class="key ${series.style} ${series.kind}"><i></i>${escapeMarkup(series.name)}</span>`
  );
  return `<p class="legend">${keys.join("")}</p>`;
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
    // A single value between two gaps is drawn as a short stroke.
    if (points.length === 1) points.push([points[0][0] + 0.8, points[0][1]]);
    if (series.kind === "line") {
      return `<polyline class="line ${series.style}" points="${pointList(points)}"/>`;
    }
    if (series.kind === "band") {
      const back = piece.toReversed().map(([timeS, value]): Point => [x(timeS), y(-value)]);
      return `<polygon class="area ${series.style}" points="${pointList([...points, ...back])}"/>`;
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

function barLine(chart: TimeChart, y: Scale): string {
  if (chart.bar === undefined) return "";
  const at = coordinate(y(chart.bar.value));
  return `<line class="bar" x1="0" x2="${PLOT.width}" y1="${at}" y2="${at}"/>`;
}

function barName(chart: TimeChart, y: Scale): string {
  if (chart.bar === undefined) return "";
  const top = coordinate(y(chart.bar.value) / PLOT.height * 100);
  return `<span class="bar-name" style="top:${top}%">${escapeMarkup(chart.bar.name)}</span>`;
}
