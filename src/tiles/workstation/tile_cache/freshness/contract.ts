/**
 * Freshness in detail (the gate's own contract is in tile_contract): how old a tile may be where it lies,
 * and what becomes of it when it is older.
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

/** What applies where nobody has set anything else: six and twelve months. */
export const DEFAULT_MAX_AGE_S: Readonly<Record<SectorClassification, number>> = {
  active_conflict: 183 * 86_400,
  stable_rear: 365 * 86_400,
};

/**
 * A capture date may lie this far ahead of the clock (a date without a time zone, a clock that is a
 * little slow) and counts as age 0. One that lies further ahead says that the date or the clock is
 * wrong: nobody knows the age, and the tile counts as stale.
 */
export const FUTURE_TOLERANCE_S = 86_400;

export type FreshnessOutcome = "fresh" | "downgraded" | "rejected";
export type FreshnessReason =
  | "young_enough"
  | "older_than_rule"
  | "no_capture_date"
  | "captured_in_the_future";

/** What is asked about: a tile, by the box of its ground and the day of its picture. */
export type DatedTile = Pick<TileMetadata, "tileId" | "capturedAt">;

export interface FreshnessJudgement {
  readonly outcome: FreshnessOutcome;
  readonly reason: FreshnessReason;
  /** Negative where the capture lies after the moment of judgement; null where it has no date. */
  readonly ageS: number | null;
  /** The rule that decided. */
  readonly rule: FreshnessRule;
  /** All sectors that the tile touches; none: the tile lies in the stable rear. */
  readonly sectors: readonly SectorBoundary[];
  /**
   * The last moment at which a tile of a conflict sector is not refused. null: it never is (it lies
   * in no conflict sector), or it is at any moment (`outcome` says so) for it has no usable date.
   */
  readonly refusedAfter: Date | null;
}
