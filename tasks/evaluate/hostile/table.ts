/**
 * The printed table: one row per input and duration, with the worst of its flights.
 *
 * @module
 */
import { aligned } from "../aligned.ts";
import type { HostileResult } from "./results_file.ts";

/** More than this confidently wrong is a failure. */
const CONFIDENTLY_WRONG_S_MAX = 1;

/** Confidently wrong for too long, or the program did not fly it to its end. */
export function failed(result: HostileResult): boolean {
  return result.confidentlyWrongS > CONFIDENTLY_WRONG_S_MAX || result.error !== null;
}

const TITLES = [
  "input",
  "lasts s",
  "flights",
  "failed",
  "worst m",
  "r95 then m",
  "label then",
  "confidently wrong s",
  "right again s",
  "exit",
  "worst flight",
];

const metres = (value: number | null) => value === null ? "–" : value.toFixed(1);

/** Rows with failures first come as they are measured: by input, then by duration. */
export function hostileTable(results: readonly HostileResult[]): string[] {
  const groups = new Map<string, HostileResult[]>();
  for (const result of results) {
    const key = `${result.input} ${result.durationS}`;
    groups.set(key, [...groups.get(key) ?? [], result]);
  }
  return aligned([TITLES, ...[...groups.values()].map(row)]);
}

function row(flights: readonly HostileResult[]): string[] {
  const worst = worstOf(flights);
  const never = flights.some(({ rightAgainS }) => rightAgainS === null);
  const right = Math.max(...flights.map(({ rightAgainS }) => rightAgainS ?? 0));
  return [
    worst.input,
    worst.durationS === null ? "stays" : String(worst.durationS),
    String(flights.length),
    String(flights.filter(failed).length),
    metres(worst.worstErrorM),
    metres(worst.r95ThenM),
    worst.labelThen ?? "–",
    worst.confidentlyWrongS.toFixed(1),
    never ? "never" : right.toFixed(1),
    [...new Set(flights.map(({ exitCode }) => exitCode))].sort().join(","),
    worst.flight,
  ];
}

export function worstOf(flights: readonly HostileResult[]): HostileResult {
  return [...flights].sort(byBadness)[0];
}

function byBadness(a: HostileResult, b: HostileResult): number {
  return b.confidentlyWrongS - a.confidentlyWrongS ||
    (b.worstErrorM ?? 0) - (a.worstErrorM ?? 0);
}
