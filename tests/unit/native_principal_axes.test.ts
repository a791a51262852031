import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { openFaiss, projectOntoAxes, trainPrincipalAxes } from "../../src/native/faiss/mod.ts";
import { openVision, principalAxes, projectVector } from "../../src/native/vision/mod.ts";

const SEED = "principal axes";
const AXES = 3;

/** Rows that vary along three known axes, with sigmas 4, 2 and 1, about a mean; little else. */
function samplesOf(count: number, length: number) {
  const random = seededRandom(SEED);
  const axes = Array.from({ length: AXES }, (_, a) =>
    // Orthonormal: cosines of different frequency.
    Array.from(
      { length },
      (_, i) => Math.sqrt(2 / length) * Math.cos(Math.PI * (a + 1) * (i + 0.5) / length),
    ));
  const rows = new Float32Array(count * length);
  for (let row = 0; row < count; row++) {
    const along = [4, 2, 1].map((sigma) => sigma * random.normal());
    for (let i = 0; i < length; i++) {
      const known = along.reduce((sum, value, a) => sum + value * axes[a][i], 0);
      rows[row * length + i] = 5 + known + 0.01 * random.normal();
    }
  }
  return { rows, axes };
}

const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);

for (const [count, length] of [[40, 300], [500, 60]] as const) {
  Deno.test(`principal axes of ${count} samples of ${length} floats, the same by both libraries (seed ${SEED})`, async () => {
    using vision = openVision();
    using faiss = openFaiss();
    const { rows, axes } = samplesOf(count, length);
    const shape = { dimension: length, axisCount: AXES };
    const trained = await trainPrincipalAxes(faiss, rows, shape);
    const found = await principalAxes(vision, rows, { length, axisCount: AXES });
    assert.deepEqual(found.mean, trained.mean);
    assert.deepEqual(found.axes, trained.axes);
    assert.ok(trained.keptVariance > 0.99 && trained.keptVariance <= 1);

    for (let a = 0; a < AXES; a++) {
      const axis = found.axes.subarray(a * length, (a + 1) * length);
      for (let b = 0; b <= a; b++) {
        const other = found.axes.subarray(b * length, (b + 1) * length);
        assert.ok(Math.abs(product(axis, other) - (a === b ? 1 : 0)) < 1e-5, `${a} and ${b}`);
      }
      // A sample of 40 turns the axes by some degrees.
      assert.ok(Math.abs(product(axis, axes[a])) > (count < 100 ? 0.9 : 0.99), `axis ${a}`);
      const largest = axis.reduce((x, y) => Math.abs(y) > Math.abs(x) ? y : x);
      assert.ok(largest > 0, "the sign of an axis is fixed");
      const along = Array.from(
        { length: count },
        (_, i) =>
          product(rows.subarray(i * length, (i + 1) * length), axis) - product(found.mean, axis),
      );
      const variance = product(along, along) / count;
      assert.ok(Math.abs(found.variances[a] / variance - 1) < 1e-4, `variance ${a}`);
    }

    const one = rows.slice(0, length);
    const projected = await projectVector(vision, one, found);
    assert.deepEqual(await projectOntoAxes(faiss, one, trained), projected);
    assert.ok(Math.abs(product(projected, projected) - 1) < 1e-6);
  });
}
