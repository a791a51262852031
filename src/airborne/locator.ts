/**
 * From a frame and the camera's prior to a fix: place recognition (C2), matching (C3) of the best
 * places, pose (C4).
 *
 * @module
 */
import type { Matrix3, MonotonicNs, Quaternion, Vector3 } from "../core/mod.ts";
import type {
  CrossDomainMatcher,
  Match,
  MatchOutcome,
  PlaceHypothesis,
} from "../navigation/matcher/mod.ts";
import type {
  PlaceRecogniser,
  PlaceScores,
  Proposal,
} from "../navigation/place_recognition/mod.ts";
import type { PoseFix, PoseOutcome, PoseSolver } from "../navigation/pose/mod.ts";
import type { VisionFrame } from "../native/vision/mod.ts";
import type { CameraPrior } from "./camera_prior.ts";
import { StageClock } from "./stage_clock.ts";
import type { WorkLimits } from "./work_limits.ts";

/** Where one frame was taken by picture and map, or why that was not found. */
export interface Location {
  /** null when no place on the map holds. */
  readonly fix: PoseFix | null;
  /** Why not; empty with a fix. */
  readonly reason: string;
  readonly score: number;
  readonly margin: number;
  readonly inliers: number;
  readonly method: Proposal["method"];
  /** Of all places that a search compared. */
  readonly scores?: PlaceScores;
}

export const NO_LOCATION: Location = {
  fix: null,
  reason: "",
  score: -1,
  margin: 0,
  inliers: 0,
  method: "prior",
};

export interface LocatorParts {
  readonly recogniser: PlaceRecogniser;
  readonly matcher: CrossDomainMatcher;
  readonly solver: PoseSolver;
}

interface LocatorOptions {
  /** How many hypotheses of a search the matcher looks at. */
  readonly rerank: number;
  /** A second look when the residual exceeds this many map pixels. */
  readonly refineResidualPx: number;
  /** What the computer allows now: K and N at most. */
  readonly limits?: () => Pick<WorkLimits, "candidates" | "rerank">;
  /** Where its stages count; absent: a clock of its own. */
  readonly stages?: StageClock;
}

/** Attitude knowledge that the pose is checked against, apart from where it was sought. */
type Expected = Pick<CameraPrior, "sigmaTiltRad" | "sigmaHeadingRad" | "sigmaHeightM"> & {
  readonly localFromCamera: Matrix3;
  readonly heightM: number;
};

export class Locator {
  readonly #parts: LocatorParts;
  readonly #options: LocatorOptions;

  /** Counts what its stages cost; whoever has a frame's whole turn counts the others on it. */
  readonly stages: StageClock;

  constructor(parts: LocatorParts, options: LocatorOptions) {
    this.#parts = parts;
    this.#options = options;
    this.stages = options.stages ?? new StageClock();
  }

  /** Searches where the prior allows; the best of the hypotheses that hold. */
  async locate(
    frame: VisionFrame,
    timeNs: MonotonicNs,
    prior: CameraPrior,
    bodyFromCamera: Quaternion,
  ): Promise<Location> {
    const { recogniser } = this.#parts;
    const limits = this.#options.limits?.();
    const proposal = await this.stages.during(
      "recognition",
      () => recogniser.propose(frame, prior, limits?.candidates),
    );
    let best: Location = { ...NO_LOCATION, reason: "no_candidate", method: proposal.method };
    const searched = proposal.method !== "prior";
    const count = searched ? Math.min(this.#options.rerank, limits?.rerank ?? Infinity) : 1;
    const rivals: { readonly place: Vector3; readonly score: number }[] = [];
    for (const hypothesis of proposal.hypotheses.slice(0, count)) {
      const expected = expectedOf(prior, searched ? hypothesis : prior);
      const location = await this.#examine(
        frame,
        timeNs,
        hypothesis,
        expected,
        bodyFromCamera,
        proposal.method,
      );
      const place = location.fix?.posterior.positionLocalM ?? hypothesis.positionLocalM;
      rivals.push({ place, score: location.score });
      if (isBetter(location, best)) best = location;
    }
    if (!searched) return best;
    return { ...best, margin: marginOver(best, rivals), scores: proposal.scores };
  }

