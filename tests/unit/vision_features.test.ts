import assert from "node:assert/strict";
import { NativeError, seededRandom } from "../../src/core/mod.ts";
import {
  detectSift,
  estimateHomography,
  type GreyPatch,
  matchFeatures,
  openVision,
} from "../../src/native/vision/mod.ts";

/** Soft spots on grey, moved by (dx, dy). */
function spots(dx: number, dy: number): GreyPatch {
  const random = seededRandom("spots");
  const side = 200;
  const values = new Float32Array(side * side).fill(120);
  for (let i = 0; i < 120; i++) {
    const cx = random.uniform() * 160 + 20 + dx, cy = random.uniform() * 160 + 20 + dy;
    const radius = 2 + 4 * random.uniform(), height = 160 * random.uniform() - 80;
    const reach = Math.ceil(3 * radius);
    for (let y = Math.floor(cy) - reach; y <= cy + reach; y++) {
      for (let x = Math.floor(cx) - reach; x <= cx + reach; x++) {
        if (x < 0 || y < 0 || x >= side || y >= side) continue;
        const distance = ((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius * radius);
        values[y * side + x] += height * Math.exp(-distance);
      }
    }
  }
  return { widthPx: side, heightPx: side, pixels: new Uint8Array(new Uint8ClampedArray(values)) };
}

Deno.test("detectSift(), matchFeatures() and estimateHomography() find how a picture moved", async () => {
  using vision = openVision();
  const a = await detectSift(vision, spots(0, 0), { featuresMax: 300, contrastThreshold: 0.02 });
  const b = await detectSift(vision, spots(7.5, -4), { featuresMax: 300, contrastThreshold: 0.02 });
  assert.ok(a.count > 50, `${a.count} features`);
  for (let i = 0; i < a.count; i++) {
    const norm = Math.hypot(...a.descriptors.subarray(128 * i, 128 * i + 128));
    assert.ok(Math.abs(norm - 1) < 1e-4, `descriptor ${i} has norm ${norm}`);
  }
  const matches = await matchFeatures(vision, a.descriptors, b.descriptors);
  assert.ok(matches.count > 30, `${matches.count} matches`);
  const from = new Float64Array(2 * matches.count), to = new Float64Array(2 * matches.count);
  for (let i = 0; i < matches.count; i++) {
    const [ia, ib] = matches.pairs.subarray(2 * i);
    from.set(a.keypoints.subarray(4 * ia, 4 * ia + 2), 2 * i);
    to.set(b.keypoints.subarray(4 * ib, 4 * ib + 2), 2 * i);
  }
  const found = await estimateHomography(vision, from, to, { thresholdPx: 2 });
  assert.ok(found && found.inliers > 25, `${found?.inliers} inliers`);
  const [h0, h1, h2, h3, h4, h5, h6, h7, h8] = found.homography;
  const w = h6 * 100 + h7 * 100 + h8;
  assert.ok(Math.abs((h0 * 100 + h1 * 100 + h2) / w - 107.5) < 0.3);
  assert.ok(Math.abs((h3 * 100 + h4 * 100 + h5) / w - 96) < 0.3);
});

Deno.test("detectSift() looks only where the picture is valid, and keeps to its capacity", async () => {
  using vision = openVision();
  const patch = spots(0, 0);
  const valid = new Uint8Array(200 * 200);
  valid.fill(255, 0, 200 * 100);
  const found = await detectSift(vision, { ...patch, valid }, { featuresMax: 20, upright: true });
  assert.ok(found.count > 0 && found.count <= 20);
  for (let i = 0; i < found.count; i++) {
    assert.ok(found.keypoints[4 * i + 1] < 101);
    assert.equal(found.keypoints[4 * i + 3], 0);
  }
});

Deno.test("estimateHomography() finds the inliers among 40 % outliers, the same each time", async () => {
  using vision = openVision();
  const random = seededRandom("homography, seed 1");
  const from = new Float64Array(400), to = new Float64Array(400);
  for (let i = 0; i < 200; i++) {
    const x = random.uniform() * 500, y = random.uniform() * 500;
    const w = 1 + 1e-4 * x;
    from.set([x, y], 2 * i);
    if (i % 5 < 3) to.set([(1.1 * x + 0.2 * y + 5) / w, (0.9 * y - 0.1 * x + 9) / w], 2 * i);
    else to.set([random.uniform() * 500, random.uniform() * 500], 2 * i);
  }
  const found = await estimateHomography(vision, from, to, { thresholdPx: 1 });
  assert.ok(found && found.inliers >= 118 && found.inliers <= 124, `${found?.inliers}`);
  assert.deepEqual(await estimateHomography(vision, from, to, { thresholdPx: 1 }), found);
});

Deno.test("estimateHomography() is null without enough points and refuses numbers that are none", async () => {
  using vision = openVision();
  const few = new Float64Array(6);
  assert.equal(await estimateHomography(vision, few, few, { thresholdPx: 1 }), null);
  const broken = new Float64Array(10).fill(NaN);
  await assert.rejects(estimateHomography(vision, broken, broken, { thresholdPx: 1 }), NativeError);
});

Deno.test("matchFeatures() has no pairs when a side is empty", async () => {
  using vision = openVision();
  const some = new Float32Array(256), none = new Float32Array(0);
  assert.equal((await matchFeatures(vision, none, some)).count, 0);
  assert.equal((await matchFeatures(vision, some, none)).count, 0);
});
