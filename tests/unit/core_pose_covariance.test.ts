import assert from "node:assert/strict";
import {
  addPoseVariance,
  horizontalCovarianceM2,
  rotationCovarianceRad2,
  upVarianceM2,
} from "../../src/core/mod.ts";

Deno.test("the readers of a pose's covariance take the entries that its layout says", () => {
  // Entry (row, column) holds row + column / 10.
  const covariance = Float64Array.from({ length: 36 }, (_, i) => Math.floor(i / 6) + (i % 6) / 10);
  assert.deepEqual(horizontalCovarianceM2(covariance), [0, 0.1, 1.1]);
  assert.equal(upVarianceM2(covariance), 2.2);
  assert.deepEqual(
    rotationCovarianceRad2(covariance),
    [3.3, 3.4, 3.5, 4.3, 4.4, 4.5, 5.3, 5.4, 5.5],
  );
});

Deno.test("addPoseVariance() adds to the diagonal alone", () => {
  const covariance = new Float64Array(36);
  addPoseVariance(covariance, { positionM2: 2, rotationRad2: 3 });
  assert.deepEqual(
    [...covariance],
    Array.from({ length: 36 }, (_, i) => i % 7 !== 0 ? 0 : i < 18 ? 2 : 3),
  );
});
