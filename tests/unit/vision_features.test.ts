import assert from "node:assert/strict";
import { NativeError, type Random, seededRandom } from "../../src/core/mod.ts";
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
  const placed = ({ descriptors, keypoints, count }: typeof a) => ({
    descriptors,
    positions: Float32Array.from({ length: 2 * count }, (_, i) => keypoints[4 * (i >> 1) + i % 2]),
  });
  const matches = await matchFeatures(vision, placed(a), placed(b), { length: 128, ratio: 0.8 });
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

function randomSide(random: Random, count: number, length: number) {
  const descriptors = new Float32Array(count * length);
  for (let i = 0; i < count; i++) {
    const row = Array.from({ length }, () => random.normal());
    const norm = Math.hypot(...row);
    descriptors.set(row.map((value) => value / norm), i * length);
  }
  const positions = Float32Array.from({ length: 2 * count }, () => 100 * random.uniform());
  return { descriptors, positions };
}

Deno.test("matchFeatures() finds the pairs of a plain search, within the radius and by the ratio", async () => {
  using vision = openVision();
  const random = seededRandom("plain search");
  const length = 16, a = randomSide(random, 90, length), b = randomSide(random, 130, length);
  const distance = (i: number, k: number) => {
    let sum = 0;
    for (let n = 0; n < length; n++) {
      sum += (a.descriptors[i * length + n] - b.descriptors[k * length + n]) ** 2;
    }
    return Math.sqrt(sum);
  };
  for (const [radius, ratio] of [[Infinity, 1], [40, 1], [40, 0.9], [3, 0.8]]) {
    const isNear = (i: number, k: number) =>
      Math.hypot(
        a.positions[2 * i] - b.positions[2 * k],
        a.positions[2 * i + 1] - b.positions[2 * k + 1],
      ) <= radius;
    const all = (count: number) => Array.from({ length: count }, (_, i) => i);
    const expected = all(90).flatMap((i) => {
      const near = all(130).filter((k) => isNear(i, k)).sort((k, m) =>
        distance(i, k) - distance(i, m)
      );
      if (near.length === 0) return [];
      const back = all(90).filter((m) => isNear(m, near[0])).sort((m, n) =>
        distance(m, near[0]) - distance(n, near[0])
      );
      const second = near.length > 1 ? distance(i, near[1]) : 2;
      const passes = ratio === 1 || distance(i, near[0]) < ratio * second;
      return back[0] === i && passes ? [[i, near[0]]] : [];
    });
    const found = await matchFeatures(vision, a, b, { length, radius, ratio });
    const pairs = all(found.count).map((i) => [...found.pairs.subarray(2 * i, 2 * i + 2)]);
    assert.deepEqual(pairs, expected, `radius ${radius}, ratio ${ratio}`);
    assert.ok(found.count > 0);
    pairs.forEach(([i, k], n) =>
      assert.ok(Math.abs(found.cosines[n] - (1 - distance(i, k) ** 2 / 2)) < 1e-5)
    );
  }
});

Deno.test("matchFeatures() has no pairs when a side is empty, and refuses sizes that do not agree", async () => {
  using vision = openVision();
  const none = { descriptors: new Float32Array(0), positions: new Float32Array(0) };
  const some = { descriptors: new Float32Array(256).fill(1 / 16), positions: new Float32Array(4) };
  assert.equal((await matchFeatures(vision, none, some, { length: 128 })).count, 0);
  assert.equal((await matchFeatures(vision, some, none, { length: 128 })).count, 0);
  const short = { ...some, descriptors: new Float32Array(255) };
  await assert.rejects(matchFeatures(vision, short, some, { length: 128 }), RangeError);
  await assert.rejects(matchFeatures(vision, none, none, { length: 12 }), NativeError);
});
