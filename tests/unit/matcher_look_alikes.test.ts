/** Ground of one patch, repeated: what the frame shows is at several places within the search. */
import assert from "node:assert/strict";
import {
  FeatureMatcher,
  FeaturesConfigSchema,
  type PlaceHypothesis,
  SiftExtractor,
} from "../../src/navigation/matcher/mod.ts";
import { openVision, type Picture } from "../../src/native/vision/mod.ts";
import {
  cameraRotation,
  type CameraStand,
  GROUND_GSD_M,
  groundOf,
  paintedGround,
  PictureMap,
  Scene,
} from "./vision_scene.ts";

const CONFIG = FeaturesConfigSchema.parse({});
const SIDE_M = 400;

/** The painted ground's first metres, again and again to the east, and to the north where asked for. */
function repeated(painted: Picture, eastM: number, northM = SIDE_M): Picture {
  const pixel = (m: number, periodM: number) =>
    Math.floor(((m + SIDE_M / 2) % periodM) / GROUND_GSD_M);
  return groundOf(
    SIDE_M,
    (e, n) => painted.pixels[pixel(n, northM) * painted.widthPx + pixel(e, eastM)],
  );
}

const TRUTH: CameraStand = {
  positionLocalM: [12, -9, 100],
  attitude: { rollDeg: 2, pitchDeg: -1, headingDeg: 20 },
};

/** The prior is 8 m off, and unsure enough for the next patch to be in reach. */
const HYPOTHESIS: PlaceHypothesis = {
  positionLocalM: [18, -14, 101],
  localFromCamera: cameraRotation(TRUTH.attitude),
  sigmaHorizontalM: 15,
  sigmaHeadingRad: 0.02,
  sigmaHeightM: 2,
};

Deno.test("features: ground that repeats is ambiguous, in one direction and in both", async () => {
  using vision = openVision();
  const painted = paintedGround("repeated", SIDE_M);
  for (
    const [ground, expected] of [
      [painted, ["matched"]],
      [repeated(painted, 33), ["ambiguous"]],
      [repeated(painted, 40), ["ambiguous"]],
      [repeated(painted, 33, 33), ["ambiguous", "weak"]],
      [repeated(painted, 40, 40), ["ambiguous", "weak"]],
    ] as const
  ) {
    using scene = new Scene(vision, ground);
    await using frame = await scene.frame(TRUTH);
    const map = new PictureMap(ground);
    const matcher = new FeatureMatcher(vision, map, new SiftExtractor(vision, CONFIG), CONFIG);
    const outcome = await matcher.match(frame, HYPOTHESIS);
    const found: string = outcome.status === "matched" ? outcome.status : outcome.reason;
    const [east, north] = outcome.status === "matched" ? outcome.positionLocalM : [];
    assert.ok(expected.some((each) => each === found), `${found} ${east} ${north}`);
  }
});
