/**
 * Formats figures with their unit; "–" for unknown values.
 *
 * @module
 */

export function metres(value: number | null): string {
  return withUnit(value, "m", value !== null && value >= 100 ? 0 : 2);
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
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = String(Math.floor(seconds % 60)).padStart(2, "0");
  return minutes < 60
    ? `${minutes} min ${rest} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
