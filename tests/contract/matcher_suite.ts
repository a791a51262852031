/**
 * The contract suite that every cross-domain matcher must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import { matrixVector, seededRandom } from "../../src/core/mod.ts";
import type { MapSource } from "../../src/navigation/map/mod.ts";
import {
  type CrossDomainMatcher,
  type Match,
  type MatchOutcome,
  type PlaceHypothesis,
  turnClockwise,
} from "../../src/navigation/matcher/mod.ts";
import { openVision, type Picture, type VisionLibrary } from "../../src/native/vision/mod.ts";
import {
  cameraRotation,
  type CameraStand,
  GROUND_GSD_M,
  groundOf,
  LEVEL_NORTH,
  paintedGround,
  PictureMap,
  Scene,
} from "../unit/vision_scene.ts";

const HEIGHT_M = 100;
const SEED = "matcher suite";

/** What it opens for itself goes to `resources`, which are closed at the end of the test. */
type Make = (
  vision: VisionLibrary,
  map: MapSource,
  resources: AsyncDisposableStack,
) => CrossDomainMatcher | Promise<CrossDomainMatcher>;

/** What not every strategy can do. */
interface Supports {
  /** Dark on light is found as light on dark. */
  readonly reversedContrast: boolean;
}

interface Bench {
  readonly vision: VisionLibrary;
  readonly ground: Picture;
  readonly scene: Scene;
  readonly make: (map: MapSource) => Promise<CrossDomainMatcher>;
  readonly supports: Supports;
}

type Body = (bench: Bench) => Promise<void>;

/** The same for every test, and never written to. */
let ground: Picture | undefined;

export function matcherSuite(name: string, make: Make, supports: Supports): void {
  for (const [title, body] of Object.entries({ ...finding, ...refusing })) {
    Deno.test(`${name}: ${title}`, async () => {
      using vision = openVision();
      ground ??= paintedGround(SEED);
      using scene = new Scene(vision, ground);
      const idle = vision.liveHandles();
      await using resources = new AsyncDisposableStack();
      await body({
        vision,
        ground,
        scene,
        supports,
        make: async (map) => await make(vision, map, resources),
      });
      assert.equal(vision.liveHandles(), idle);
    });
  }
}

function hypothesisOf(believed: CameraStand): PlaceHypothesis {
  return {
    positionLocalM: believed.positionLocalM,
    localFromCamera: cameraRotation(believed.attitude),
    sigmaHorizontalM: 8,
    sigmaHeadingRad: 0.03,
    sigmaHeightM: 2,
  };
}

/** Metres between where the rays of the true camera meet the ground and where the match says. */
function misses(match: Match, truth: CameraStand): number[] {
  const rotation = cameraRotation(truth.attitude);
  const [eastM, northM, heightM] = truth.positionLocalM;
  return match.correspondences.map((point) => {
    const ray = matrixVector(rotation, [point.rayX, point.rayY, 1]);
    const t = (heightM - point.upM) / -ray[2];
    return Math.hypot(eastM + t * ray[0] - point.eastM, northM + t * ray[1] - point.northM);
  }).sort((a, b) => a - b);
}

function matched(outcome: MatchOutcome): Match {
  assert.ok(outcome.status === "matched", JSON.stringify(outcome));
  return outcome;
}

const TRUTH: CameraStand = {
  positionLocalM: [60, -45, HEIGHT_M],
  attitude: { rollDeg: 5, pitchDeg: -4, headingDeg: 130 },
};
/** 12 m, 2° and 2 m off. */
const BELIEVED: CameraStand = {
  positionLocalM: [67, -35, HEIGHT_M + 2],
  attitude: { ...TRUTH.attitude, headingDeg: 128 },
};

