/**
 * Formats freshness judgements as text.
 *
 * @module
 */
import type { FreshnessJudgement, FreshnessRule } from "./contract.ts";

export function daysOf(seconds: number): string {
  const days = seconds / 86_400;
  return `${Number.isInteger(days) ? days : days.toFixed(1)} days`;
}

/** "its picture is 190.0 days old (16416000 s)". */
export function describeReason({ reason, ageS }: FreshnessJudgement): string {
  const age = (seconds: number) => `${daysOf(seconds)} (${Math.floor(seconds)} s)`;
  switch (reason) {
    case "no_capture_date":
      return "the capture date of its picture is unknown, which counts as stale";
    case "captured_in_the_future":
      return `its capture date is ${age(-(ageS ?? 0))} later than the moment of judgement: the ` +
        "date or the clock is wrong, which counts as stale";
    case "young_enough":
    case "older_than_rule":
      return `its picture is ${age(Math.max(0, ageS ?? 0))} old`;
    default:
      return reason satisfies never;
  }
}

/** "active_conflict: at most 15811200 s (183 days)". */
export function describeRule({ classification, maxAgeS }: FreshnessRule): string {
  return `${classification}: at most ${maxAgeS} s (${daysOf(maxAgeS)})`;
}
