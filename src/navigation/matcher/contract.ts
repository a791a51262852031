/**
 * C3: the cross-domain matcher. Finds the ground of a frame on a map that is years older.
 *
 * @module
 */
import type { Matrix3, Vector3 } from "../../core/mod.ts";
import type { RayAndGround, Relief, VisionFrame } from "../../native/vision/mod.ts";

/** Where a frame may have been taken, and how sure that is. Local frame. */
export interface PlaceHypothesis {
  readonly positionLocalM: Vector3;
  readonly localFromCamera: Matrix3;
  /** Semi-major 1 sigma, metres. */
  readonly sigmaHorizontalM: number;
  readonly sigmaHeadingRad: number;
  readonly sigmaHeightM: number;
  /** Of the ground over the plane that the height counts from, from the foot point; absent: flat. */
  readonly relief?: Relief;
}

/** What the correlation said, right or wrong. */
export interface MatchQuality {
  /** Normalised correlation of the best place, −1 to 1. */
  readonly score: number;
  /** Best less second best place. */
  readonly margin: number;
  readonly hypotheses: number;
}

export interface Match extends MatchQuality {
  readonly status: "matched";
  /** Rays of the frame and where they meet the map's ground, local metres. */
  readonly correspondences: readonly RayAndGround[];
  /** First guess of the camera's pose, from the correlation alone. */
  readonly positionLocalM: Vector3;
  readonly localFromCamera: Matrix3;
  /** One pixel of the finest map resolution used, metres. */
  readonly gsdM: number;
}

export interface NoMatch extends MatchQuality {
  readonly status: "no_match";
  readonly reason: "no_map" | "no_overlap" | "weak" | "ambiguous" | "few_tie_points";
}

export type MatchOutcome = Match | NoMatch;

export interface CrossDomainMatcher {
  readonly strategyLabel: string;
  match(frame: VisionFrame, hypothesis: PlaceHypothesis): Promise<MatchOutcome>;
  /** A second look from a pose that is already good (C3.5): no search, only finer tie points. */
  refine(
    frame: VisionFrame,
    match: Match & Pick<PlaceHypothesis, "relief">,
  ): Promise<MatchOutcome>;
}
