import assert from "node:assert/strict";
import { NativeError, RuntimeNotAvailableError, seededRandom } from "../../src/core/mod.ts";
import { HnswIndex, openFaiss } from "../../src/native/faiss/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { between } from "../support/properties.ts";

const LIBRARY = `${REPOSITORY}/build/lib/libgdn_faiss.so`;
const SHAPE = { dimension: 2, m: 8, efConstruction: 40, efSearch: 16 };
const CORNERS = Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1);

Deno.test("openFaiss() says how to build a library that is absent", () => {
  assert.throws(
    () => openFaiss(`${REPOSITORY}/build/lib/libgdn_absent.so`),
    (error) => error instanceof RuntimeNotAvailableError && /deno task/.test(error.message),
  );
});

Deno.test("HnswIndex keeps the caller's ids and reports its shape", async () => {
  using faiss = openFaiss(LIBRARY);
  {
    await using index = HnswIndex.create(faiss, SHAPE);
    await index.add(CORNERS, BigInt64Array.of(10n, 20n, 2n ** 40n, -5n));
    const { ids, scores } = await index.search(Float32Array.of(1, 0, -1, 0), 2, 1);
    assert.deepEqual([...ids], [10n, 2n ** 40n]);
    assert.deepEqual([...scores], [1, 1]);
    await index.setEfSearch(33);
    assert.deepEqual(await index.info(), { ...SHAPE, efSearch: 33, count: 4 });
    const all = await index.search(Float32Array.of(1, 0), 1, 6);
    assert.deepEqual([...all.ids.slice(4)], [-1n, -1n]);
  }
  assert.equal(faiss.liveHandles(), 0);
});

Deno.test("HnswIndex finds the same now, later and by comparing everything", async () => {
  using faiss = openFaiss(LIBRARY);
  {
    await using index = HnswIndex.create(faiss, SHAPE);
    await index.add(CORNERS, BigInt64Array.of(7n, 8n, 9n, 10n));
    const query = Float32Array.of(0.8, 0.6);
    const now = index.searchNow(query, 1, 3);
    assert.deepEqual([...now.ids.subarray(0, 2)], [7n, 8n]);
    assert.deepEqual(await index.search(query, 1, 3), now);
    assert.deepEqual(await index.searchExact(query, 1, 3), now);
    await index.close();
    assert.throws(() => index.searchNow(query, 1, 3), TypeError);
  }
  assert.equal(faiss.liveHandles(), 0);
});

/** The order of ffi/faiss/inner_product.cc, each step rounded to a float. */
function innerProduct(left: Float32Array, right: Float32Array): number {
  const lanes = new Float32Array(32);
  const whole = left.length - left.length % 32;
  for (let i = 0; i < whole; i++) lanes[i % 32] += Math.fround(left[i] * right[i]);
  const add = (a: number, b: number) => Math.fround(a + b);
  const lane = (i: number) => add(add(lanes[i], lanes[i + 8]), add(lanes[i + 16], lanes[i + 24]));
  const half = (i: number) => add(add(lane(i), lane(i + 4)), add(lane(i + 2), lane(i + 6)));
  let sum = add(half(0), half(1));
  for (let i = whole; i < left.length; i++) sum = add(sum, Math.fround(left[i] * right[i]));
  return sum;
}

Deno.test("HnswIndex scores to the last bit what every other processor would", async () => {
  const random = seededRandom("inner product");
  using faiss = openFaiss(LIBRARY);
  for (const dimension of [1, 7, 31, 32, 33, 64, 100, 128, 511, 512]) {
    const row = () => Float32Array.from({ length: dimension }, () => between(random, -1, 1));
    const stored = row(), query = row();
    await using index = HnswIndex.create(faiss, { ...SHAPE, dimension });
    await index.add(stored, BigInt64Array.of(1n));
    const expected = innerProduct(query, stored);
    assert.equal(index.searchNow(query, 1, 1).scores[0], expected);
    assert.equal((await index.searchExact(query, 1, 1)).scores[0], expected);
  }
});

Deno.test("HnswIndex turns what FAISS refuses into NativeError", async () => {
  using faiss = openFaiss(LIBRARY);
  assert.throws(() => HnswIndex.create(faiss, { ...SHAPE, dimension: 0 }), NativeError);
  assert.throws(() => HnswIndex.create(faiss, { ...SHAPE, m: 1 }), NativeError);
  await assert.rejects(HnswIndex.decode(faiss, new Uint8Array()), NativeError);
  {
    await using index = HnswIndex.create(faiss, SHAPE);
    await assert.rejects(index.add(CORNERS, BigInt64Array.of(1n)), NativeError);
    await assert.rejects(index.search(CORNERS, 1, 1), NativeError);
    await assert.rejects(index.search(Float32Array.of(1, 0), 0, 1), RangeError);
    await assert.rejects(index.write("/nowhere/at all.index"), NativeError);
    const path = await Deno.makeTempFile({ prefix: "gdn-nan-" });
    await index.add(Float32Array.of(NaN, 0), BigInt64Array.of(1n));
    await index.write(path);
    await assert.rejects(HnswIndex.decode(faiss, await Deno.readFile(path)), /not finite/);
    await Deno.remove(path);
  }
  assert.equal(faiss.liveHandles(), 0);
});

Deno.test("HnswIndex lets calls in flight end when it is disposed, and frees once", async () => {
  using faiss = openFaiss(LIBRARY);
  const index = HnswIndex.create(faiss, SHAPE);
  await index.add(CORNERS, BigInt64Array.of(0n, 1n, 2n, 3n));
  const searches = Array.from({ length: 50 }, () => index.search(Float32Array.of(0, 1), 1, 1));
  index[Symbol.dispose]();
  await assert.rejects(index.search(Float32Array.of(0, 1), 1, 1), TypeError);
  for (const { ids } of await Promise.all(searches)) assert.equal(ids[0], 1n);
  await index.close();
  index[Symbol.dispose]();
  assert.equal(faiss.liveHandles(), 0);
});
