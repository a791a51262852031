/**
 * Formats figures with their unit; "–" for unknown values.
 *
 * @module
 */
import type { ReportFigure } from "./contract.ts";
import type { Quantiles } from "./quantiles.ts";

/** "0.42 m", "7.3 m", "118 m": two digits, because no more mean anything. */
export function metres(value: number | null): string {
  const size = Math.abs(value ?? 0);
  return withUnit(value, "m", size >= 10 ? 0 : size >= 1 ? 1 : 2);
}

/** "0.84 km", "18.4 km". */
export function kilometres(distanceM: number): string {
  return `${(distanceM / 1000).toFixed(distanceM >= 10_000 ? 1 : 2)} km`;
}

export function percent(value: number | null): string {
  return value === null ? "–" : `${(100 * value).toFixed(value > 0.99 && value < 1 ? 1 : 0)} %`;
}

export function withUnit(value: number | null, unit: string, digits: number): string {
  return value === null || !Number.isFinite(value)
    ? "–"
    : `${value.toFixed(digits)} ${unit}`.trim();
}

/** "72.3 s", "1 h 02 min". */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toPrecision(seconds < 10 ? 2 : 3))} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
  return minutes < 60
    ? `${minutes} min ${rest} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A figure of the spread of values; none without a value. */
export function spreadFigure(
  values: Quantiles,
  unit: "m" | "ms",
  note: string,
  name: string,
): ReportFigure[] {
  if (values.count === 0) return [];
  const text = [values.quantile(0.5), values.quantile(0.95), values.quantile(0.99), values.maximum]
    .map((value) => unit === "m" ? metres(value) : withUnit(value, unit, 0));
  return [{ name: `${name} p50 / p95 / p99 / max`, value: text.join(" / "), note }];
}
