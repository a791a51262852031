/**
 * Writes the report as one self-contained HTML file whose content security policy forbids every
 * connection.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { bandChart } from "./band_chart.ts";
import type {
  ChartGroup,
  FlightReport,
  ReportNotice,
  ReportPanel,
  ReportTable,
} from "./contract.ts";
import { eventData, eventView } from "./event_view.ts";
import { mapView, trackPixels } from "./map_view.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { escapeMarkup, shownText } from "./svg.ts";
import { timeChart } from "./time_chart.ts";

/** Only this one script may run, whatever text a record contains. */
const SCRIPT_HASH = createHash("sha256").update(SCRIPT).digest("base64");
const POLICY = [
  "default-src 'none'",
  "img-src data:",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${SCRIPT_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Longer texts are cut: names come from records, and the page must stay small. */
const TITLE_MAX = 300;
const TEXT_MAX = 1000;

export function reportPage(report: FlightReport): string {
  const { durationS } = report;
  const title = escapeMarkup(shownText(report.title, TITLE_MAX));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body><main>
<h1>${title}</h1>
<p class="subtitle">${escapeMarkup(shownText(report.subtitle, TEXT_MAX))}</p>
${report.notices.map(notice).join("\n")}
<dl class="headline">${
    report.headline.map(({ name, value }) =>
      `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`
    ).join("")
  }</dl>
${report.map === null ? "" : mapView(report.map, report.tracks)}
${report.panels.map((panel) => panelView(panel, durationS)).join("\n")}
<p class="readout" id="readout">Point at a chart to read a moment.</p>
${report.events === null ? "" : eventView(report.events)}
<section class="panel"><table class="figures">${
    report.figures.map(({ name, value, note }) =>
      `<tr><td>${escapeMarkup(name)}</td><td>${escapeMarkup(value)}</td><td>${
        escapeMarkup(note ?? "")
      }</td></tr>`
    ).join("")
  }</table></section>
${report.tables.map(tableView).join("\n")}
<footer>${escapeMarkup(report.footnote)}</footer>
</main>
<script type="application/json" id="data">${pageData(report)}</script>
<script>${SCRIPT}</script>
</body></html>
`;
}

function notice({ tone, text, details = [] }: ReportNotice): string {
  const list = details.map((each) => `<li>${escapeMarkup(shownText(each, TEXT_MAX))}</li>`).join(
    "",
  );
  return `<div class="banner ${tone}"><p>${escapeMarkup(text)}</p>${
    list === "" ? "" : `<details><summary>details</summary><ul>${list}</ul></details>`
  }</div>`;
}

function panelView(panel: ReportPanel, durationS: number): string {
  switch (panel.type) {
    case "chart":
      return timeChart(panel, durationS);
    case "bands":
      return bandChart(panel, durationS);
    case "group":
      return groupView(panel, durationS);
  }
}

function groupView({ id, title, note, charts }: ChartGroup, durationS: number): string {
  return `<details class="panel group" id="${id}"><summary>${escapeMarkup(title)} <small>${
    escapeMarkup(note)
  }</small></summary>${charts.map((chart) => timeChart(chart, durationS)).join("\n")}</details>`;
}

function tableView({ title, columns, rows }: ReportTable): string {
  const cells = (row: readonly string[], tag: "td" | "th") =>
    `<tr>${
      row.map((cell) => `<${tag}>${escapeMarkup(shownText(cell, TEXT_MAX))}</${tag}>`).join("")
    }</tr>`;
  return `<details class="panel"><summary>${
    escapeMarkup(title)
  }</summary><table class="rows"><thead>${cells(columns, "th")}</thead><tbody>${
    rows.map((row) => cells(row, "td")).join("")
  }</tbody></table></details>`;
}

/** Numbers for the script; "<" cannot end the element. */
function pageData(report: FlightReport): string {
  const short = (value: number) => Number(value.toPrecision(5));
  const milliseconds = (timeS: number) => Math.round(timeS * 1000) / 1000;
  const charts = report.panels.flatMap((panel) => panel.type === "chart" ? [panel] : []);
  const bands = report.panels.flatMap((panel) => panel.type === "bands" ? panel.rows : []);
  const { map, tracks } = report;
  const data = {
    durationS: report.durationS,
    series: charts.flatMap(({ unit, series }) =>
      series.map(({ name, samples }) => {
        const known = samples.filter(([, value]) => value !== null);
        return {
          name,
          unit,
          t: known.map(([timeS]) => milliseconds(timeS)),
          v: known.map(([, value]) => short(value!)),
        };
      })
    ),
    bands: bands.map(({ name, runs }) => ({
      name,
      runs: runs.map(({ fromS, toS, words }) => [milliseconds(fromS), milliseconds(toS), words]),
    })),
    track: map === null ? [] : trackPixels(map, tracks.estimate)
      .map(({ timeS, point }) => [milliseconds(timeS), ...point.map(Math.round)]),
    events: report.events === null ? null : eventData(report.events),
  };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}
