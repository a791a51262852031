import assert from "node:assert/strict";
import { NativeError, type Random, seededRandom } from "../../src/core/mod.ts";
import {
  type CameraModel,
  lensVector,
  openVision,
  pixelsFromRays,
  raysFromPixels,
} from "../../src/native/vision/mod.ts";
import { buildNative } from "../../tasks/native_build.ts";
import { REPOSITORY } from "../support/paths.ts";

const SEED = "lens";

/** From a lens without a fault to one of a wide action camera. */
function randomCamera(random: Random): CameraModel {
  const spread = (width: number) => width * (2 * random.uniform() - 1);
  return {
    widthPx: 1280,
    heightPx: 960,
    fxPx: 1000 + spread(200),
    fyPx: 1000 + spread(200),
    cxPx: 640 + spread(20),
    cyPx: 480 + spread(20),
    distortion: [-0.1 + spread(0.2), spread(0.08), spread(2e-3), spread(2e-3), spread(0.02)],
  };
}

/** cv::projectPoints and cv::undistortPoints of each camera and ray: pixel u, v; ray x, y. */
async function askOpenCv(
  cases: readonly { camera: CameraModel; ray: readonly number[] }[],
): Promise<number[][]> {
  const build = `${REPOSITORY}/build/oracle`;
  assert.ok(await buildNative(`${REPOSITORY}/ffi/vision/oracle`, build));
  const oracle = new Deno.Command(`${build}/lens_oracle`, { stdin: "piped", stdout: "piped" })
    .spawn();
  // Read while writing: a pipe holds less than all answers.
  const output = oracle.output();
  const writer = oracle.stdin.getWriter();
  const lines = cases.map(({ camera, ray }) => [...lensVector(camera), ...ray].join(" "));
  await writer.write(new TextEncoder().encode(lines.join("\n")));
  await writer.close();
  const { success, stdout } = await output;
  assert.ok(success);
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.split(" ").map(Number));
}

Deno.test(`the lens is OpenCV's: cv::projectPoints and cv::undistortPoints (seed ${SEED})`, async () => {
  using vision = openVision();
  const random = seededRandom(SEED);
  const cases = Array.from({ length: 2000 }, () => ({
    camera: randomCamera(random),
    ray: [1.4 * random.uniform() - 0.7, 1.1 * random.uniform() - 0.55],
  })).filter(({ camera, ray }) =>
    !Number.isNaN(pixelsFromRays(vision, camera, Float64Array.from(ray))[0])
  );
  assert.ok(cases.length > 1800, "few of the lenses fold over within the rays");
  const answers = await askOpenCv(cases);
  assert.equal(answers.length, cases.length);
  let compared = 0;
  answers.forEach(([u, v, x, y], i) => {
    const { camera, ray } = cases[i];
    const pixel = pixelsFromRays(vision, camera, Float64Array.from(ray));
    assert.ok(Math.hypot(pixel[0] - u, pixel[1] - v) < 1e-9, `pixel ${i}: ${pixel} and ${u}, ${v}`);
    // Near its fold OpenCV's fixed-point iteration does not come back to the ray that it started from.
    if (Math.hypot(x - ray[0], y - ray[1]) > 1e-6) return;
    const back = raysFromPixels(vision, camera, Float64Array.of(u, v));
    assert.ok(Math.hypot(back[0] - x, back[1] - y) < 1e-9, `ray ${i}: ${back} and ${x}, ${y}`);
    compared++;
  });
  assert.ok(compared > 0.95 * cases.length, `${compared} of ${cases.length} rays compared`);
});

Deno.test(`raysFromPixels() undoes pixelsFromRays() (seed ${SEED})`, () => {
  using vision = openVision();
  const random = seededRandom(SEED);
  for (let i = 0; i < 300; i++) {
    const camera = randomCamera(random);
    const rays = Float64Array.from({ length: 20 }, () => 1.2 * random.uniform() - 0.6);
    const pixels = pixelsFromRays(vision, camera, rays);
    raysFromPixels(vision, camera, pixels).forEach((value, k) => {
      if (Number.isNaN(pixels[k])) return;
      assert.ok(Math.abs(value - rays[k]) < 1e-9, `round ${i}: ${value} instead of ${rays[k]}`);
    });
  }
});

Deno.test("beyond the fold of the model there is no pixel, and beyond its image no ray", () => {
  using vision = openVision();
  const camera: CameraModel = {
    ...randomCamera(seededRandom(SEED)),
    distortion: [-0.3, 0, 0, 0, 0],
  };
  // r · (1 − 0.3 r²) grows up to r = 1.054, where it is 0.703.
  const pixels = pixelsFromRays(vision, camera, Float64Array.of(1.05, 0, 1.06, 0, 2, 0));
  assert.ok(Number.isFinite(pixels[0]) && Number.isFinite(pixels[1]));
  assert.deepEqual([...pixels.subarray(2)], [NaN, NaN, NaN, NaN]);
  const { cxPx, cyPx, fxPx } = camera;
  const rays = raysFromPixels(
    vision,
    camera,
    Float64Array.of(cxPx + 0.69 * fxPx, cyPx, cxPx + 0.72 * fxPx, cyPx),
  );
  assert.ok(rays[0] > 0.9 && rays[0] < 1.054, `${rays[0]}`);
  assert.deepEqual([...rays.subarray(2)], [NaN, NaN]);
});

Deno.test("a lens without distortion is a pinhole, as far as one asks; nonsense is refused", () => {
  using vision = openVision();
  const camera: CameraModel = {
    ...randomCamera(seededRandom(SEED)),
    distortion: [0, 0, 0, 0, 0],
  };
  const { fxPx, fyPx, cxPx, cyPx } = camera;
  assert.deepEqual(
    [...pixelsFromRays(vision, camera, Float64Array.of(5, -7))],
    [fxPx * 5 + cxPx, fyPx * -7 + cyPx],
  );
  assert.equal(pixelsFromRays(vision, camera, new Float64Array(0)).length, 0);
  for (const bad of [{ ...camera, fxPx: 0 }, { ...camera, cyPx: NaN }]) {
    assert.throws(() => pixelsFromRays(vision, bad, Float64Array.of(0, 0)), NativeError);
  }
  assert.throws(() => raysFromPixels(vision, camera, Float64Array.of(1, 2, 3)), /in pairs/);
});
