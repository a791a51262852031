/**
 * Photographs for a person: one row each, and what they come to.
 *
 * @module
 */
import { median } from "../../core/mod.ts";
import type { PhotographLine, SummaryLine } from "../json_lines.ts";

const REASONS: Readonly<Record<string, string>> = {
  oblique: "looks over 45° off the vertical",
  no_candidate: "nothing on the map is like it",
  no_map: "not over the map",
  no_overlap: "not over the map",
  weak: "too little like the map",
  ambiguous: "several places look alike",
  few_tie_points: "too little of it agrees with the map",
  few_inliers: "too little of it agrees with the map",
  tilt: "contradicts its tagged tilt",
  heading: "contradicts its heading",
  height: "contradicts its tagged height",
  unconfirmed: "no other photograph of its flight confirms it",
  elsewhere: "found where its flight cannot have been",
};

export function verdict(
  { fix: { accepted, reason }, carriedFrom }: Pick<PhotographLine, "fix" | "carriedFrom">,
): string {
  if (!accepted) return `not located: ${REASONS[reason] ?? reason}`;
  return carriedFrom === null ? "located" : `located by its overlap with ${carriedFrom}`;
}

const NAME_WIDTH = 24;

export function tableHeader(): string {
  return row(
    ["photograph", "latitude, °", "longitude, °", "95 % within", "height", "heading"],
    "verdict",
  );
}

export function tableRow(line: PhotographLine): string {
  const { latitudeDeg, longitudeDeg, heightM, horizontal95M, fix: { headingDeg } } = line;
  const figure = (value: number | null, decimals: number, unit: string) =>
    value === null ? "–" : `${value.toFixed(decimals)}${unit}`;
  return row([
    line.name,
    figure(latitudeDeg, 6, ""),
    figure(longitudeDeg, 6, ""),
    figure(horizontal95M, 1, " m"),
    figure(heightM, 0, " m"),
    figure(headingDeg, 0, "°"),
  ], verdict(line));
}

function row([name, ...figures]: readonly string[], last: string): string {
  const widths = [12, 12, 11, 8, 7];
  return [
    name.padEnd(NAME_WIDTH),
    ...figures.map((figure, i) => figure.padStart(widths[i])),
    ` ${last}`,
  ].join("  ");
}

/** What all photographs come to. */
export function photographsText(lines: readonly PhotographLine[], summary: SummaryLine): string[] {
  const located = lines.filter(({ fix }) => fix.accepted);
  const bounds = located.map(({ horizontal95M }) => horizontal95M!).sort((a, b) => a - b);
  const reasons = new Map<string, number>();
  for (const line of lines) {
    if (!line.fix.accepted) reasons.set(verdict(line), (reasons.get(verdict(line)) ?? 0) + 1);
  }
  const percent = (100 * located.length / Math.max(1, lines.length)).toFixed(0);
  return [
    "",
    `photographs     ${lines.length}${summary.completed ? "" : ", stopped before the end"}${
      summary.framesFailed > 0 ? `, ${summary.framesFailed} left out` : ""
    }`,
    `located         ${located.length} (${percent} %)${
      bounds.length === 0 ? "" : `, 95 % within ${median(bounds)!.toFixed(1)} m (median)`
    }`,
    ...[...reasons].map(([reason, count]) => `                ${count} ${reason}`),
    `time            ${summary.wallS.toFixed(1)} s`,
  ];
}
