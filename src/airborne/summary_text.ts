/**
 * The summary of a flight for a person.
 *
 * @module
 */
import type { SummaryLine } from "./json_lines.ts";

export function summaryText(
  summary: SummaryLine,
  { isReplay }: { readonly isReplay: boolean },
): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `flight          ${summary.flight}`,
    `frames          ${summary.frames}${leftOutText(summary)}`,
    `fixes           ${summary.fixes} (${percent(summary.fixes / Math.max(1, summary.frames))})`,
    `odometry        ${percent(summary.registrationVo)} of frames registered`,
    `duration        ${summary.durationS.toFixed(1)} s${
      isReplay ? `, replayed ${summary.realTimeFactor.toFixed(2)} times as fast` : ""
    }`,
    `memory          ${summary.rssMbMax.toFixed(0)} MB at most`,
    ...(summary.tiles === null ? [] : [`tiles           ${countsText(summary.tiles)}`]),
    ...(summary.recorderFolder === null ? [] : [
      `recorder        ${summary.recorderFolder}: ${summary.recorderRecords} records, ` +
      `${summary.recorderLost ?? "an unknown number of them"} lost${
        summary.recorderBroken ? " (incomplete)" : ""
      }`,
    ]),
  ];
}

/** ", 2 failed, 1 without an estimate": what was left out; empty where nothing was. */
function leftOutText(summary: SummaryLine): string {
  const { completed, framesFailed, framesSkipped, sensorFaults, estimatorFailed } = summary;
  return [
    completed ? "" : ", stopped before the end",
    framesFailed > 0 ? `, ${framesFailed} failed` : "",
    framesSkipped > 0 ? `, ${framesSkipped} without an estimate` : "",
    sensorFaults > 0 ? `, ${sensorFaults} sensor samples left out` : "",
    estimatorFailed ? ", the state estimator failed" : "",
  ].join("");
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(", ") || "none";
}
