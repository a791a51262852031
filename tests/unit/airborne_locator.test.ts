import assert from "node:assert/strict";
import type { MonotonicNs } from "../../src/core/mod.ts";
import type { CameraPrior } from "../../src/airborne/camera_prior.ts";
import { Locator, type LocatorParts } from "../../src/airborne/locator.ts";
import type { Match, MatchOutcome, PlaceHypothesis } from "../../src/navigation/matcher/mod.ts";
import type { Proposal } from "../../src/navigation/place_recognition/mod.ts";
import type { PoseFix, PoseOutcome, PoseRequest } from "../../src/navigation/pose/mod.ts";
import type { VisionFrame } from "../../src/native/vision/mod.ts";
import { CALIBRATION, cameraRotation, LEVEL_NORTH } from "./vision_scene.ts";

const TIME_NS = 5e9 as MonotonicNs;
/** The parts of these tests look at no picture. */
const FRAME = null as unknown as VisionFrame;
const HEIGHT_M = 100;

const PRIOR: CameraPrior = {
  positionLocalM: [0, 0, HEIGHT_M],
  heightM: HEIGHT_M,
  localFromCamera: cameraRotation(LEVEL_NORTH),
  sigmaHorizontalM: 100,
  sigmaHeightM: 3,
  sigmaTiltRad: 0.02,
  sigmaHeadingRad: 0.05,
};

/** A place on the line north = 0, and how well the frame fits there. */
interface Spot {
  readonly eastM: number;
  readonly score: number;
  readonly margin?: number;
  /** Tie points of 20 that agree; null: the pose is rejected. */
  readonly inliers?: number | null;
  readonly matched?: boolean;
  readonly residualM?: number;
}

interface Asked {
  readonly matches: PlaceHypothesis[];
  readonly refines: Match[];
  readonly poses: PoseRequest[];
}

function partsOf(
  spots: readonly Spot[],
  method: Proposal["method"],
  refined?: Spot,
): { parts: LocatorParts; asked: Asked } {
  const asked: Asked = { matches: [], refines: [], poses: [] };
  const matchOf = (spot: Spot): MatchOutcome => {
    const quality = { score: spot.score, margin: spot.margin ?? 0.5, hypotheses: 1 };
    if (spot.matched === false) return { status: "no_match", reason: "ambiguous", ...quality };
    return {
      status: "matched",
      ...quality,
      correspondences: [],
      positionLocalM: [spot.eastM, 0, HEIGHT_M],
      localFromCamera: PRIOR.localFromCamera,
      gsdM: 1,
    };
  };
  const current: { spot: Spot } = { spot: spots[0] };
  const parts: LocatorParts = {
    recogniser: {
      strategyLabel: "listed",
      propose: (_frame, prior) =>
        Promise.resolve({
          method,
          hypotheses: spots.map((spot) => ({
            ...prior,
            positionLocalM: [spot.eastM, 0, HEIGHT_M],
            sigmaHeadingRad: 0.01,
          })),
        }),
    },
    matcher: {
      strategyLabel: "listed",
      match: (_frame, hypothesis) => {
        asked.matches.push(hypothesis);
        current.spot = spots.find((spot) => spot.eastM === hypothesis.positionLocalM[0])!;
        return Promise.resolve(matchOf(current.spot));
      },
      refine: (_frame, match) => {
        asked.refines.push(match);
        assert.ok(refined !== undefined, "no second look was expected");
        current.spot = refined;
        return Promise.resolve(matchOf(refined));
      },
    },
    solver: {
      solve: (request) => {
        asked.poses.push(request);
        return Promise.resolve(poseOf(current.spot));
      },
    },
  };
  return { parts, asked };
}

function poseOf(spot: Spot): PoseOutcome {
  if (spot.inliers === null) return { status: "rejected", reason: "tilt", detail: "made up" };
  const pose = {
    positionLocalM: [spot.eastM, 0, HEIGHT_M] as const,
    localFromBody: [1, 0, 0, 0] as const,
    covariance: new Float64Array(36),
  };
  return {
    status: "fix",
    timeNs: TIME_NS,
    posterior: pose,
    measurementOnly: pose,
    localFromCamera: PRIOR.localFromCamera,
    inliers: spot.inliers ?? 15,
    points: 20,
    residualM: spot.residualM ?? 0.5,
  };
}

async function locate(
  spots: readonly Spot[],
  options: { method?: Proposal["method"]; rerank?: number; refined?: Spot } = {},
) {
  const { method = "exhaustive", rerank = 3, refined } = options;
  const { parts, asked } = partsOf(spots, method, refined);
  const locator = new Locator(parts, { rerank, refineResidualPx: 1.2 });
  const location = await locator.locate(FRAME, TIME_NS, PRIOR, CALIBRATION.bodyFromCamera);
  return { location, asked };
}

