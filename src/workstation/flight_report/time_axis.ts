/**
 * The common time axis of all charts: the same width, so that one cursor runs through all of them.
 * Lines are drawn in a picture that is stretched to the page's width; text is not, so that it is
 * readable on a small screen as well.
 *
 * @module
 */
import { coordinate, ticks } from "./svg.ts";

/** Width and height of the stretched picture. */
export const PLOT = { width: 1000, height: 200 } as const;

const STEPS_S = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400],
  ...[21_600, 43_200, 86_400],
];
const TICKS_MAX = 8;

export function plotX(timeS: number, durationS: number): number {
  return PLOT.width * (durationS > 0 ? timeS / durationS : 0);
}

/** Times under a figure. */
export function timeAxis(durationS: number): string {
  const step = STEPS_S.find((each) => durationS / each <= TICKS_MAX);
  const times = step === undefined
    ? ticks(durationS, TICKS_MAX)
    : Array.from({ length: Math.floor(durationS / step + 1e-9) + 1 }, (_, i) => i * step);
  const labels = times.map((timeS, index) => {
    const left = plotX(timeS, durationS) / 10;
    const classes = [index % 2 === 1 ? "odd" : "", left > 97 ? "end" : ""].filter(Boolean);
    return `<span style="left:${coordinate(left)}%"${
      classes.length === 0 ? "" : ` class="${classes.join(" ")}"`
    }>${clockText(timeS, step ?? 1)}</span>`;
  });
  return `<div class="times">${labels.join("")}</div>`;
}

/** "0:07", "12:30", "1:02:30"; below a second's step "0:07.5". */
export function clockText(timeS: number, stepS = 1): string {
  const digits = stepS < 1 ? 1 : 0;
  const rounded = Number(timeS.toFixed(digits));
  const hours = Math.floor(rounded / 3600), minutes = Math.floor(rounded % 3600 / 60);
  const seconds = (rounded % 60).toFixed(digits).padStart(digits === 0 ? 2 : 4, "0");
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}`
    : `${minutes}:${seconds}`;
}
