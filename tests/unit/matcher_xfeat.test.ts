import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import {
  featuresOfXfeat,
  keypointProbability,
  peaks,
  type XfeatOutputs,
} from "../../src/navigation/matcher/xfeat_features.ts";

const COLUMNS = 7, ROWS = 5, CELLS = COLUMNS * ROWS, WIDTH = 8 * COLUMNS, HEIGHT = 8 * ROWS;

function randomOutputs(random: Random): XfeatOutputs {
  const normal = (count: number) => Float32Array.from({ length: count }, () => 2 * random.normal());
  return {
    features: normal(64 * CELLS),
    keypoints: normal(65 * CELLS),
    reliability: Float32Array.from({ length: CELLS }, () => random.uniform()),
    columns: COLUMNS,
    rows: ROWS,
  };
}

/** Of one pixel, straight from the definition. */
function plainProbability({ keypoints }: XfeatOutputs, x: number, y: number): number {
  const cell = Math.floor(y / 8) * COLUMNS + Math.floor(x / 8);
  let sum = 0;
  for (let channel = 0; channel < 65; channel++) sum += Math.exp(keypoints[channel * CELLS + cell]);
  return Math.exp(keypoints[((y % 8) * 8 + x % 8) * CELLS + cell]) / sum;
}

/** Value of a channel-by-channel grid between the middles of its cells. */
function plainSample(values: (cell: number) => number, x: number, y: number): number {
  let sum = 0;
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const dx = Math.abs(Math.min(COLUMNS - 1, Math.max(0, (x - 3.5) / 8)) - column);
      const dy = Math.abs(Math.min(ROWS - 1, Math.max(0, (y - 3.5) / 8)) - row);
      if (dx < 1 && dy < 1) sum += (1 - dx) * (1 - dy) * values(row * COLUMNS + column);
    }
  }
  return sum;
}

Deno.test("keypointProbability() is the softmax of each cell, laid out as the picture", () => {
  const outputs = randomOutputs(seededRandom("softmax"));
  const probability = keypointProbability(outputs);
  assert.equal(probability.length, WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const expected = plainProbability(outputs, x, y);
      assert.ok(Math.abs(probability[y * WIDTH + x] - expected) < 1e-6, `(${x}, ${y})`);
    }
  }
});

Deno.test("peaks() are the pixels that no neighbour exceeds; of a plateau only the first", () => {
  const random = seededRandom("peaks");
  const values = Float32Array.from(
    { length: WIDTH * HEIGHT },
    () => Math.round(20 * random.uniform()) / 20,
  );
  for (const separationPx of [1, 2, 5]) {
    const expected: number[] = [];
    values.forEach((value, i) => {
      const x = i % WIDTH, y = Math.floor(i / WIDTH);
      const isBeaten = values.some((other, k) =>
        Math.abs(k % WIDTH - x) <= separationPx &&
        Math.abs(Math.floor(k / WIDTH) - y) <= separationPx &&
        (other > value || (other === value && k < i))
      );
      if (value > 0.5 && !isBeaten) expected.push(i);
    });
    assert.deepEqual(peaks(values, WIDTH, HEIGHT, { probabilityMin: 0.5, separationPx }), expected);
    assert.ok(expected.length > 0);
  }
});

Deno.test("featuresOfXfeat() ranks by probability times reliability, and samples unit descriptors", () => {
  const outputs = randomOutputs(seededRandom("features"));
  const norms = Array.from(
    { length: CELLS },
    (_, cell) =>
      Math.hypot(...Array.from({ length: 64 }, (_, c) => outputs.features[c * CELLS + cell])),
  );
  const selection = { probabilityMin: 0.02, separationPx: 2, featuresMax: 1000 };
  const found = featuresOfXfeat(outputs, selection);
  assert.ok(found.count > 20);
  let last = Infinity;
  for (let i = 0; i < found.count; i++) {
    const [x, y] = found.pointsPx.subarray(2 * i);
    const score = plainProbability(outputs, x, y) *
      plainSample((cell) => outputs.reliability[cell], x, y);
    assert.ok(score <= last + 1e-6, `feature ${i}`);
    last = score;
    const expected = Array.from(
      { length: 64 },
      (_, c) => plainSample((cell) => outputs.features[c * CELLS + cell] / norms[cell], x, y),
    );
    const norm = Math.hypot(...expected);
    expected.forEach((value, c) =>
      assert.ok(Math.abs(found.descriptors[64 * i + c] - value / norm) < 1e-5, `feature ${i}, ${c}`)
    );
  }
  const fewer = featuresOfXfeat(outputs, { ...selection, featuresMax: 10 });
  assert.deepEqual(fewer.pointsPx, found.pointsPx.slice(0, 20), "the strongest");
});
