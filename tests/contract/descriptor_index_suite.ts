/**
 * What every descriptor index does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import {
  type DescriptorIndex,
  type HnswParams,
  IndexBuildError,
  IndexUnavailableError,
} from "../../src/descriptor_index/mod.ts";
import { exactTopK } from "../../src/descriptor_index/fake_descriptor_index.ts";

export const HNSW: HnswParams = { m: 32, efConstruction: 200, efSearch: 64 };

/** A place for one index; indices made of one place see what was built there. */
export interface IndexPlace extends AsyncDisposable {
  index(): DescriptorIndex;
}

function unit(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm);
}

/**
 * L2-normalised descriptors as pictures make them: clusters of views of the same ground. (On plain
 * random vectors every point is as far as every other, and recall says nothing.)
 */
export function makeDescriptors(
  count: number,
  dimension: number,
  random: Random,
): Float32Array<ArrayBuffer> {
  const centres = Array.from(
    { length: Math.ceil(count / 20) },
    () => new Float32Array(dimension).map(() => random.normal()),
  );
  const all = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    const centre = centres[row % centres.length];
    all.set(unit(centre.map((value) => value + 0.5 * random.normal())), row * dimension);
  }
  return all;
}

const DIMENSION = 32;
type Body = (place: IndexPlace) => Promise<void>;

export function descriptorIndexSuite(name: string, make: () => Promise<IndexPlace>): void {
  for (const [title, body] of Object.entries({ ...searching, ...building })) {
    Deno.test(`${name}: ${title}`, async () => {
      await using place = await make();
      await body(place);
    });
  }
}

const searching: Record<string, Body> = {
  "searchTopK() finds what exact search finds": async (place) => {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0];
    console.log(`seed ${seed}`);
    const random = seededRandom(seed);
    const descriptors = makeDescriptors(1500, DIMENSION, random);
    await using index = place.index();
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    let right = 0, wanted = 0;
    for (let round = 0; round < 50; round++) {
      const row = random.integer(1500);
      const near = descriptors.slice(row * DIMENSION, (row + 1) * DIMENSION);
      const query = unit(near.map((value) => value + 0.05 * random.normal()));
      const exact = exactTopK(descriptors, DIMENSION, query, 10);
      const found = await index.searchTopK(query, 10);
      assert.equal(found.length, 10);
      found.forEach((hit, i) => {
        if (i > 0) assert.ok(hit.score <= found[i - 1].score, "best first");
      });
      assert.equal(found[0].id, exact[0].id);
      assert.ok(Math.abs(found[0].score - exact[0].score) < 1e-5);
      const ids = new Set(exact.map((hit) => hit.id));
      right += found.filter((hit) => ids.has(hit.id)).length;
      wanted += exact.length;
    }
    assert.ok(right / wanted >= 0.98, `recall ${right / wanted}`);
  },
  "searchTopK() gives all there are when k is larger": async (place) => {
    await using index = place.index();
    const descriptors = makeDescriptors(5, DIMENSION, seededRandom(1));
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    const hits = await index.searchTopK(descriptors.slice(0, DIMENSION), 50);
    assert.deepEqual(hits.map((hit) => hit.id).sort(), [0, 1, 2, 3, 4]);
  },
  "searchTopK() copies the query and takes many at once": async (place) => {
    await using index = place.index();
    const descriptors = makeDescriptors(200, DIMENSION, seededRandom(2));
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    const query = new Float32Array(DIMENSION);
    const searches = [];
    for (let row = 0; row < 200; row++) {
      query.set(descriptors.subarray(row * DIMENSION, (row + 1) * DIMENSION));
      searches.push(index.searchTopK(query, 1));
      query.fill(Number.NaN);
    }
    const found = await Promise.all(searches);
    assert.deepEqual(found.map(([hit]) => hit.id), Array.from({ length: 200 }, (_, i) => i));
  },
  "searchTopK() refuses queries that are no descriptor": async (place) => {
    await using index = place.index();
    const descriptors = makeDescriptors(5, DIMENSION, seededRandom(3));
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    const good = descriptors.slice(0, DIMENSION);
    const bad = [good.slice(1), good.map((v) => 2 * v), good.fill(Number.NaN, 0, 1)];
    for (const query of bad) await assert.rejects(index.searchTopK(query, 1), RangeError);
    const again = descriptors.slice(0, DIMENSION);
    for (const k of [0, -1, 1.5]) await assert.rejects(index.searchTopK(again, k), RangeError);
  },
  "an index that was not loaded, or is closed, is IndexUnavailableError": async (place) => {
    const index = place.index();
    await assert.rejects(index.load(), IndexUnavailableError);
    await assert.rejects(index.searchTopK(new Float32Array(DIMENSION), 1), IndexUnavailableError);
    assert.throws(() => index.descriptorDim(), IndexUnavailableError);
    assert.throws(() => index.indexMetadata(), IndexUnavailableError);
    const descriptors = makeDescriptors(5, DIMENSION, seededRandom(4));
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    const last = index.searchTopK(descriptors.slice(0, DIMENSION), 1);
    index[Symbol.dispose]();
    index[Symbol.dispose]();
    await index[Symbol.asyncDispose]();
    assert.equal((await last)[0].id, 0);
    const query = descriptors.slice(0, DIMENSION);
    await assert.rejects(index.searchTopK(query, 1), IndexUnavailableError);
  },
};

