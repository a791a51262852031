/**
 * What `operator postflight` says at its end: one screen, and one exit code.
 *
 * @module
 */
import { countText, EXIT, type ExitCode } from "../../core/mod.ts";
import type { ReportNotice } from "../../workstation/flight_report/mod.ts";

const STEP_NAMES = ["copy", "collect", "upload", "report"] as const;
export interface Step {
  readonly step: (typeof STEP_NAMES)[number];
  /** null: not done, for `text` says why. */
  readonly exitCode: number | null;
  readonly text: string;
}

export interface FlightSummary {
  readonly flightId: string;
  readonly record: string;
  readonly durationS: number | null;
  readonly report: string | null;
  readonly notices: readonly Pick<ReportNotice, "tone" | "text">[];
  readonly figures: readonly { readonly name: string; readonly value: string }[];
}

/** What fits on a screen of 24 lines: bad news first. */
const LINES_MAX = 23, NOTICES_MAX = 4;
const TONES = ["bad", "fair", "good"];

export function screen(steps: readonly Step[], flights: readonly FlightSummary[]): string[] {
  const lines = steps.map(({ step, exitCode, text }) => {
    const mark = exitCode === null ? "-" : exitCode === EXIT.ok ? "ok" : `!${exitCode}`;
    return `${step.padEnd(8)} ${mark.padEnd(4)} ${text}`;
  });
  for (const [index, flight] of flights.entries()) {
    const { flightId, record, durationS, figures, report } = flight;
    const minutes = durationS === null ? "" : `, ${(durationS / 60).toFixed(1)} min`;
    const notices = [...flight.notices]
      .sort((a, b) => TONES.indexOf(a.tone) - TONES.indexOf(b.tone)).slice(0, NOTICES_MAX);
    const block = [
      `flight ${flightId}: record ${record === "nothing" ? "not readable" : record}${minutes}`,
      ...notices.map(({ tone, text }) => `  ${tone === "bad" ? "! " : ""}${text}`),
      ...(figures.length === 0
        ? []
        : [`  ${figures.map(({ name, value }) => `${name} ${value}`).join("; ")}`]),
      ...(report === null ? [] : [`  ${report}`]),
    ];
    if (lines.length + block.length > LINES_MAX) {
      lines.push(`… and ${countText(flights.length - index, "more flight")}; --json has all`);
      break;
    }
    lines.push(...block);
  }
  return lines;
}

/** Refused before later, later before damaged. */
const WORST: readonly ExitCode[] = [EXIT.refused, EXIT.tryAgain, EXIT.io, EXIT.data];

export function worstOf(steps: readonly Step[]): ExitCode {
  const codes = steps.flatMap(({ exitCode }) =>
    exitCode === null || exitCode === EXIT.ok ? [] : [exitCode as ExitCode]
  );
  return WORST.find((code) => codes.includes(code)) ?? codes[0] ?? EXIT.ok;
}
