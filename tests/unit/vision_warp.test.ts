import assert from "node:assert/strict";
import { type Matrix3, NativeError, seededRandom } from "../../src/core/mod.ts";
import { openVision, type Picture, warpGrid, warpHomography } from "../../src/native/vision/mod.ts";

function noise(widthPx: number, heightPx: number, channels: 1 | 3): Picture {
  const random = seededRandom("warp");
  const pixels = new Uint8Array(widthPx * heightPx * channels).map(() => random.integer(256));
  return { widthPx, heightPx, channels, pixels };
}

for (const channels of [1, 3] as const) {
  Deno.test(`warpHomography() returns the picture itself by the identity, ${channels} channels`, async () => {
    using vision = openVision();
    const source = noise(37, 23, channels);
    const out = await warpHomography(vision, source, [1, 0, 0, 0, 1, 0, 0, 0, 1], {
      widthPx: 37,
      heightPx: 23,
    });
    assert.deepEqual(out.pixels, source.pixels);
    assert.ok(out.coverage.every((value) => value === 255));
    assert.equal(vision.liveHandles(), 0);
  });
}

Deno.test("warpHomography() moves by whole pixels and leaves black outside", async () => {
  using vision = openVision();
  const source = noise(20, 20, 1);
  const out = await warpHomography(vision, source, [1, 0, 5, 0, 1, -3, 0, 0, 1], {
    widthPx: 20,
    heightPx: 20,
  });
  for (let y = 0; y < 20; y++) {
    for (let x = 0; x < 20; x++) {
      const inside = x + 5 < 20 && y - 3 >= 0;
      assert.equal(out.coverage[20 * y + x], inside ? 255 : 0);
      assert.equal(out.pixels[20 * y + x], inside ? source.pixels[20 * (y - 3) + x + 5] : 0);
    }
  }
});

Deno.test("warpHomography() keeps the mean of a chessboard when it shrinks it", async () => {
  using vision = openVision();
  const size = 640;
  const pixels = new Uint8Array(size * size).map((_, i) =>
    ((i % size) + Math.floor(i / size)) % 2 === 0 ? 255 : 0
  );
  for (const scale of [4, 7.3, 20]) {
    const target = Math.floor(size / scale);
    const shift = (scale - 1) / 2;
    const out = await warpHomography(
      vision,
      { widthPx: size, heightPx: size, channels: 1, pixels },
      [scale, 0, shift, 0, scale, shift, 0, 0, 1],
      { widthPx: target, heightPx: target },
    );
    const worst = Math.max(...out.pixels.map((value) => Math.abs(value - 127.5)));
    assert.ok(worst < 40, `scale ${scale}: ${worst} grey levels from the mean`);
  }
});

Deno.test("warpGrid() does what warpHomography() does when its knots are those of the homography", async () => {
  using vision = openVision();
  const random = seededRandom("warp grid");
  const widthPx = 96, heightPx = 80;
  const pixels = new Uint8Array(widthPx * heightPx).map((_, i) =>
    Math.round(127 + 100 * Math.sin((i % widthPx) / 7) * Math.cos(Math.floor(i / widthPx) / 9))
  );
  const source: Picture = { widthPx, heightPx, channels: 1, pixels };
  for (let round = 0; round < 5; round++) {
    const a = random.normal() * 0.5, scale = 0.8 + random.uniform();
    const h: Matrix3 = [
      scale * Math.cos(a),
      -scale * Math.sin(a),
      20 * random.uniform(),
      scale * Math.sin(a),
      scale * Math.cos(a),
      10,
      1e-4 * random.normal(),
      1e-4 * random.normal(),
      1,
    ];
    const stepPx = 4, columns = 17, rows = 17;
    const sourcePx = new Float64Array(2 * columns * rows);
    for (let k = 0; k < columns * rows; k++) {
      const x = (k % columns) * stepPx, y = Math.floor(k / columns) * stepPx;
      const w = h[6] * x + h[7] * y + h[8];
      sourcePx[2 * k] = (h[0] * x + h[1] * y + h[2]) / w;
      sourcePx[2 * k + 1] = (h[3] * x + h[4] * y + h[5]) / w;
    }
    const target = { widthPx: 64, heightPx: 64 };
    const direct = await warpHomography(vision, source, h, target);
    const grid = await warpGrid(vision, source, { columns, rows, stepPx, sourcePx }, target);
    let differing = 0;
    for (let i = 0; i < grid.pixels.length; i++) {
      if (grid.coverage[i] !== direct.coverage[i]) differing++;
      else if (grid.coverage[i]) assert.ok(Math.abs(grid.pixels[i] - direct.pixels[i]) <= 3);
    }
    assert.ok(differing < 20, `${differing} pixels are covered by one and not the other`);
  }
});

Deno.test("warpGrid() leaves out what the mask leaves out and what has no knot", async () => {
  using vision = openVision();
  const source = noise(32, 32, 1);
  const mask = new Uint8Array(32 * 32).map((_, i) => i % 32 < 16 ? 255 : 0);
  const knots = [0, 16, 32].flatMap((y) => [0, 16, 32].flatMap((x) => [x, y]));
  knots[0] = NaN;
  const grid = { columns: 3, rows: 3, stepPx: 16, sourcePx: Float64Array.from(knots) };
  const out = await warpGrid(vision, source, grid, { widthPx: 32, heightPx: 32, sourceMask: mask });
  assert.equal(out.coverage[32 * 5 + 5], 0, "a cell whose corner is not finite");
  assert.equal(out.coverage[32 * 20 + 5], 255);
  assert.equal(out.coverage[32 * 20 + 20], 0, "masked");
});

Deno.test("warpGrid() refuses buffers and grids of the wrong size", async () => {
  using vision = openVision();
  const source = noise(8, 8, 1);
  const grid = { columns: 2, rows: 2, stepPx: 8, sourcePx: new Float64Array(8) };
  const target = { widthPx: 8, heightPx: 8 };
  await assert.rejects(warpGrid(vision, { ...source, widthPx: 9 }, grid, target), RangeError);
  await assert.rejects(
    warpGrid(vision, source, { ...grid, columns: 3 }, target),
    RangeError,
  );
  await assert.rejects(
    warpGrid(vision, source, { ...grid, stepPx: 3 }, target),
    NativeError,
  );
  await assert.rejects(
    warpHomography(vision, source, [NaN, 0, 0, 0, 1, 0, 0, 0, 1], target),
    NativeError,
  );
});
