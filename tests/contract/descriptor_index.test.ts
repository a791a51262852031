/**
 * The descriptor index contract on FAISS and on the fake, and what FAISS does with damaged files.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import {
  buildDescriptorIndex,
  IndexBuildError,
  indexPaths,
  IndexUnavailableError,
  openDescriptorIndex,
} from "../../src/navigation/descriptor_index/mod.ts";
import {
  FakeDescriptorIndex,
  type FakeIndexFiles,
} from "../../src/navigation/descriptor_index/fake_descriptor_index.ts";
import { type FaissLibrary, openFaiss } from "../../src/native/faiss/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import {
  descriptorIndexSuite,
  HNSW,
  makeDescriptors,
  positions,
} from "./descriptor_index_suite.ts";

let faiss: FaissLibrary;
Deno.test.beforeAll(() => {
  faiss = openFaiss(`${REPOSITORY}/build/lib/libgdn_faiss.so`);
});
Deno.test.afterAll(() => {
  const alive = faiss.liveHandles();
  faiss[Symbol.dispose]();
  assert.equal(alive, 0, "live handles at the end");
});

descriptorIndexSuite("fake", () => {
  const files: FakeIndexFiles = {};
  return Promise.resolve({
    index: () => new FakeDescriptorIndex(files),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

descriptorIndexSuite("FAISS", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-index-" });
  return {
    index: () => buildDescriptorIndex(`${folder}/made here/places.index`, faiss),
    [Symbol.asyncDispose]: async () => {
      assert.equal(faiss.liveHandles(), 0, "live handles after the test");
      await Deno.remove(folder, { recursive: true });
    },
  };
});

async function withIndexFile(body: (path: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-index-" });
  try {
    const path = `${folder}/places.index`;
    await using index = buildDescriptorIndex(path, faiss);
    await index.rebuildFromDescriptors(
      makeDescriptors(60, 16, seededRandom(1)),
      positions(60),
      HNSW,
    );
    await body(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Rewrites the sidecars so that the hash of whatever stands in the index is right. */
async function sign(path: string, change: Record<string, unknown> = {}): Promise<void> {
  const paths = indexPaths(path);
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  const sha256 = new Uint8Array(digest).toHex();
  const metadata = JSON.parse(await Deno.readTextFile(paths.metadata));
  await Deno.writeTextFile(paths.sha256, `${sha256}  places.index\n`);
  await Deno.writeTextFile(paths.metadata, JSON.stringify({ ...metadata, sha256, ...change }));
}

Deno.test("FAISS: rebuildFromDescriptors() leaves three files and nothing else", () =>
  withIndexFile((path) => {
    const folder = path.replace(/\/[^/]+$/, "");
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
    assert.deepEqual(names, ["places.index", "places.index.meta.json", "places.index.sha256"]);
  }));

Deno.test("FAISS: load() refuses files that are absent, altered or do not agree", () =>
  withIndexFile(async (path) => {
    for (const file of Object.values(indexPaths(path))) {
      const bytes = await Deno.readFile(file);
      await Deno.remove(file);
      await assert.rejects(openDescriptorIndex(path, faiss), IndexUnavailableError, "absent");
      const changed = bytes.slice();
      changed[10] ^= 1;
      await Deno.writeFile(file, changed);
      await assert.rejects(openDescriptorIndex(path, faiss), IndexUnavailableError, "altered");
      await Deno.writeFile(file, bytes);
    }
    for (const change of [{ dimension: 17 }, { count: 61 }, { metric: "l2" }, { hnsw: {} }]) {
      await sign(path, change);
      await assert.rejects(
        openDescriptorIndex(path, faiss),
        IndexUnavailableError,
        JSON.stringify(change),
      );
    }
    await sign(path, { dimension: 16, count: 60, metric: "inner_product", hnsw: HNSW });
    await using index = await openDescriptorIndex(path, faiss);
    assert.equal(index.descriptorDim(), 16);
  }));

Deno.test("FAISS: load() refuses a damaged index even when its hash was made anew", () =>
  withIndexFile(async (path) => {
    const good = await Deno.readFile(path);
    const cut = (length: number) => good.slice(0, length);
    const bad = [cut(0), cut(3), cut(50), cut(good.length - 1), new Uint8Array(1000).fill(7)];
    for (const bytes of bad) {
      await Deno.writeFile(path, bytes);
      await sign(path);
      await assert.rejects(openDescriptorIndex(path, faiss), IndexUnavailableError);
    }
  }));

Deno.test("FAISS: a build that cannot be written leaves the old files and no others", () =>
  withIndexFile(async (path) => {
    const folder = path.replace(/\/[^/]+$/, "");
    const blocked = `${path}/inside of a file/places.index`;
    await using index = buildDescriptorIndex(blocked, faiss);
    const descriptors = makeDescriptors(5, 16, seededRandom(2));
    await assert.rejects(
      index.rebuildFromDescriptors(descriptors, positions(5), HNSW),
      IndexBuildError,
    );
    assert.equal([...Deno.readDirSync(folder)].length, 3);
  }));
