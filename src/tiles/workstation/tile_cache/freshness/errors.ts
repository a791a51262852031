/**
 * Errors of the freshness rules.
 *
 * @module
 */
import { EXIT } from "../../../../core/mod.ts";
import {
  type SectorClassification,
  TileCacheError,
  type TileId,
  tileKey,
} from "../../../tile_contract/mod.ts";
import type { FreshnessJudgement, FreshnessRule } from "./contract.ts";
import { describeReason, describeRule } from "./describe.ts";

/** A tile is too old for the conflict sector that it lies in. Nothing was written. Exit 65. */
export class FreshnessRejectionError extends TileCacheError {
  readonly tileId: TileId;
  /** null: it has no capture date. */
  readonly ageS: number | null;
  readonly classification: SectorClassification;
  readonly rule: FreshnessRule;

  constructor(tileId: TileId, judgement: FreshnessJudgement) {
    const { rule, ageS, sectors } = judgement;
    const names = sectors.filter((sector) => sector.classification === rule.classification)
      .map((sector) => `"${sector.name}"`).join(", ");
    super(
      "FRESHNESS_REJECTION",
      `Cannot accept tile ${tileKey(tileId)}: ${describeReason(judgement)}; it lies in ${names}, ` +
        `${describeRule(rule)}; use newer imagery, state its date with --captured-at where it is ` +
        "missing, or correct the sector (`operator cache sector ls`)",
      { exitCode: EXIT.data },
    );
    this.tileId = tileId;
    this.ageS = ageS;
    this.classification = rule.classification;
    this.rule = rule;
  }
}