const finding: Record<string, Body> = {
  "match() finds the place, and tie points of the true camera": async ({ ground, scene, make }) => {
    const random = seededRandom(SEED);
    const matcher = await make(new PictureMap(ground));
    assert.notEqual(matcher.strategyLabel, "");
    for (let trial = 0; trial < 4; trial++) {
      const spread = (width: number) => width * (2 * random.uniform() - 1);
      const truth: CameraStand = {
        positionLocalM: [spread(120), spread(120), HEIGHT_M],
        attitude: { rollDeg: spread(8), pitchDeg: spread(8), headingDeg: spread(180) },
      };
      const [east, north, up] = truth.positionLocalM;
      const believed: CameraStand = {
        positionLocalM: [east + spread(12), north + spread(12), up + spread(2)],
        attitude: { ...truth.attitude, headingDeg: truth.attitude.headingDeg + spread(2.5) },
      };
      await using frame = await scene.frame(truth);
      const match = matched(await matcher.match(frame, hypothesisOf(believed)));
      const where = `seed "${SEED}", trial ${trial}, score ${match.score.toFixed(2)}`;
      assert.ok(match.score <= 1 && match.margin > 0, where);
      const off = misses(match, truth);
      assert.ok(off.length >= 8 && off[off.length >> 1] < 1.5, `${where}: median ${off} m`);
      const foot = Math.hypot(match.positionLocalM[0] - east, match.positionLocalM[1] - north);
      assert.ok(foot < 4, `${where}: first guess ${foot.toFixed(1)} m off`);
      assert.ok(match.gsdM >= GROUND_GSD_M && match.gsdM < 5);
    }
  },

  "match() finds the place on a map of other light, other woods and a corner that is missing":
    async ({ ground, scene, make, supports }) => {
      const reversed = (value: number) =>
        supports.reversedContrast ? 210 - 0.6 * value : 95 + 0.45 * value;
      const valid = new Uint8Array(ground.pixels.length).fill(255);
      const pixels = ground.pixels.map((value, i) => {
        const x = i % ground.widthPx, y = Math.floor(i / ground.widthPx);
        if (x > ground.widthPx / 2 + 80 / GROUND_GSD_M) {
          valid[i] = 0;
          return 0;
        }
        return Math.sin(x / 160) * Math.sin(y / 130) > 0 ? reversed(value) : 40 + 0.7 * value;
      });
      await using frame = await scene.frame(TRUTH);
      const matcher = await make(new PictureMap({ ...ground, pixels }, valid));
      const match = matched(await matcher.match(frame, hypothesisOf(BELIEVED)));
      const off = misses(match, TRUTH);
      assert.ok(off[off.length >> 1] < 1.5, `median of ${off} m`);
      for (const point of match.correspondences) {
        assert.ok(point.eastM < 80 + 10, "no tie point where there is no map");
      }
    },

  "refine() keeps what the search said, and does not lose the place": async (
    { ground, scene, make },
  ) => {
    await using frame = await scene.frame(TRUTH);
    const matcher = await make(new PictureMap(ground));
    const first = matched(await matcher.match(frame, hypothesisOf(BELIEVED)));
    const start: Match = {
      ...first,
      positionLocalM: TRUTH.positionLocalM,
      localFromCamera: cameraRotation(TRUTH.attitude),
    };
    const again = matched(await matcher.refine(frame, start));
    assert.equal(again.margin, first.margin);
    assert.equal(again.hypotheses, first.hypotheses);
    const before = misses(first, TRUTH), after = misses(again, TRUTH);
    assert.ok(after[after.length >> 1] <= before[before.length >> 1] + 0.1);
  },

  "the same input gives the same result and is not modified": async (
    { ground, scene, make },
  ) => {
    await using frame = await scene.frame(TRUTH);
    const matcher = await make(new PictureMap(ground));
    const hypothesis = hypothesisOf(BELIEVED), copy = structuredClone(hypothesis);
    const first = await matcher.match(frame, hypothesis);
    assert.deepEqual(hypothesis, copy);
    assert.deepEqual(await matcher.match(frame, hypothesis), first);
    const [a, b] = await Promise.all([
      matcher.match(frame, hypothesis),
      matcher.match(frame, hypothesis),
    ]);
    assert.deepEqual([a, b], [first, first], "and questions may overlap");
  },
};

const refusing: Record<string, Body> = {
  "where there is no map there is no match": async ({ ground, scene, make }) => {
    await using frame = await scene.frame(TRUTH);
    const far: CameraStand = { ...BELIEVED, positionLocalM: [9000, 9000, HEIGHT_M] };
    const outcome = await (await make(new PictureMap(ground))).match(frame, hypothesisOf(far));
    assert.ok(outcome.status === "no_match");
    assert.equal(outcome.reason, "no_map");
    const empty = new PictureMap(ground, new Uint8Array(ground.pixels.length));
    const blank = await (await make(empty)).match(frame, hypothesisOf(BELIEVED));
    assert.ok(blank.status === "no_match");
    assert.ok(["no_map", "no_overlap"].includes(blank.reason), blank.reason);
  },

  "a bare map, or a bare picture, is no match": async ({ vision, ground, scene, make }) => {
    const random = seededRandom(`${SEED} bare`);
    const bare = groundOf(640, () => 118 + 4 * random.uniform());
    await using frame = await scene.frame(TRUTH);
    const onBare = await (await make(new PictureMap(bare))).match(frame, hypothesisOf(BELIEVED));
    assert.equal(onBare.status, "no_match");
    using water = new Scene(vision, groundOf(640, () => 90));
    await using nothing = await water.frame(TRUTH);
    const ofBare = await (await make(new PictureMap(ground))).match(
      nothing,
      hypothesisOf(BELIEVED),
    );
    assert.equal(ofBare.status, "no_match");
  },

  "a pattern that repeats within the search is ambiguous": async ({ vision, make }) => {
    const crown = (x: number) => x - 12 * Math.round(x / 12);
    const plantation = groundOf(
      640,
      (e, n) => 70 + 130 * Math.exp(-(crown(e) ** 2 + crown(n) ** 2) / 8),
    );
    using scene = new Scene(vision, plantation);
    const truth: CameraStand = { positionLocalM: [3, -4, HEIGHT_M], attitude: LEVEL_NORTH };
    await using frame = await scene.frame(truth);
    const outcome = await (await make(new PictureMap(plantation))).match(
      frame,
      hypothesisOf(truth),
    );
    assert.equal(outcome.status, "no_match");
    assert.ok(outcome.margin < 0.1, `margin ${outcome.margin}`);
  },

  "another place has a smaller margin than the right one": async ({ ground, scene, make }) => {
    await using frame = await scene.frame(TRUTH);
    const matcher = await make(new PictureMap(ground));
    const right = await matcher.match(frame, hypothesisOf(BELIEVED));
    const elsewhere = hypothesisOf({ ...TRUTH, positionLocalM: [-150, 140, HEIGHT_M] });
    const wrong = await matcher.match(frame, {
      ...elsewhere,
      localFromCamera: turnClockwise(elsewhere.localFromCamera, 1),
    });
    assert.ok(wrong.margin < right.margin && wrong.score < right.score);
  },
};
