/**
 * The three files of an index after a crash at any moment of a rebuild: wholly the old index or
 * wholly the new one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inScratch } from "../support/scratch.ts";
import { seededRandom } from "../../src/core/mod.ts";
import {
  buildDescriptorIndex,
  IndexUnavailableError,
  openDescriptorIndex,
} from "../../src/navigation/descriptor_index/mod.ts";
import { replaceIndexFiles } from "../../src/navigation/descriptor_index/swap_files.ts";
import { type FaissLibrary, HnswIndex, openFaiss } from "../../src/native/faiss/mod.ts";
import { crashStates, readNames, RecordingDisk, writeNames } from "../support/crash_states.ts";
import { crashSet, HNSW_SMALL, setOf, SETS } from "../support/descriptor_index_sets.ts";
import { REPOSITORY } from "../support/paths.ts";

/** The long campaign asks for more. */
const ROUNDS = Number(Deno.env.get("GDN_INDEX_CRASH_ROUNDS") ?? 8);

let faiss: FaissLibrary;
Deno.test.beforeAll(() => {
  faiss = openFaiss();
});
Deno.test.afterAll(() => {
  const alive = faiss.liveHandles();
  faiss[Symbol.dispose]();
  assert.equal(alive, 0, "live handles at the end");
});

async function build(path: string, which: number): Promise<void> {
  const { descriptors, ids } = crashSet(which);
  await using index = buildDescriptorIndex(path, faiss);
  await index.rebuildFromDescriptors(descriptors, ids, HNSW_SMALL);
}

/** The number of the set that the files are an index of; null where there is none. */
async function loaded(path: string): Promise<number | null> {
  try {
    await using index = await openDescriptorIndex(path, faiss);
    return await setOf(index);
  } catch (error) {
    if (error instanceof IndexUnavailableError && /meta\.json cannot be read/.test(error.message)) {
      return null;
    }
    throw error;
  }
}

/** The file operations of a rebuild with set `which`. */
async function recorded(folder: string, which: number): Promise<RecordingDisk> {
  const path = `${folder}/places.index`, disk = new RecordingDisk(folder);
  const { descriptors, ids } = crashSet(which);
  using hnsw = HnswIndex.create(faiss, { dimension: 16, ...HNSW_SMALL });
  await hnsw.add(new Float32Array(descriptors), BigInt64Array.from(ids, BigInt));
  await replaceIndexFiles(path, (file) => hnsw.write(file), {
    format: "gdn-descriptor-index",
    formatVersion: 1,
    dimension: 16,
    count: ids.length,
    metric: "inner_product",
    hnsw: HNSW_SMALL,
  }, disk);
  return disk;
}

const SCENARIOS: readonly { name: string; old: number | null; next: number; leftover?: number }[] =
  [
    { name: "the first build", old: null, next: 1 },
    { name: "a rebuild", old: 0, next: 1 },
    { name: "a rebuild with the same descriptors", old: 1, next: 1 },
    { name: "a rebuild after one that stopped short", old: 0, next: 1, leftover: 2 },
  ];

for (const { name, old, next, leftover } of SCENARIOS) {
  Deno.test(`every crash of ${name} leaves the old index or the new one`, () =>
    inScratch(async (folder) => {
      const path = `${folder}/places.index`;
      if (old !== null) await build(path, old);
      if (leftover !== undefined) await stopShort(folder, leftover);
      const before = await readNames(folder);
      const { operations } = await recorded(folder, next);
      const decision = operations.findIndex(({ label }) =>
        label.endsWith("to places.index.meta.json")
      );
      assert.ok(decision > 0, "no rename of the metadata was recorded");
      const seen = new Map<number | null, number>();
      const states = crashStates(before, operations);
      for (const { label, names, afterOperation } of states) {
        await writeNames(folder, names);
        const found = await loaded(path);
        assert.ok(found === old || found === next, `${label}: it is an index of ${found}`);
        if (afterOperation > decision) assert.equal(found, next, label);
        if (label.startsWith("killed") && afterOperation <= decision) {
          assert.equal(found, old, label);
        }
        seen.set(found, (seen.get(found) ?? 0) + 1);
        // The next build ends what was begun, and clears away what was not.
        await build(path, 3);
        assert.equal(await loaded(path), 3, `${label}: after the next build`);
        const left = [...(await readNames(folder)).keys()].sort();
        const three = ["places.index", "places.index.meta.json", "places.index.sha256"];
        assert.deepEqual(left, three, label);
      }
      console.log(`${states.length} states: ${JSON.stringify([...seen])}`);
      assert.ok(seen.get(next)! >= 3 && (seen.get(old) ?? 0) >= 3, "both sides of the decision");
    }));
}

/** Leaves what a rebuild that was killed just before its decision leaves. */
async function stopShort(folder: string, which: number): Promise<void> {
  const before = await readNames(folder);
  const { operations } = await recorded(folder, which);
  const decision = operations.findIndex(({ label }) => label.endsWith("to places.index.meta.json"));
  const states = crashStates(before, operations.slice(0, decision));
  await writeNames(folder, states.findLast(({ label }) => label.startsWith("killed"))!.names);
  assert.equal((await readNames(folder)).size, 6, "three files and three that wait");
}

Deno.test("kill -9 while an index is rebuilt leaves the index before or after", () =>
  inScratch(async (folder) => {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0];
    console.log(`seed ${seed}`);
    const random = seededRandom(seed);
    const path = `${folder}/places.index`;
    let halfway = 0, last: number | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const first = round % SETS;
      const built = await killedRebuilder(path, first, 5 + random.integer(120));
      const promised = built.length > 0 ? built.at(-1)! : last;
      const begun = built.length > 0 ? (built.at(-1)! + 1) % SETS : first;
      if ((await readNames(folder)).size > 3) halfway++;
      last = await loaded(path);
      const right = last === promised || last === begun;
      assert.ok(right, `round ${round}: ${last}, promised ${promised}, begun ${begun}`);
    }
    console.log(`${ROUNDS} kills, ${halfway} of them left more than the three files`);
  }));

/** Sets that it said were built, in their order. */
async function killedRebuilder(path: string, first: number, afterMs: number): Promise<number[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--cached-only",
      `--config=${REPOSITORY}/deno.json`,
      `${REPOSITORY}/tests/support/descriptor_index_rebuilder.ts`,
      path,
      String(first),
    ],
    stdout: "piped",
  }).spawn();
  let text = "", killing: Promise<void> | undefined;
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (!text.includes("ready\n") || killing !== undefined) continue;
    killing = sleep(afterMs).then(() => child.kill("SIGKILL"));
  }
  await killing;
  await child.status;
  // A last line without its end was not promised.
  return text.split("\n").slice(0, -1).flatMap((line) =>
    line.startsWith("built ") ? [Number(line.slice(6))] : []
  );
}