function eastOf(fix: PoseFix | null): number | undefined {
  return fix?.posterior.positionLocalM[0];
}

Deno.test("locate() says so when there is no candidate at all", async () => {
  const { location } = await locate([]);
  assert.equal(location.fix, null);
  assert.equal(location.reason, "no_candidate");
  assert.equal(location.method, "exhaustive");
});

Deno.test("locate() matches once around a good prior, whatever is proposed besides", async () => {
  const spots = [{ eastM: 0, score: 0.6, margin: 0.3 }, { eastM: 80, score: 0.9 }];
  const { location, asked } = await locate(spots, { method: "prior" });
  assert.equal(asked.matches.length, 1);
  assert.equal(eastOf(location.fix), 0);
  assert.equal(location.margin, 0.3, "the matcher's own margin");
  assert.equal(location.method, "prior");
});

Deno.test("locate() takes the candidate whose tie points agree best, of as many as it may look at", async () => {
  const spots = [
    { eastM: 0, score: 0.5, inliers: 9 },
    { eastM: 200, score: 0.45, inliers: 18 },
    { eastM: 400, score: 0.4, inliers: null },
    { eastM: 600, score: 0.9, inliers: 20 },
  ];
  const { location, asked } = await locate(spots, { rerank: 3 });
  assert.equal(asked.matches.length, 3);
  assert.equal(eastOf(location.fix), 200);
  assert.equal(location.inliers, 18);
  const all = await locate(spots, { rerank: 4 });
  assert.equal(eastOf(all.location.fix), 600);
});

Deno.test("locate() measures the margin over the best candidate at another place", async () => {
  const rival = { eastM: 300, score: 0.55, inliers: 10 };
  const best = { eastM: 0, score: 0.6, inliers: 18 };
  const two = await locate([best, rival]);
  assert.ok(Math.abs(two.location.margin - 0.05) < 1e-9, `${two.location.margin}`);
  // The neighbour found the same place: it is no rival.
  const neighbour = await locate([best, { ...rival, eastM: 3 }]);
  assert.equal(neighbour.location.margin, 0.5);
  // A rival without a pose is a rival all the same: it looks as good.
  const posed = await locate([best, { ...rival, inliers: null }]);
  assert.ok(Math.abs(posed.location.margin - 0.05) < 1e-9);
  const unmatched = await locate([best, { ...rival, matched: false }]);
  assert.ok(Math.abs(unmatched.location.margin - 0.05) < 1e-9);
  // Better correlation elsewhere gives a negative margin.
  const worse = await locate([best, { ...rival, score: 0.8 }]);
  assert.ok(worse.location.margin < 0);
});

Deno.test("locate() reports why the best candidate failed", async () => {
  const spots = [
    { eastM: 0, score: 0.3, matched: false },
    { eastM: 200, score: 0.5, inliers: null },
  ];
  const { location } = await locate(spots);
  assert.equal(location.fix, null);
  assert.equal(location.reason, "tilt");
  assert.equal(location.score, 0.5);
  const { location: unmatched } = await locate(spots.slice(0, 1));
  assert.equal(unmatched.reason, "ambiguous");
});

Deno.test("locate() expects what the candidate found of the heading, and the prior's own around a prior", async () => {
  const searched = await locate([{ eastM: 50, score: 0.5 }]);
  const [request] = searched.asked.poses;
  assert.ok(request.expected.sigmaHeadingRad < PRIOR.sigmaHeadingRad);
  assert.equal(request.expected.heightM, HEIGHT_M);
  assert.equal(request.timeNs, TIME_NS);
  const near = await locate([{ eastM: 0, score: 0.5 }], { method: "prior" });
  assert.equal(near.asked.poses[0].expected.sigmaHeadingRad, PRIOR.sigmaHeadingRad);
});

Deno.test("locate() looks a second time when the residual is large, and keeps the better pose", async () => {
  const rough = { eastM: 0, score: 0.5, inliers: 12, residualM: 3 };
  const better = await locate([rough], { refined: { ...rough, eastM: 1, inliers: 17 } });
  assert.equal(better.asked.refines.length, 1);
  assert.equal(eastOf(better.location.fix), 1);
  for (
    const poor of [
      { ...rough, eastM: 1, inliers: 9 },
      { ...rough, eastM: 1, inliers: null },
      { ...rough, eastM: 1, matched: false },
    ]
  ) {
    const kept = await locate([rough], { refined: poor });
    assert.equal(eastOf(kept.location.fix), 0);
    assert.equal(kept.location.inliers, 12);
  }
  const fine = await locate([{ ...rough, residualM: 0.4 }]);
  assert.equal(fine.asked.refines.length, 0);
});
