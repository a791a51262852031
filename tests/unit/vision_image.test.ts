import assert from "node:assert/strict";
import sharp from "sharp";
import { DataError, NativeError, seededRandom } from "../../src/core/mod.ts";
import {
  decodeJpeg,
  encodeJpeg,
  jpegSize,
  openVision,
  type Picture,
} from "../../src/native/vision/mod.ts";
import { between } from "../support/properties.ts";

/** Smooth waves: what JPEG keeps well. */
function waves(widthPx: number, heightPx: number, channels: 1 | 3): Picture {
  const pixels = new Uint8Array(widthPx * heightPx * channels);
  for (let y = 0, i = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      for (let c = 0; c < channels; c++) {
        pixels[i++] = 128 + 90 * Math.sin(x / (9 + 4 * c)) * Math.cos(y / (11 + 3 * c));
      }
    }
  }
  return { widthPx, heightPx, channels, pixels };
}

function meanDifference(a: Picture, b: Picture): number {
  assert.equal(a.pixels.length, b.pixels.length);
  return a.pixels.reduce((sum, value, i) => sum + Math.abs(value - b.pixels[i]), 0) /
    a.pixels.length;
}

Deno.test("decodeJpeg() gives back what encodeJpeg() took, in grey and in colour", async () => {
  using vision = openVision();
  for (const channels of [1, 3] as const) {
    for (const [widthPx, heightPx] of [[1, 1], [17, 9], [320, 200]] as const) {
      const picture = waves(widthPx, heightPx, channels);
      const jpeg = await encodeJpeg(vision, picture, 95);
      assert.deepEqual(jpegSize(vision, jpeg, "memory"), { widthPx, heightPx });
      const back = await decodeJpeg(vision, jpeg, { name: "memory", channels });
      assert.deepEqual([back.widthPx, back.heightPx, back.channels], [widthPx, heightPx, channels]);
      assert.ok(meanDifference(back, picture) < 4, `${meanDifference(back, picture)}`);
    }
  }
  assert.equal(vision.liveHandles(), 0);
});

Deno.test("decodeJpeg() shrinks by its denominator, rounding sizes up", async () => {
  using vision = openVision();
  const jpeg = await encodeJpeg(vision, waves(101, 67, 1));
  for (const denominator of [1, 2, 4, 8] as const) {
    const { widthPx, heightPx, pixels } = await decodeJpeg(vision, jpeg, {
      name: "memory",
      denominator,
    });
    assert.deepEqual(
      [widthPx, heightPx],
      [Math.ceil(101 / denominator), Math.ceil(67 / denominator)],
    );
    assert.equal(pixels.length, widthPx * heightPx);
  }
});

Deno.test("decodeJpeg() refuses a JPEG that is cut anywhere, by DataError with its name", async () => {
  using vision = openVision();
  const jpeg = await encodeJpeg(vision, waves(160, 120, 1));
  const random = seededRandom("cut");
  for (let round = 0; round < 60; round++) {
    const cut = jpeg.slice(0, Math.floor(between(random, 0, jpeg.length - 20)));
    await assert.rejects(
      decodeJpeg(vision, cut, { name: "flight/0001.jpg" }),
      (error) => error instanceof NativeError || error instanceof DataError,
      `cut to ${cut.length} of ${jpeg.length} bytes`,
    );
  }
  await assert.rejects(
    decodeJpeg(vision, jpeg.slice(0, jpeg.length >> 1), { name: "flight/0001.jpg" }),
    (error) => error instanceof DataError && error.message.startsWith("flight/0001.jpg: "),
  );
});

Deno.test("decodeJpeg() survives hostile bytes", async () => {
  using vision = openVision();
  const jpeg = await encodeJpeg(vision, waves(96, 64, 3));
  const random = seededRandom("hostile");
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = jpeg.slice();
    const changes = 1 + random.integer(8);
    // Headers most of all: tables, sizes, segment lengths.
    const end = random.uniform() < 0.7 ? 640 : bytes.length;
    for (let i = 0; i < changes; i++) bytes[random.integer(end)] = random.integer(256);
    try {
      await decodeJpeg(vision, bytes, { name: "hostile.jpg", channels: 3 });
    } catch (error) {
      assert.ok(error instanceof DataError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 50, `only ${refused} of 400 were refused`);
  const text = new TextEncoder().encode("<html>not a picture</html>".repeat(20));
  await assert.rejects(decodeJpeg(vision, text, { name: "page.jpg" }), DataError);
});

Deno.test("decodeJpeg() finds the same damage at an eighth of the size", async () => {
  using vision = openVision();
  const kinds = await Promise.all(
    ([{ quality: 90 }, { quality: 90, chromaSubsampling: "4:4:4" }, { progressive: true }] as const)
      .map(async (options) => {
        const { pixels } = waves(256, 256, 3);
        const raw = { width: 256, height: 256, channels: 3 } as const;
        return new Uint8Array(await sharp(pixels, { raw }).jpeg(options).toBuffer());
      }),
  );
  const random = seededRandom("damaged");
  const markers = [0xd9, 0xd0, 0xd3, 0xc4, 0xda];
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const whole = kinds[round % kinds.length];
    const at = 20 + random.integer(whole.length - 40);
    const bytes = whole.slice();
    if (round % 4 === 0) bytes[at] ^= 1 << random.integer(8);
    if (round % 4 === 1) bytes.set([0xff, markers[random.integer(markers.length)]], at);
    if (round % 4 === 2) bytes.fill(0, at, Math.min(bytes.length - 2, at + random.integer(2000)));
    // Cut, with an end that looks right.
    const damaged = round % 4 === 3
      ? new Uint8Array([...whole.subarray(0, at), 0xff, 0xd9])
      : bytes;
    const verdict = (denominator: 1 | 8) =>
      decodeJpeg(vision, damaged, { name: "damaged.jpg", channels: 3, denominator })
        .then(() => "whole", () => "damaged");
    const full = await verdict(1);
    assert.equal(await verdict(8), full, `round ${round}, at ${at}`);
    if (full === "damaged") refused++;
  }
  assert.ok(refused > 150, `only ${refused} of 300 were refused`);
});

Deno.test("encodeJpeg() refuses a picture without pixels and a quality out of range", async () => {
  using vision = openVision();
  const picture = waves(8, 8, 1);
  await assert.rejects(encodeJpeg(vision, { ...picture, widthPx: 0 }), NativeError);
  for (const quality of [0, 101]) {
    await assert.rejects(encodeJpeg(vision, picture, quality), NativeError);
  }
});
