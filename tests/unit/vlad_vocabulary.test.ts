import assert from "node:assert/strict";
import { DataError, seededRandom } from "../../src/core/mod.ts";
import {
  decodeVocabulary,
  encodeVocabulary,
  type VladVocabulary,
} from "../../src/navigation/place_recognition/mod.ts";

function vocabulary(): VladVocabulary {
  const random = seededRandom("vocabulary");
  const floats = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return {
    patchPx: 96,
    stepPx: 3,
    cellPx: 6,
    power: 0.5,
    wordCount: 2,
    axisCount: 3,
    words: floats(256),
    mean: floats(256),
    axes: floats(768),
  };
}

Deno.test("decodeVocabulary() gives back what encodeVocabulary() wrote", () => {
  const written = vocabulary();
  assert.deepEqual(decodeVocabulary(encodeVocabulary(written), "v"), written);
});

Deno.test("decodeVocabulary() refuses with the file's name when the bytes are cut anywhere", () => {
  const bytes = encodeVocabulary(vocabulary());
  for (const length of [0, 7, 8, 31, 32, 33, 1000, bytes.length - 1]) {
    assert.throws(
      () => decodeVocabulary(bytes.slice(0, length), "place/vocabulary.bin"),
      (error) => error instanceof DataError && error.path === "place/vocabulary.bin",
      `cut to ${length}`,
    );
  }
  assert.throws(() => decodeVocabulary(new Uint8Array([...bytes, 0]), "v"), DataError);
});

Deno.test("decodeVocabulary() refuses sizes and values out of range", () => {
  const broken: [number, number][] = [[8, 0], [8, 1 << 20], [12, 0], [16, 1000], [20, 0]];
  broken.push([20, 0xffffffff], [24, 0], [24, 513], [24, 0xffffffff]);
  for (const [offset, value] of broken) {
    const bytes = encodeVocabulary(vocabulary());
    new DataView(bytes.buffer).setUint32(offset, value, true);
    assert.throws(() => decodeVocabulary(bytes, "v"), DataError, `${value} at ${offset}`);
  }
  for (const [offset, value] of [[28, NaN], [28, 0], [32, NaN], [100, Infinity]]) {
    const bytes = encodeVocabulary(vocabulary());
    new DataView(bytes.buffer).setFloat32(offset, value, true);
    assert.throws(() => decodeVocabulary(bytes, "v"), DataError, `${value} at ${offset}`);
  }
});

Deno.test("decodeVocabulary() names another version as such", () => {
  const bytes = encodeVocabulary(vocabulary());
  bytes[7] = "2".charCodeAt(0);
  assert.throws(() => decodeVocabulary(bytes, "v"), /version 2, not 1/);
});

Deno.test("decodeVocabulary() throws nothing but DataError on random bytes", () => {
  const random = seededRandom("hostile vocabulary, seed 1");
  for (let round = 0; round < 200; round++) {
    const bytes = encodeVocabulary(vocabulary()).slice(0, 200 + random.integer(4000));
    for (let i = 0; i < 5; i++) bytes[random.integer(40)] = random.integer(256);
    assert.throws(() => decodeVocabulary(bytes, "v"), DataError);
  }
});
