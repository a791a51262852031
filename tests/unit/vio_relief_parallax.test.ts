import assert from "node:assert/strict";
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixTranspose,
  matrixVector,
  quaternionFromRotationVector,
  type Vector3,
} from "../../src/core/mod.ts";
import { GridTerrain } from "../../src/navigation/terrain/mod.ts";
import { withoutParallax } from "../../src/navigation/vio/relief_parallax.ts";

/** A hill of 20 m under a camera 150 m above the ground around it. */
const columns = 201, spacingM = 2;
const upM = Float64Array.from({ length: columns * columns }, (_, i) => {
  const east = (i % columns - 100) * spacingM, north = (Math.floor(i / columns) - 100) * spacingM;
  return 20 * Math.exp(-(east * east + north * north) / 2 / 40 ** 2);
});
const terrain = new GridTerrain({
  westM: -200,
  southM: -200,
  spacingM,
  columns,
  rows: columns,
  upM,
});
const FROM: Vector3 = [10, -5, 150];
const localFromCamera: Matrix3 = [0, 1, 0, 1, 0, 0, 0, 0, -1];
const rotation = matrixFromQuaternion(quaternionFromRotationVector([0.01, -0.02, 0.05]));
/** In the camera axes of the first picture, metres. */
const STEP: Vector3 = [7, -2, 0.5];
const DISTANCE_M = 140;

Deno.test("withoutParallax() makes tracks over a hill those of the plane", () => {
  const rays: [number, number][] = [];
  for (let i = -4; i <= 4; i++) for (let k = -3; k <= 3; k++) rays.push([0.12 * i, 0.12 * k]);
  const toFromFrom = matrixTranspose(rotation);
  const seen = (point: Vector3) => {
    const [x, y, z] = matrixVector(toFromFrom, [0, 1, 2].map((a) => point[a] - STEP[a]) as never);
    return [x / z, y / z];
  };
  const depthOf = (ray: [number, number]) => {
    const [e, n] = matrixVector(localFromCamera, [...ray, 1]);
    let [low, high] = [100, 200];
    for (let i = 0; i < 60; i++) {
      const depth = (low + high) / 2;
      const over = FROM[2] - depth - terrain.upM(FROM[0] + depth * e, FROM[1] + depth * n);
      if (over > 0) low = depth;
      else high = depth;
    }
    return low;
  };
  const pairs = Float64Array.from(rays.flatMap((ray) => {
    const depth = depthOf(ray);
    return [...ray, ...seen([ray[0] * depth, ray[1] * depth, depth])];
  }));
  const expected = {
    positionLocalM: FROM,
    localFromCamera,
    rotation,
    translationPerDistance: STEP.map((metres) => metres / DISTANCE_M) as never,
    normal: [0, 0, 1] as Vector3,
    distanceM: DISTANCE_M,
  };
  const errors = (tracks: Float64Array) =>
    rays.map((ray, i) => {
      const [x, y] = seen([ray[0] * DISTANCE_M, ray[1] * DISTANCE_M, DISTANCE_M]);
      return Math.hypot(tracks[4 * i + 2] - x, tracks[4 * i + 3] - y);
    });
  const worst = (values: number[]) => Math.max(...values);
  assert.ok(worst(errors(pairs)) > 3e-3, "the hill shows");
  const tracks = withoutParallax({ count: rays.length, pairs }, expected, terrain);
  assert.ok(worst(errors(tracks.pairs)) < 1e-6, `${worst(errors(tracks.pairs))}`);
  // A motion that is expected 10 % too long leaves a tenth of it.
  const longer = expected.translationPerDistance as unknown as Vector3;
  const wrong = { ...expected, translationPerDistance: longer.map((x) => 1.1 * x) as never };
  const left = withoutParallax({ count: rays.length, pairs }, wrong, terrain);
  assert.ok(worst(errors(left.pairs)) < 0.12 * worst(errors(pairs)));
});
