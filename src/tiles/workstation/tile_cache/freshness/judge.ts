/**
 * Judges one tile from sectors, rules, its capture date and a moment in time; a pure function.
 *
 * @module
 */
import {
  SECTOR_CLASSIFICATIONS,
  type SectorBoundary,
  type SectorClassification,
} from "../../../tile_contract/mod.ts";
import {
  type FreshnessJudgement,
  type FreshnessOutcome,
  type FreshnessReason,
  type FreshnessRule,
  FUTURE_TOLERANCE_S,
} from "./contract.ts";

const SEVERITY: readonly FreshnessOutcome[] = ["fresh", "downgraded", "rejected"];

/**
 * Judges by every rule that applies and returns the most severe outcome; among equal ones, that of
 * the stricter classification. With rules that are stricter where it is more dangerous (as the
 * default ones are) this means that the stricter rule wins.
 */
export function judge(
  sectors: readonly SectorBoundary[],
  rules: Readonly<Record<SectorClassification, number>>,
  capturedAt: Date | null,
  at: Date,
): FreshnessJudgement {
  const ageMs = capturedAt === null ? null : at.getTime() - capturedAt.getTime();
  const applying = SECTOR_CLASSIFICATIONS.filter((classification) =>
    sectors.some((sector) => sector.classification === classification)
  );
  const verdicts = (applying.length === 0 ? ["stable_rear" as const] : applying)
    .map((classification) => verdict({ classification, maxAgeS: rules[classification] }, ageMs));
  const [worst] = verdicts.sort((a, b) =>
    SEVERITY.indexOf(b.outcome) - SEVERITY.indexOf(a.outcome) ||
    SECTOR_CLASSIFICATIONS.indexOf(a.rule.classification) -
      SECTOR_CLASSIFICATIONS.indexOf(b.rule.classification)
  );
  const refusable = applying.includes("active_conflict") && capturedAt !== null;
  return {
    ...worst,
    ageS: ageMs === null ? null : ageMs / 1000,
    sectors,
    refusedAfter: refusable ? new Date(capturedAt.getTime() + rules.active_conflict * 1000) : null,
  };
}

function verdict(
  rule: FreshnessRule,
  ageMs: number | null,
): { rule: FreshnessRule; outcome: FreshnessOutcome; reason: FreshnessReason } {
  const reason = reasonFor(rule, ageMs);
  if (reason === "young_enough") return { rule, outcome: "fresh", reason };
  const refuses = rule.classification === "active_conflict";
  return { rule, outcome: refuses ? "rejected" : "downgraded", reason };
}

function reasonFor(rule: FreshnessRule, ageMs: number | null): FreshnessReason {
  if (ageMs === null) return "no_capture_date";
  if (ageMs < -FUTURE_TOLERANCE_S * 1000) return "captured_in_the_future";
  return ageMs > rule.maxAgeS * 1000 ? "older_than_rule" : "young_enough";
}
