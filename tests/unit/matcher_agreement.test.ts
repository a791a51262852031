import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import {
  applySimilarity,
  findAgreement,
  leastSquares,
  type PointPairs,
  type Similarity,
} from "../../src/navigation/matcher/agreement.ts";

const BOUNDS = { toleranceM: 2, turnMaxRad: 0.1, scaleMax: 0.05, separationM: 8 };
const TRUE: Similarity = { scale: 1.02, turnRad: -0.05, shiftEastM: 7, shiftNorthM: -11 };

/** `moves[i]` pairs that move by the i-th similarity, and pairs of nothing. */
function pairsOf(seed: string, moves: readonly (readonly [Similarity, number])[], lost: number) {
  const random = seededRandom(seed);
  const a: number[] = [], b: number[] = [];
  const somewhere = () => 180 * random.uniform() - 90;
  for (const [similarity, count] of moves) {
    for (let i = 0; i < count; i++) {
      const [east, north] = [somewhere(), somewhere()];
      const [mapEast, mapNorth] = applySimilarity(similarity, east, north);
      a.push(east, north);
      b.push(mapEast + 0.5 * random.normal(), mapNorth + 0.5 * random.normal());
    }
  }
  for (let i = 0; i < lost; i++) {
    const [east, north] = [somewhere(), somewhere()];
    a.push(east, north);
    b.push(east + 60 * random.uniform() - 30, north + 60 * random.uniform() - 30);
  }
  return { count: a.length / 2, a: Float64Array.from(a), b: Float64Array.from(b) };
}

Deno.test("findAgreement() finds the correction among four times as many pairs of nothing", () => {
  for (let trial = 0; trial < 10; trial++) {
    const pairs = pairsOf(`agreement ${trial}`, [[TRUE, 40]], 160);
    const found = findAgreement(pairs, BOUNDS);
    assert.ok(found !== null);
    const { similarity, inliers, secondInliers } = found;
    assert.ok(Math.abs(similarity.turnRad - TRUE.turnRad) < 0.01, `${similarity.turnRad}`);
    assert.ok(Math.abs(similarity.scale - TRUE.scale) < 0.01, `${similarity.scale}`);
    const off = Math.hypot(similarity.shiftEastM - 7, similarity.shiftNorthM + 11);
    assert.ok(off < 0.5, `${off} m`);
    assert.ok(inliers.filter((i) => i < 40).length >= 38, `${inliers.length} inliers`);
    assert.ok(secondInliers > 0 && secondInliers < 15, `${secondInliers} elsewhere`);
  }
});

Deno.test("findAgreement() says how much speaks for a second place", () => {
  const other: Similarity = { scale: 1, turnRad: 0, shiftEastM: -12, shiftNorthM: 4 };
  const pairs = pairsOf("two places", [[TRUE, 40], [other, 32]], 60);
  const found = findAgreement(pairs, BOUNDS);
  assert.ok(found !== null);
  assert.ok(Math.abs(found.inliers.length - 40) <= 6, `${found.inliers.length}`);
  assert.ok(Math.abs(found.secondInliers - 32) <= 6, `${found.secondInliers}`);
});

Deno.test("findAgreement() keeps to the bounds of turn and scale, and is null without two pairs", () => {
  const turned = { ...TRUE, turnRad: 0.6, scale: 1.3 };
  const found = findAgreement(pairsOf("turned", [[turned, 60]], 0), BOUNDS);
  assert.ok(found !== null && found.inliers.length < 20, `${found?.inliers.length}`);
  assert.ok(Math.abs(found.similarity.turnRad) <= BOUNDS.turnMaxRad + 1e-12);
  assert.equal(findAgreement(pairsOf("one", [[TRUE, 1]], 0), BOUNDS), null);
  assert.equal(findAgreement(pairsOf("none", [], 0), BOUNDS), null);
});

Deno.test("leastSquares() is where the sum of squares has its minimum", () => {
  const pairs: PointPairs = pairsOf("minimum", [[TRUE, 12]], 0);
  const chosen = Array.from({ length: 12 }, (_, i) => i);
  const cost = (similarity: Similarity) =>
    chosen.reduce((sum, i) => {
      const [e, n] = applySimilarity(similarity, pairs.a[2 * i], pairs.a[2 * i + 1]);
      return sum + (pairs.b[2 * i] - e) ** 2 + (pairs.b[2 * i + 1] - n) ** 2;
    }, 0);
  const best = leastSquares(pairs, chosen, { turnMaxRad: 1, scaleMax: 1 });
  for (const key of ["scale", "turnRad", "shiftEastM", "shiftNorthM"] as const) {
    for (const step of [-1e-3, 1e-3]) {
      assert.ok(cost({ ...best, [key]: best[key] + step }) > cost(best), `${key} ${step}`);
    }
  }
});
