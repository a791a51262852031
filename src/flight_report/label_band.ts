/**
 * What the estimate rested on over time: one band of colour.
 *
 * @module
 */
import type { ReportLabel, ReportPoint } from "./contract.ts";
import { coordinate } from "./svg.ts";
import { CHART, chartX } from "./time_chart.ts";

const WORDS: Readonly<Record<ReportLabel, string>> = {
  satellite_anchored: "satellite anchored",
  visual_propagated: "visually propagated",
  dead_reckoned: "dead reckoned",
};
const HEIGHT = 34;

export function labelBand(points: readonly ReportPoint[], durationS: number): string {
  const runs = labelRuns(points, durationS);
  const rectangles = runs.map((run) => {
    const x = chartX(run.fromS, durationS);
    const width = Math.max(0.8, chartX(run.toS, durationS) - x);
    return `<rect class="label ${run.label}" x="${coordinate(x)}" y="2" height="${HEIGHT - 4}" ` +
      `width="${coordinate(width)}"><title>${WORDS[run.label]}, ${run.fromS.toFixed(1)}–${
        run.toS.toFixed(1)
      } s</title></rect>`;
  });
  const keys = Object.entries(WORDS).map(([label, words]) => {
    const timeS = runs.filter((run) => run.label === label)
      .reduce((sum, run) => sum + run.toS - run.fromS, 0);
    const part = durationS > 0 ? Math.round(100 * timeS / durationS) : 0;
    return `<span class="key label ${label}"><i></i>${words} ${part} %</span>`;
  });
  return `<figure class="chart" id="labels"><figcaption><h2>What the position rests on</h2>
<p class="legend">${keys.join("")}</p></figcaption>
<svg viewBox="0 0 ${CHART.width} ${HEIGHT}" role="img" aria-label="Source labels over time">${
    rectangles.join("")
  }<line class="cursor" y1="0" y2="${HEIGHT}" x1="-9" x2="-9"/></svg></figure>`;
}

/** Stretches of one label; each lasts until the next frame. */
export function labelRuns(
  points: readonly ReportPoint[],
  durationS: number,
): { label: ReportLabel; fromS: number; toS: number }[] {
  const runs: { label: ReportLabel; fromS: number; toS: number }[] = [];
  for (const point of points) {
    const last = runs[runs.length - 1];
    if (last?.label === point.label) continue;
    if (last !== undefined) last.toS = point.timeS;
    runs.push({ label: point.label, fromS: point.timeS, toS: durationS });
  }
  return runs;
}