  /** A search without a look at what it finds. */
  async scores(frame: VisionFrame, prior: CameraPrior): Promise<PlaceScores | null> {
    const { recogniser } = this.#parts;
    const search = () => recogniser.propose(frame, prior, 1);
    return (await this.stages.during("recognition", search)).scores ?? null;
  }

  async #examine(
    frame: VisionFrame,
    timeNs: MonotonicNs,
    hypothesis: PlaceHypothesis,
    expected: Expected,
    bodyFromCamera: Quaternion,
    method: Proposal["method"],
  ): Promise<Location> {
    const { matcher } = this.#parts;
    const outcome = await this.stages.during("matching", () => matcher.match(frame, hypothesis));
    if (outcome.status === "no_match") return failed(outcome, outcome.reason, method);
    const ask = (match: Match) =>
      this.stages.during("pose", () =>
        this.#parts.solver.solve({
          timeNs,
          correspondences: match.correspondences,
          guess: match,
          gsdM: match.gsdM,
          bodyFromCamera,
          expected,
        }));
    let pose: PoseOutcome = await ask(outcome);
    if (pose.status === "fix" && pose.residualM > this.#options.refineResidualPx * outcome.gsdM) {
      pose = await this.#secondLook(frame, outcome, pose, ask);
    }
    if (pose.status === "rejected") return failed(outcome, pose.reason, method);
    return {
      fix: pose,
      reason: "",
      score: outcome.score,
      margin: outcome.margin,
      inliers: pose.inliers,
      method,
    };
  }

  /** C3.5: any failure inside keeps the first pose. */
  async #secondLook(
    frame: VisionFrame,
    match: Match,
    pose: PoseFix,
    ask: (match: Match) => Promise<PoseOutcome>,
  ): Promise<PoseFix> {
    const again = await this.stages.during("matching", () =>
      this.#parts.matcher.refine(frame, {
        ...match,
        positionLocalM: pose.posterior.positionLocalM,
        localFromCamera: pose.localFromCamera,
      }));
    if (again.status === "no_match") return pose;
    const refined = await ask(again);
    return refined.status === "fix" && refined.inliers >= pose.inliers ? refined : pose;
  }
}

/** A search may have turned the picture round: its own rotation is then the expectation. */
function expectedOf(prior: CameraPrior, at: PlaceHypothesis): Expected {
  return {
    localFromCamera: at.localFromCamera,
    heightM: prior.positionLocalM[2],
    sigmaHeightM: prior.sigmaHeightM,
    sigmaTiltRad: prior.sigmaTiltRad,
    sigmaHeadingRad: Math.min(prior.sigmaHeadingRad, at.sigmaHeadingRad * 2),
  };
}

/** Candidates further apart than this share of the height are different places. */
const APART_SHARE = 0.25;

/** Margin over the best candidate at another place: neighbours may well have found the same one. */
function marginOver(
  best: Location,
  rivals: readonly { readonly place: Vector3; readonly score: number }[],
): number {
  if (best.fix === null) return best.margin;
  const [east, north, heightM] = best.fix.posterior.positionLocalM;
  const others = rivals.filter(({ place }) =>
    Math.hypot(place[0] - east, place[1] - north) > APART_SHARE * heightM
  );
  return Math.min(best.margin, best.score - Math.max(0, ...others.map((rival) => rival.score)));
}

function failed(
  outcome: MatchOutcome,
  reason: string,
  method: Proposal["method"],
): Location {
  return {
    fix: null,
    reason,
    score: outcome.score,
    margin: outcome.margin,
    inliers: 0,
    method,
  };
}

function isBetter(a: Location, b: Location): boolean {
  if ((a.fix === null) !== (b.fix === null)) return a.fix !== null;
  if (a.fix !== null && b.fix !== null) return quality(a.fix) > quality(b.fix);
  return a.score > b.score;
}

/** Agreeing tie points, less what does not agree: a wrong place has few of the first. */
function quality(fix: PoseFix): number {
  return fix.inliers - 0.5 * (fix.points - fix.inliers) - fix.residualM;
}
