import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import {
  trainVlad,
  VLAD_TRAINING_DEFAULT,
  VladDescriptor,
  VladTrainingError,
} from "../../src/navigation/place_recognition/mod.ts";
import { type GreyPatch, openVision } from "../../src/native/vision/mod.ts";

const SIDE = VLAD_TRAINING_DEFAULT.patchPx;
const TRAINING = { ...VLAD_TRAINING_DEFAULT, wordCount: 16, axisCount: 48, kmeansSamples: 4000 };

/** Ground of 400 × 400 pixels with fields and roofs. */
function ground(seed: string): Uint8Array {
  const random = seededRandom(seed);
  const pixels = new Uint8Array(400 * 400).fill(90);
  for (let i = 0; i < 250; i++) {
    const width = 6 + random.integer(40), height = 6 + random.integer(40);
    const x0 = random.integer(400 - width), y0 = random.integer(400 - height);
    const grey = 20 + random.integer(220);
    for (let y = y0; y < y0 + height; y++) pixels.fill(grey, y * 400 + x0, y * 400 + x0 + width);
  }
  return pixels;
}

function cut(pixels: Uint8Array, x0: number, y0: number, noise = 0): GreyPatch {
  const random = seededRandom(`${x0} ${y0}`);
  const out = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const value = pixels[(y0 + y) * 400 + x0 + x] + noise * random.normal();
      out[y * SIDE + x] = Math.max(0, Math.min(255, value));
    }
  }
  return { widthPx: SIDE, heightPx: SIDE, pixels: out };
}

function patches(pixels: Uint8Array): GreyPatch[] {
  return Array.from({ length: 60 }, (_, i) => cut(pixels, (i * 37) % 300, (i * 53) % 300));
}

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);

Deno.test("trainVlad() gives the same vocabulary when patches and seed are the same", async () => {
  using vision = openVision();
  const pixels = ground("training");
  const once = await trainVlad(vision, patches(pixels), TRAINING);
  assert.deepEqual(await trainVlad(vision, patches(pixels), TRAINING), once);
  assert.equal(once.axisCount, 48);
  assert.equal(once.wordCount, 16);
});

Deno.test("trainVlad() makes shorter descriptors when there are few patches", async () => {
  using vision = openVision();
  const vocabulary = await trainVlad(vision, patches(ground("few")).slice(0, 5), TRAINING);
  assert.equal(vocabulary.axisCount, 4);
});

Deno.test("trainVlad() refuses a map without structure", async () => {
  using vision = openVision();
  const flat = new Uint8Array(400 * 400).fill(128);
  await assert.rejects(trainVlad(vision, patches(flat), TRAINING), VladTrainingError);
});

Deno.test("describe() recognises a place through noise, an offset and missing ground", async () => {
  using vision = openVision();
  const pixels = ground("places");
  const descriptor = new VladDescriptor(vision, await trainVlad(vision, patches(pixels), TRAINING));
  const corners = [[10, 10], [200, 20], [30, 250], [280, 280], [150, 150]];
  const places = await Promise.all(corners.map(([x, y]) => descriptor.describe(cut(pixels, x, y))));
  for (const [i, [x, y]] of corners.entries()) {
    const patch = cut(pixels, x + 4, y - 3, 2);
    const valid = new Uint8Array(SIDE * SIDE).fill(255);
    valid.fill(0, 0, SIDE * 15);
    const query = await descriptor.describe({ ...patch, valid });
    assert.ok(query);
    assert.equal(query.length, descriptor.dimension);
    assert.ok(Math.abs(Math.hypot(...query) - 1) < 1e-5);
    const scores = places.map((place) => product(place ?? new Float32Array(48), query));
    assert.equal(scores.indexOf(Math.max(...scores)), i, `place ${i}: ${scores}`);
  }
});

Deno.test("describe() is null when nothing can be told from nothing", async () => {
  using vision = openVision();
  const pixels = ground("null");
  const descriptor = new VladDescriptor(vision, await trainVlad(vision, patches(pixels), TRAINING));
  const flat = cut(new Uint8Array(400 * 400).fill(100), 0, 0);
  assert.equal(await descriptor.describe(flat), null);
  const unseen = { ...cut(pixels, 0, 0), valid: new Uint8Array(SIDE * SIDE) };
  assert.equal(await descriptor.describe(unseen), null);
});

Deno.test("describe() refuses a patch of another size", async () => {
  using vision = openVision();
  const pixels = ground("size");
  const descriptor = new VladDescriptor(vision, await trainVlad(vision, patches(pixels), TRAINING));
  const small = { widthPx: 64, heightPx: 64, pixels: new Uint8Array(64 * 64) };
  await assert.rejects(async () => await descriptor.describe(small), /96×96/);
});
