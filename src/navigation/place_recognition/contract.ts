/**
 * C2: place recognition. Where on the map may this frame have been taken?
 *
 * @module
 */
import type { PlaceHypothesis } from "../matcher/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { PlaceScores } from "./place_evidence.ts";

/** Hypotheses to be matched, best first; empty when the map holds nothing like the frame. */
export interface Proposal {
  readonly hypotheses: readonly PlaceHypothesis[];
  /** `prior`: around the estimate. Others searched the map and need a second opinion. */
  readonly method: "prior" | "exhaustive" | "vlad";
  /** Of every place that an exhaustive search compared. */
  readonly scores?: PlaceScores;
}

export interface PlaceRecogniser {
  readonly strategyLabel: string;
  /** `prior` may be as wide as the map; a search names at most `candidatesMax` places. */
  propose(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    candidatesMax?: number,
  ): Promise<Proposal>;
}
