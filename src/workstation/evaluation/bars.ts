/**
 * Limits that the metrics of a flight must meet, and the check for missed ones.
 *
 * @module
 */
import type { FlightMetrics } from "./metrics.ts";

export interface Bar {
  readonly metric: keyof FlightMetrics | "fixShare";
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Over real imagery with years between map and flight, 130 m above ground. */
export const BARS_TWO_DATES: readonly Bar[] = [
  { metric: "errorMP50", atMost: 2 },
  { metric: "errorMP95", atMost: 6 },
  { metric: "errorMMax", atMost: 20 },
  { metric: "worstAcceptedFixM", atMost: 15 },
  { metric: "fixShare", atLeast: 0.5 },
];
/** Only heading and height are known at the start. */
export const BARS_NO_PRIOR: readonly Bar[] = [
  { metric: "timeToFirstFixS", atMost: 10 },
  { metric: "worstAcceptedFixM", atMost: 15 },
];
export const BARS_HIGH: readonly Bar[] = [{ metric: "errorMP95", atMost: 15 }];
/** Over hills that the package knows. */
export const BARS_RELIEF: readonly Bar[] = [
  { metric: "errorMP95", atMost: 5 },
  { metric: "worstAcceptedFixM", atMost: 15 },
  { metric: "fixShare", atLeast: 0.5 },
];
export const BARS_PHOTOGRAPHS: readonly Bar[] = [
  { metric: "errorMMax", atMost: 5 },
  { metric: "fixShare", atLeast: 1 },
];
/** For every flight. */
export const BARS_MACHINE: readonly Bar[] = [
  { metric: "latencyMsP95", atMost: 150 },
  { metric: "realTimeFactor", atLeast: 1 },
  { metric: "rssMb", atMost: 1024 },
];
/** Over all flights together. */
export const BARS_POOLED: readonly Bar[] = [
  { metric: "consistent95", atLeast: 0.9, atMost: 0.99 },
];

/** Missed limits as text: "errorMP95 7.2 > 6". A missing figure misses its limit. */
export function missedBars(metrics: FlightMetrics, bars: readonly Bar[]): string[] {
  const missed: string[] = [];
  for (const bar of bars) {
    const value = bar.metric === "fixShare"
      ? metrics.fixes / Math.max(1, metrics.frames)
      : metrics[bar.metric];
    if (value === null) missed.push(`${bar.metric} is missing`);
    else if (bar.atMost !== undefined && !(value <= bar.atMost)) {
      missed.push(`${bar.metric} ${short(value)} > ${bar.atMost}`);
    } else if (bar.atLeast !== undefined && !(value >= bar.atLeast)) {
      missed.push(`${bar.metric} ${short(value)} < ${bar.atLeast}`);
    }
  }
  return missed;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
