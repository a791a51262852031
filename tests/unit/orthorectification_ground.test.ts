import assert from "node:assert/strict";
import {
  BODY_FROM_NADIR_CAMERA,
  LocalFrame,
  localFromBody,
  type Matrix3,
  matrixVector,
  quaternionMultiply,
  type Random,
  seededRandom,
  tileFromWgs,
  wgsFromWorldPixel,
} from "../../src/core/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import {
  type CameraView,
  frameFootprint,
  groundFromPixel,
  groundHomography,
  pixelFromGround,
  tileProjection,
} from "../../src/tiles/orthorectification/mod.ts";

const SEED = "orthorectification";

const vision = openVision();
Deno.test.afterAll(() => vision[Symbol.dispose]());

function randomView(random: Random, distorted: boolean): CameraView {
  const focal = 900 + 300 * random.uniform();
  const small = () => distorted ? random.normal() : 0;
  return {
    calibration: {
      id: "test",
      widthPx: 1280,
      heightPx: 960,
      fxPx: focal,
      fyPx: focal * (1 + 0.01 * random.normal()),
      cxPx: 639.5 + 5 * random.normal(),
      cyPx: 479.5 + 5 * random.normal(),
      distortion: [0.05 * small(), 0.02 * small(), 1e-3 * small(), 1e-3 * small(), 5e-3 * small()],
      bodyFromCamera: [...BODY_FROM_NADIR_CAMERA],
      mountingSigmaDeg: 0.5,
    },
    positionLocalM: [100 * random.normal(), 100 * random.normal(), 50 + 400 * random.uniform()],
    localFromCamera: quaternionMultiply(
      localFromBody({
        rollRad: 0.2 * random.normal(),
        pitchRad: 0.2 * random.normal(),
        yawRad: 6.28 * random.uniform(),
      }),
      BODY_FROM_NADIR_CAMERA,
    ),
  };
}

Deno.test(`pixelFromGround() undoes groundFromPixel() (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  let seen = 0;
  for (let i = 0; i < 500; i++) {
    const view = randomView(random, true);
    const groundUpM = 10 * random.normal();
    const pixel = [1280 * random.uniform(), 960 * random.uniform()] as const;
    const ground = groundFromPixel(vision, view, pixel, groundUpM);
    if (!ground) continue;
    const back = pixelFromGround(vision, view, ground, groundUpM);
    assert.ok(back && Math.hypot(back[0] - pixel[0], back[1] - pixel[1]) < 1e-5, `round ${i}`);
    seen++;
  }
  assert.ok(seen > 400);
});

Deno.test(`groundHomography() is pixelFromGround() where the lens is ideal (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  for (let i = 0; i < 200; i++) {
    const view = randomView(random, false);
    const homography: Matrix3 = groundHomography(view, 3);
    const ground = [
      view.positionLocalM[0] + 30 * random.normal(),
      view.positionLocalM[1] + 30 * random.normal(),
    ] as const;
    const pixel = pixelFromGround(vision, view, ground, 3);
    if (!pixel) continue;
    const [x, y, w] = matrixVector(homography, [ground[0], ground[1], 1]);
    assert.ok(Math.hypot(x / w - pixel[0], y / w - pixel[1]) < 1e-6);
  }
});

Deno.test("groundFromPixel() has no ground for a camera below it or a ray above the horizon", () => {
  const random = seededRandom(SEED);
  const view = randomView(random, false);
  assert.equal(groundFromPixel(vision, view, [640, 480], view.positionLocalM[2] + 1), null);
  const level: CameraView = {
    ...view,
    localFromCamera: quaternionMultiply(
      localFromBody({ rollRad: 0, pitchRad: Math.PI / 2, yawRad: 0 }),
      BODY_FROM_NADIR_CAMERA,
    ),
  };
  assert.equal(groundFromPixel(vision, level, [640, 100], 0), null);
  assert.equal(frameFootprint(vision, level, 0), null);
});

Deno.test("a nadir camera that flies north sees north at the top and east at the right", () => {
  const random = seededRandom(SEED);
  const view: CameraView = {
    ...randomView(random, false),
    positionLocalM: [0, 0, 100],
    localFromCamera: quaternionMultiply(
      localFromBody({ rollRad: 0, pitchRad: 0, yawRad: 0 }),
      BODY_FROM_NADIR_CAMERA,
    ),
  };
  const top = groundFromPixel(vision, view, [640, 0], 0),
    right = groundFromPixel(vision, view, [1279, 480], 0);
  assert.ok(top && right);
  assert.ok(top[1] > 20 && Math.abs(top[0]) < 2);
  assert.ok(right[0] > 20 && Math.abs(right[1]) < 2);
});

Deno.test("tileProjection() gives the pixel that sees each knot", () => {
  const random = seededRandom(SEED);
  const frame = new LocalFrame({ latitudeDeg: 46.8, longitudeDeg: -92, heightM: 200 });
  for (let i = 0; i < 20; i++) {
    const view = randomView(random, true);
    const [east, north] = view.positionLocalM;
    const tile = tileFromWgs(frame.wgsFromLocal([east, north, 0]), 18);
    const grid = tileProjection(vision, view, tile, frame, 0);
    assert.equal(grid.sourcePx.length, 2 * grid.columns * grid.rows);
    const column = random.integer(grid.columns), row = random.integer(grid.rows);
    const wgs = wgsFromWorldPixel({
      x: tile.x * 256 + column * grid.stepPx + 0.5,
      y: tile.y * 256 + row * grid.stepPx + 0.5,
    }, 18);
    const [e, n] = frame.localFromWgs({ ...wgs, heightM: 200 });
    const pixel = pixelFromGround(vision, view, [e, n], 0) ?? [NaN, NaN];
    const at = 2 * (row * grid.columns + column);
    assert.deepEqual([grid.sourcePx[at], grid.sourcePx[at + 1]], [...pixel]);
  }
});
