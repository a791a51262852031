/**
 * The contract suite that every place recogniser must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import type { MapSource } from "../../src/navigation/map/mod.ts";
import type { PlaceHypothesis } from "../../src/navigation/matcher/mod.ts";
import type { PlaceRecogniser, Proposal } from "../../src/navigation/place_recognition/mod.ts";
import { openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import {
  cameraRotation,
  type CameraStand,
  paintedGround,
  PictureMap,
  Scene,
} from "../unit/vision_scene.ts";

const SEED = "place suite";
const HEIGHT_M = 110;
/** What a recogniser may be off by: the matcher searches on from there. */
const NEAR_M = 40;

/** A recogniser over a map, and what it owns. */
export interface RecogniserPlace extends AsyncDisposable {
  readonly recogniser: PlaceRecogniser;
}

export type MakeRecogniser = (vision: VisionLibrary, map: MapSource) => Promise<RecogniserPlace>;

type Body = (recogniser: PlaceRecogniser, scene: Scene) => Promise<void>;

/** What not every descriptor can do. */
interface Supports {
  /** Descriptors stand the half of a turn step that a search without a heading leaves. */
  readonly unknownHeading: boolean;
}

export function placeRecogniserSuite(
  name: string,
  make: MakeRecogniser,
  supports: Supports = { unknownHeading: true },
): void {
  for (const [title, body] of Object.entries(bodies)) {
    if (title === UNKNOWN_HEADING && !supports.unknownHeading) continue;
    Deno.test(`${name}: ${title}`, async () => {
      using vision = openVision();
      const ground = paintedGround(SEED, 400);
      {
        using scene = new Scene(vision, ground);
        await using place = await make(vision, new PictureMap(ground));
        await body(place.recogniser, scene);
      }
      assert.equal(vision.liveHandles(), 0);
    });
  }
}

function wide(believed: CameraStand, change: Partial<PlaceHypothesis> = {}): PlaceHypothesis {
  return {
    positionLocalM: [0, 0, believed.positionLocalM[2]],
    localFromCamera: cameraRotation(believed.attitude),
    sigmaHorizontalM: 60,
    sigmaHeadingRad: 0.05,
    sigmaHeightM: 1,
    ...change,
  };
}

function distances(proposal: Proposal, truth: CameraStand): number[] {
  return proposal.hypotheses.map(({ positionLocalM: [east, north] }) =>
    Math.hypot(east - truth.positionLocalM[0], north - truth.positionLocalM[1])
  );
}

const UNKNOWN_HEADING = "an unknown heading is searched, too";

const bodies: Record<string, Body> = {
  "the true place is among the hypotheses of a wide prior": async (recogniser, scene) => {
    assert.notEqual(recogniser.strategyLabel, "");
    const random = seededRandom(SEED);
    const spread = (width: number) => width * (2 * random.uniform() - 1);
    const trials = 5;
    let first = 0, found = 0;
    for (let trial = 0; trial < trials; trial++) {
      const truth: CameraStand = {
        positionLocalM: [spread(75), spread(75), HEIGHT_M],
        attitude: { rollDeg: spread(5), pitchDeg: spread(5), headingDeg: spread(180) },
      };
      const { attitude } = truth;
      const believed: CameraStand = {
        positionLocalM: [0, 0, HEIGHT_M + spread(1)],
        attitude: { ...attitude, headingDeg: attitude.headingDeg + spread(3) },
      };
      await using frame = await scene.frame(truth);
      const prior = wide(believed);
      const proposal = await recogniser.propose(frame, prior);
      assert.notEqual(proposal.method, "prior");
      const off = distances(proposal, truth);
      if (off[0] < NEAR_M) first++;
      if (off.some((value) => value < NEAR_M)) found++;
      for (const hypothesis of proposal.hypotheses) {
        assert.ok(hypothesis.sigmaHorizontalM < prior.sigmaHorizontalM, "a search narrows");
        assert.ok(hypothesis.sigmaHeadingRad <= prior.sigmaHeadingRad);
        assert.ok(Math.abs(hypothesis.positionLocalM[2] / HEIGHT_M - 1) < 0.15);
        assert.ok(hypothesis.localFromCamera.every(Number.isFinite));
      }
    }
    assert.ok(found >= trials - 1, `seed "${SEED}": among the hypotheses ${found} of ${trials}`);
    assert.ok(first >= trials / 2, `seed "${SEED}": first ${first} of ${trials}`);
  },

  [UNKNOWN_HEADING]: async (recogniser, scene) => {
    const truth: CameraStand = {
      positionLocalM: [-60, 70, HEIGHT_M],
      attitude: { rollDeg: 1, pitchDeg: -1, headingDeg: 215 },
    };
    await using frame = await scene.frame(truth);
    const prior = wide({ ...truth, attitude: { rollDeg: 0, pitchDeg: 0, headingDeg: 0 } }, {
      sigmaHeadingRad: Math.PI,
      sigmaHeightM: 0.5,
    });
    const proposal = await recogniser.propose(frame, prior);
    const off = distances(proposal, truth);
    const right = proposal.hypotheses.find((_, i) => off[i] < NEAR_M);
    assert.ok(right !== undefined, `${off}`);
    // The top of the picture points along the heading: minus the second column of the rotation.
    const found = Math.atan2(-right.localFromCamera[1], -right.localFromCamera[4]);
    const error = Math.abs(((found * 180 / Math.PI - 215) % 360 + 540) % 360 - 180);
    assert.ok(error < 20, `heading ${error.toFixed(1)}° off`);
  },

  "the same input gives the same result, best first and without repetition": async (
    recogniser,
    scene,
  ) => {
    const truth: CameraStand = {
      positionLocalM: [70, 20, HEIGHT_M],
      attitude: { rollDeg: 0, pitchDeg: 3, headingDeg: 40 },
    };
    await using frame = await scene.frame(truth);
    const prior = wide(truth), copy = structuredClone(prior);
    const proposal = await recogniser.propose(frame, prior);
    assert.deepEqual(prior, copy);
    assert.deepEqual(await recogniser.propose(frame, prior), proposal);
    const keys = proposal.hypotheses.map((hypothesis) => JSON.stringify(hypothesis));
    assert.equal(new Set(keys).size, keys.length);
    assert.ok(keys.length >= 1 && keys.length <= 100);
  },
};
