/**
 * Types and settings of the freshness rules (the interface of the gate is in tile_contract): how old a
 * tile may be where it lies, and what happens to it when it is older.
 *
 * @module
 */
import type {
  SectorBoundary,
  SectorClassification,
  TileMetadata,
} from "../../../tile_contract/mod.ts";

/** A tile older than this is stale; one of exactly this age is not. */
export interface FreshnessRule {
  readonly classification: SectorClassification;
  readonly maxAgeS: number;
}

/** Defaults for rules that are not set: six and twelve months. */
export const DEFAULT_MAX_AGE_S: Readonly<Record<SectorClassification, number>> = {
  active_conflict: 183 * 86_400,
  stable_rear: 365 * 86_400,
};

/**
 * A capture date may be this far ahead of the clock (a date without a time zone, a clock that is
 * slightly slow); it counts as age 0. If it is further ahead, the date or the clock is wrong: the
 * age is unknown, and the tile counts as stale.
 */
export const FUTURE_TOLERANCE_S = 86_400;

export type FreshnessOutcome = "fresh" | "downgraded" | "rejected";
export type FreshnessReason =
  | "young_enough"
  | "older_than_rule"
  | "no_capture_date"
  | "captured_in_the_future";

/** What is judged: a tile, by the box of its ground and the date of its picture. */
export type DatedTile = Pick<TileMetadata, "tileId" | "capturedAt">;

export interface FreshnessJudgement {
  readonly outcome: FreshnessOutcome;
  readonly reason: FreshnessReason;
  /**
   * Negative when the capture is later than the moment of judgement; null when there is no date.
   */
  readonly ageS: number | null;
  /** The rule that decided the outcome. */
  readonly rule: FreshnessRule;
  /** All sectors that the tile touches; when there are none, the tile lies in the stable rear. */
  readonly sectors: readonly SectorBoundary[];
  /**
   * The last moment at which a tile in a conflict sector is still accepted. null: it is never
   * refused (it is in no conflict sector), or always (see `outcome`), because it has no usable
   * date.
   */
  readonly refusedAfter: Date | null;
}
