import assert from "node:assert/strict";
import { descriptorMetric, l2Normalise, seededRandom } from "../../src/core/mod.ts";
import { property } from "../support/properties.ts";

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum);
}

Deno.test("l2Normalise() gives length 1, keeps the direction and the type, whatever the scale", () => {
  property((random) => {
    const scale = 10 ** (random.uniform() * 60 - 30);
    const values = Float32Array.from(
      { length: 1 + random.integer(512) },
      () => random.normal() * scale,
    );
    const unit = l2Normalise(values);
    assert.ok(unit instanceof Float32Array && unit !== values);
    assert.ok(Math.abs(norm(unit) - 1) < 1e-5);
    const length = norm(values);
    unit.forEach((value, i) => assert.ok(Math.abs(value - values[i] / length) < 1e-6));
  }, 100);
});

Deno.test("l2Normalise() keeps half precision", () => {
  property((random) => {
    const unit = l2Normalise(Float16Array.from({ length: 128 }, () => random.normal()));
    assert.ok(unit instanceof Float16Array);
    assert.ok(Math.abs(norm(unit) - 1) < 2e-3);
  }, 50);
});

Deno.test("l2Normalise() normalises each row of a batch as if it stood alone", () => {
  const random = seededRandom(3);
  const batch = Float32Array.from({ length: 6 * 16 }, () => random.normal());
  batch.fill(0, 32, 48);
  const unit = l2Normalise(batch, 16);
  for (let row = 0; row < 6; row++) {
    const alone = l2Normalise(batch.slice(row * 16, row * 16 + 16));
    assert.deepEqual(unit.slice(row * 16, row * 16 + 16), alone);
  }
  assert.ok(unit.slice(32, 48).every((value) => value === 0), "zeros stay zeros");
});

Deno.test("l2Normalise() is idempotent and refuses what it cannot normalise", () => {
  const unit = l2Normalise(Float32Array.of(3, 4));
  assert.deepEqual(l2Normalise(unit), unit);
  assert.deepEqual(l2Normalise(new Float32Array(0)), new Float32Array(0));
  assert.throws(() => l2Normalise(Float32Array.of(1, NaN)), RangeError);
  assert.throws(() => l2Normalise(Float32Array.of(1, Infinity)), RangeError);
  assert.throws(() => l2Normalise(new Float32Array(10), 4), RangeError);
});

Deno.test("descriptorMetric() orders unit vectors like Euclidean distance", () => {
  assert.equal(descriptorMetric(), "inner_product");
  property((random) => {
    const unit = () => l2Normalise(Float32Array.from({ length: 32 }, () => random.normal()));
    const [query, a, b] = [unit(), unit(), unit()];
    const inner = (v: Float32Array) => v.reduce((sum, value, i) => sum + value * query[i], 0);
    const distance = (v: Float32Array) => norm(v.map((value, i) => value - query[i]));
    if (Math.abs(inner(a) - inner(b)) < 1e-5) return;
    assert.equal(inner(a) > inner(b), distance(a) < distance(b));
  });
});