const building: Record<string, Body> = {
  "load() opens what another index has built": async (place) => {
    const descriptors = makeDescriptors(50, DIMENSION, seededRandom(5));
    await using builder = place.index();
    await builder.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    await using reader = place.index();
    await reader.load();
    assert.equal(reader.descriptorDim(), DIMENSION);
    assert.deepEqual(reader.indexMetadata(), builder.indexMetadata());
    const { count, hnsw, metric } = reader.indexMetadata();
    assert.deepEqual({ count, hnsw, metric }, { count: 50, hnsw: HNSW, metric: "inner_product" });
    const query = descriptors.slice(7 * DIMENSION, 8 * DIMENSION);
    assert.deepEqual(await reader.searchTopK(query, 5), await builder.searchTopK(query, 5));
  },
  "rebuildFromDescriptors() makes the same of the same": async (place) => {
    const descriptors = makeDescriptors(300, DIMENSION, seededRandom(6));
    await using index = place.index();
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    const first = index.indexMetadata();
    await index.rebuildFromDescriptors(descriptors, DIMENSION, HNSW);
    assert.deepEqual(index.indexMetadata(), first);
  },
  "rebuildFromDescriptors() refuses what makes no index and keeps the old one": async (place) => {
    const good = makeDescriptors(5, DIMENSION, seededRandom(7));
    await using index = place.index();
    await index.rebuildFromDescriptors(good, DIMENSION, HNSW);
    const before = index.indexMetadata();
    const long = good.slice();
    long[0] += 1;
    const bad: [Float32Array, number, HnswParams][] = [
      [new Float32Array(0), DIMENSION, HNSW],
      [good.slice(1), DIMENSION, HNSW],
      [long, DIMENSION, HNSW],
      [good.map(() => Number.NaN), DIMENSION, HNSW],
      [good, 0, HNSW],
      [makeDescriptors(1, 513, seededRandom(8)), 513, HNSW],
      [good, DIMENSION, { ...HNSW, m: 1 }],
      [good, DIMENSION, { ...HNSW, efSearch: 0 }],
    ];
    for (const [descriptors, dimension, params] of bad) {
      await assert.rejects(
        index.rebuildFromDescriptors(descriptors, dimension, params),
        IndexBuildError,
      );
    }
    assert.deepEqual(index.indexMetadata(), before);
    assert.equal((await index.searchTopK(good.slice(0, DIMENSION), 1))[0].id, 0);
  },
};
