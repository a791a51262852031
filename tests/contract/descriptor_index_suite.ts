/**
 * The contract suite that every descriptor index must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import {
  type DescriptorIndex,
  type HnswBuildParams,
  type HnswParams,
  IndexBuildError,
  IndexUnavailableError,
} from "../../src/navigation/descriptor_index/mod.ts";
import { exactTopK } from "../../src/navigation/descriptor_index/fake_descriptor_index.ts";

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

/** Positions: 0, 1, 2… */
export function positions(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

const idsOf = (descriptors: Float32Array) => positions(descriptors.length / DIMENSION);
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
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
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
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
    const hits = await index.searchTopK(descriptors.slice(0, DIMENSION), 50);
    assert.deepEqual(hits.map((hit) => hit.id).sort(), [0, 1, 2, 3, 4]);
  },
  "searchTopK() copies the query and takes many at once": async (place) => {
    await using index = place.index();
    const descriptors = makeDescriptors(200, DIMENSION, seededRandom(2));
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
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
  "searchTopK() refuses queries that are not descriptors": async (place) => {
    await using index = place.index();
    const descriptors = makeDescriptors(5, DIMENSION, seededRandom(3));
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
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
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
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
    await builder.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
    await using reader = place.index();
    await reader.load();
    assert.equal(reader.descriptorDim(), DIMENSION);
    assert.deepEqual(reader.indexMetadata(), builder.indexMetadata());
    const { count, hnsw, metric } = reader.indexMetadata();
    assert.deepEqual({ count, hnsw, metric }, { count: 50, hnsw: HNSW, metric: "inner_product" });
    const query = descriptors.slice(7 * DIMENSION, 8 * DIMENSION);
    assert.deepEqual(await reader.searchTopK(query, 5), await builder.searchTopK(query, 5));
  },
  "rebuildFromDescriptors() keeps the caller's ids and reports progress": async (place) => {
    const descriptors = makeDescriptors(700, DIMENSION, seededRandom(9));
    const ids = positions(700).map((i) => 2 ** 52 + 3 * i);
    const told: number[] = [];
    await using index = place.index();
    await index.rebuildFromDescriptors(descriptors, ids, HNSW, {
      onProgress: (done, total) => {
        assert.equal(total, 700);
        told.push(done);
      },
    });
    assert.equal(told.at(-1), 700);
    assert.deepEqual(told, told.toSorted((a, b) => a - b));
    const query = descriptors.slice(650 * DIMENSION, 651 * DIMENSION);
    assert.equal((await index.searchTopK(query, 1))[0].id, ids[650]);
  },
  "rebuildFromDescriptors() that is aborted keeps the old index": async (place) => {
    const old = makeDescriptors(5, DIMENSION, seededRandom(10));
    await using index = place.index();
    await index.rebuildFromDescriptors(old, idsOf(old), HNSW);
    const before = index.indexMetadata();
    const next = makeDescriptors(700, DIMENSION, seededRandom(11));
    const signal = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await assert.rejects(
      index.rebuildFromDescriptors(next, idsOf(next), HNSW, { signal }),
      { name: "AbortError" },
    );
    await using reader = place.index();
    await reader.load();
    for (const each of [index, reader]) assert.deepEqual(each.indexMetadata(), before);
  },
  "rebuildFromDescriptors() measures the efSearch that the wanted recall takes": async (place) => {
    const random = seededRandom(12);
    const all = makeDescriptors(1100, DIMENSION, random);
    const descriptors = all.slice(0, 1000 * DIMENSION), queries = all.slice(1000 * DIMENSION);
    await using index = place.index();
    const target = { recallMin: 0.97, k: 10, queries };
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), {
      ...HNSW,
      efSearch: target,
    });
    const { recall, hnsw } = index.indexMetadata();
    assert.ok(recall !== undefined && recall.measured >= 0.97, JSON.stringify(recall));
    assert.deepEqual({ ...recall, measured: 1 }, {
      k: 10,
      wanted: 0.97,
      measured: 1,
      queryCount: 100,
    });
    assert.ok(hnsw.efSearch >= 10);
    await using reader = place.index();
    await reader.load();
    assert.deepEqual(reader.indexMetadata(), index.indexMetadata());
  },
  "descriptors longer than 512 floats are stored shorter and asked for whole": async (place) => {
    const long = 600;
    const descriptors = makeDescriptors(60, long, seededRandom(13));
    await using builder = place.index();
    await builder.rebuildFromDescriptors(descriptors, positions(60), HNSW);
    await using index = place.index();
    await index.load();
    assert.equal(index.descriptorDim(), long);
    assert.ok(index.indexMetadata().dimension <= 512);
    for (const row of [0, 17, 59]) {
      const query = descriptors.slice(row * long, (row + 1) * long);
      const [first] = await index.searchTopK(query, 3);
      assert.equal(first.id, row);
      assert.ok(Math.abs(first.score - 1) < 1e-4, `score ${first.score}`);
    }
    await assert.rejects(index.searchTopK(descriptors.slice(0, 59), 1), RangeError);
  },
  "searches that run while rebuilds swap the index are answered by one index or the other": async (
    place,
  ) => {
    await using index = place.index();
    const sets = [14, 15].map((seed) => makeDescriptors(100, DIMENSION, seededRandom(seed)));
    const build = (which: number) =>
      index.rebuildFromDescriptors(sets[which], positions(100).map((i) => 1000 * which + i), HNSW);
    await build(0);
    let building = true, answered = 0;
    const searching = Array.from({ length: 4 }, async (_, start) => {
      for (let i = start; building; i++) {
        const query = sets[i % 2].slice((i % 100) * DIMENSION, (i % 100 + 1) * DIMENSION);
        const hits = await index.searchTopK(query, 10);
        assert.equal(hits.length, 10);
        const owners = new Set(hits.map((hit) => Math.floor(hit.id / 1000)));
        assert.equal(owners.size, 1, "hits of two indices in one answer");
        answered++;
        await sleep(0);
      }
    });
    try {
      for (let round = 1; round <= 6; round++) {
        await build(round % 2);
        await sleep(2);
      }
    } finally {
      building = false;
    }
    await Promise.all(searching);
    assert.ok(answered >= 6, `${answered} answers`);
  },
  "rebuildFromDescriptors() is deterministic": async (place) => {
    const descriptors = makeDescriptors(300, DIMENSION, seededRandom(6));
    await using index = place.index();
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
    const first = index.indexMetadata();
    await index.rebuildFromDescriptors(descriptors, idsOf(descriptors), HNSW);
    assert.deepEqual(index.indexMetadata(), first);
  },
  "rebuildFromDescriptors() refuses invalid input and keeps the old index": async (place) => {
    const good = makeDescriptors(5, DIMENSION, seededRandom(7));
    await using index = place.index();
    await index.rebuildFromDescriptors(good, idsOf(good), HNSW);
    const before = index.indexMetadata();
    const long = good.slice();
    long[0] += 1;
    const target = { recallMin: 0.9, k: 3, queries: good };
    const bad: [Float32Array, number[], HnswBuildParams][] = [
      [new Float32Array(0), [], HNSW],
      [good.slice(1), positions(5), HNSW],
      [good, positions(4), HNSW],
      [good, [0, 1, 2, 3, 3], HNSW],
      [good, [0, 1, 2, 3, -4], HNSW],
      [good, [0, 1, 2, 3, 2 ** 53], HNSW],
      [good, [0, 1, 2, 3, 4.5], HNSW],
      [long, positions(5), HNSW],
      [good.map(() => Number.NaN), positions(5), HNSW],
      [new Float32Array(65_537).fill(1 / 256), [0], HNSW],
      [good, positions(5), { ...HNSW, m: 1 }],
      [good, positions(5), { ...HNSW, efSearch: 0 }],
      [good, positions(5), { ...HNSW, efSearch: { ...target, recallMin: 1.1 } }],
      [good, positions(5), { ...HNSW, efSearch: { ...target, k: 0 } }],
      [good, positions(5), { ...HNSW, efSearch: { ...target, queries: good.slice(1) } }],
      [good, positions(5), { ...HNSW, efSearch: { ...target, queries: long } }],
      [good, positions(5), { ...HNSW, efSearch: { ...target, queries: new Float32Array(0) } }],
    ];
    for (const [descriptors, ids, params] of bad) {
      await assert.rejects(
        index.rebuildFromDescriptors(descriptors, ids, params),
        IndexBuildError,
      );
    }
    assert.deepEqual(index.indexMetadata(), before);
    assert.equal((await index.searchTopK(good.slice(0, DIMENSION), 1))[0].id, 0);
  },
};
