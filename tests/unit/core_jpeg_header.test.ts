import assert from "node:assert/strict";
import sharp from "sharp";
import { DataError, jpegHeaderSize, seededRandom } from "../../src/core/mod.ts";
import { decodeJpeg, openVision } from "../../src/native/vision/mod.ts";

Deno.test("jpegHeaderSize() gives the decoder's size or none, whatever stands before the frame", async () => {
  using vision = openVision();
  const raw = { width: 24, height: 16, channels: 3 } as const;
  const jpeg = new Uint8Array(await sharp(new Uint8Array(24 * 16 * 3), { raw }).jpeg().toBuffer());
  const random = seededRandom("jpeg headers");
  // A frame of another size, hidden where a reader that counts otherwise would find it.
  const hidden = [0xff, 0xc0, 0, 17, 8, 0, 99, 0, 99, 3];
  const segment = (marker: number, content: readonly number[]) => [
    0xff,
    marker,
    (content.length + 2) >> 8,
    (content.length + 2) & 255,
    ...content,
  ];
  const pieces = () => {
    const kind = random.integer(6), marker = random.integer(256);
    if (kind === 0) return [0xff, 0x01];
    if (kind === 1) return [0xff, 0xd0 + random.integer(8)];
    if (kind === 2) return Array(1 + random.integer(4)).fill(0xff) as number[];
    if (kind === 3) return segment(0xe0 + random.integer(16), hidden);
    if (kind === 4) return [0xff, marker];
    return segment(marker, random.integer(2) === 0 ? hidden : [random.integer(256)]);
  };
  const outcomes = { same: 0, refused: 0 };
  for (let round = 0; round < 600; round++) {
    const before = Array.from({ length: 1 + random.integer(3) }, pieces).flat();
    const bytes = Uint8Array.from([...jpeg.subarray(0, 2), ...before, ...jpeg.subarray(2)]);
    const size = jpegHeaderSize(bytes);
    try {
      const { widthPx, heightPx } = await decodeJpeg(vision, bytes, { name: "x", channels: 1 });
      if (size !== null) assert.deepEqual(size, { widthPx, heightPx }, before.join());
      outcomes.same += size === null ? 0 : 1;
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.same > 100 && outcomes.refused > 100, JSON.stringify(outcomes));
  for (const start of [[0xff, 0x01], [0xff, 0xd3], [0xff, 0xff, 0xff]]) {
    const bytes = Uint8Array.from([0xff, 0xd8, ...start, ...jpeg.subarray(2)]);
    assert.deepEqual(jpegHeaderSize(bytes), { widthPx: 24, heightPx: 16 });
  }
});

Deno.test("jpegHeaderSize() gives the size that libvips decodes, or none, whatever stands before the frame", async () => {
  const raw = { width: 40, height: 24, channels: 3 } as const;
  const picture = await sharp(new Uint8Array(40 * 24 * 3).fill(90), { raw });
  const random = seededRandom("jpeg headers and libvips");
  const outcomes = { same: 0, refusedByBoth: 0, refusedHere: 0 };
  for (const progressive of [false, true]) {
    const jpeg = new Uint8Array(await picture.clone().jpeg({ progressive }).toBuffer());
    for (let round = 0; round < 150; round++) {
      const bytes = mutant(jpeg, random);
      const size = jpegHeaderSize(bytes);
      const decoded = await sharp(bytes, { failOn: "none" }).raw()
        .toBuffer({ resolveWithObject: true }).catch(() => null);
      if (decoded === null) outcomes.refusedByBoth += size === null ? 1 : 0;
      else if (size === null) outcomes.refusedHere++;
      else {
        const { width, height } = decoded.info;
        assert.deepEqual(size, { widthPx: width, heightPx: height }, `${bytes.subarray(0, 64)}`);
        outcomes.same++;
      }
    }
  }
  assert.ok(outcomes.same > 50 && outcomes.refusedByBoth > 30, JSON.stringify(outcomes));
});

/** Markers without a length, fill bytes, segments of any kind, and bytes of the header changed. */
function mutant(
  jpeg: Uint8Array,
  random: ReturnType<typeof seededRandom>,
): Uint8Array<ArrayBuffer> {
  const frame = [0xff, 0xc0, 0, 17, 8, 0, 99, 0, 99, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
  const pieces = [
    [0xff, 0x01],
    [0xff, 0xd0 + random.integer(8)],
    [0xff, 0xff, 0xff],
    [0xff, 0xe0 + random.integer(16), 0, 2 + frame.length, ...frame],
    [0xff, random.integer(256), random.integer(2), random.integer(32)],
    frame,
    [random.integer(256)],
    [],
  ];
  const count = random.integer(3);
  const before = Array.from({ length: count }, () => pieces[random.integer(pieces.length)]).flat();
  const bytes = Uint8Array.from([0xff, 0xd8, ...before, ...jpeg.subarray(2)]);
  if (random.integer(2) === 0) bytes[2 + random.integer(200)] = random.integer(256);
  return bytes;
}
