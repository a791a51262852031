/**
 * Index files of FAISS with the right hashes and hostile insides: every number of the file is changed
 * in turn. It is refused, or searched as before; never a crash, and no memory beyond the file's own
 * size. `GDN_TEST_SEED` and `GDN_INDEX_ROUNDS` vary it (`deno task campaign --only index_file`).
 */
import assert from "node:assert/strict";
import { l2Normalise, NativeError, seededRandom, sha256Hex } from "../../src/core/mod.ts";
import {
  encodeManifest,
  type Manifest,
  PACKAGE_PATHS,
} from "../../src/flight/flight_package/mod.ts";
import { HnswIndex, openFaiss } from "../../src/native/faiss/mod.ts";
import { type IndexField, indexFields, withField } from "../support/index_file.ts";
import { inScratch } from "../support/scratch.ts";
import { worldForFile } from "./fixture.ts";
import { copyFolder, filesBelow, forEachCase, run } from "./programs.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";
const ROUNDS = Number(Deno.env.get("GDN_INDEX_ROUNDS") ?? 400);
const COUNT = 60, DIMENSION = 16;
const world = worldForFile();

/** Numbers at which something wraps, ends or becomes large. */
const HOSTILE = [-1, 0, 1, 2, COUNT - 1, COUNT, COUNT + 1, 2 ** 16, 5e7, 2 ** 31 - 1, -(2 ** 31)];
const HOSTILE_U64 = [2 ** 31, 2 ** 32, 2 ** 39, 2 ** 40, 2 ** 53, 2 ** 61, 2 ** 62, -(2 ** 62)];
const HOSTILE_FLOATS = [NaN, Infinity, -Infinity, -1, 1e300, 5];

function hostileValues({ type }: IndexField): readonly number[] {
  if (type === "f32" || type === "f64") return HOSTILE_FLOATS;
  if (type === "u8") return [0, 2, 255];
  return type === "u64" ? [...HOSTILE, ...HOSTILE_U64] : HOSTILE;
}

Deno.test("an index file with any of its numbers changed is refused or searched, within its own size", async () => {
  using faiss = openFaiss();
  await inScratch(async (folder) => {
    const path = `${folder}/places.index`;
    const random = seededRandom(`${SEED}/hostile index`);
    const rows = Float32Array.from({ length: COUNT * DIMENSION }, () => random.normal());
    const descriptors = l2Normalise(rows, DIMENSION);
    {
      await using made = HnswIndex.create(faiss, {
        dimension: DIMENSION,
        m: 4,
        efConstruction: 40,
        efSearch: 16,
      });
      await made.add(descriptors, BigInt64Array.from({ length: COUNT }, (_, i) => BigInt(i)));
      await made.write(path);
    }
    const good = await Deno.readFile(path);
    const fields = indexFields(good);
    const query = descriptors.slice(0, DIMENSION);
    const before = Deno.memoryUsage().rss;
    const outcomes = { refused: 0, searched: 0 };
    const attempt = async (bytes: Uint8Array<ArrayBuffer>, what: string) => {
      try {
        await using index = await HnswIndex.decode(faiss, bytes);
        const { ids } = await index.search(query, 1, COUNT);
        assert.equal(ids.length, COUNT, what);
        await index.searchExact(query, 1, 5);
        outcomes.searched++;
      } catch (error) {
        assert.ok(error instanceof NativeError && error.status === 5, `${what}: ${error}`);
        outcomes.refused++;
      }
    };
    for (const field of fields) {
      for (const value of hostileValues(field)) {
        const element = field.count > 1 ? random.integer(field.count) : 0;
        await attempt(
          withField(good, field, value, element),
          `${field.name}[${element}] = ${value}`,
        );
      }
    }
    assert.ok(outcomes.refused > 200, JSON.stringify(outcomes));
    for (let round = 0; round < ROUNDS; round++) {
      const at = seededRandom(`${SEED}/index/${round}`);
      let bytes = good;
      for (let change = 0; change < 1 + at.integer(3); change++) {
        const field = fields[at.integer(fields.length)];
        const values = hostileValues(field);
        bytes = withField(bytes, field, values[at.integer(values.length)], at.integer(field.count));
      }
      if (at.integer(8) === 0) bytes = bytes.slice(0, at.integer(bytes.length));
      await attempt(bytes, `GDN_TEST_SEED=${SEED}, round ${round}`);
    }
    const grownMiB = (Deno.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grownMiB < 100, `${grownMiB} MiB more than before`);
    console.log(`index: seed ${SEED}, ${JSON.stringify(outcomes)}`);
  });
  assert.equal(faiss.liveHandles(), 0);
});

/** Changes a number of the package's index, and makes every hash right again. */
async function damageIndex(folder: string, name: string, value: number): Promise<void> {
  const path = `${folder}/${PACKAGE_PATHS.index}`;
  const good = await Deno.readFile(path);
  const field = indexFields(good).find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`there is no ${name}`);
  const bytes = withField(good, field, value);
  const before = sha256Hex(good), after = sha256Hex(bytes);
  await Deno.writeFile(path, bytes);
  for (const suffix of [".sha256", ".meta.json"]) {
    const text = await Deno.readTextFile(path + suffix);
    await Deno.writeTextFile(path + suffix, text.replaceAll(before, after));
  }
  const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`));
  const files = await Promise.all(manifest.files.map(async (file) => {
    if (!file.path.startsWith(PACKAGE_PATHS.index)) return file;
    const content = await Deno.readFile(`${folder}/${file.path}`);
    return { ...file, bytes: content.length, sha256: sha256Hex(content) };
  }));
  await Deno.writeFile(`${folder}/manifest.json`, encodeManifest({ ...manifest, files }));
}

Deno.test("airborne refuses a package whose index leads astray, although every hash is right", async () => {
  const cases = [
    { name: "upperBeam", value: 0, says: /search of the upper levels/ },
    { name: "upperBeam", value: -1, says: /search of the upper levels/ },
    { name: "upperBeam", value: 50_000_000, says: /search of the upper levels/ },
    { name: "neighbours.length", value: 3 * 2 ** 28, says: /array of the graph/ },
    { name: "floats.length", value: 3 * 2 ** 28, says: /vectors have another length/ },
  ];
  await forEachCase(cases, async ({ name, value, says }, scratch) => {
    const folder = `${scratch}/package`, recorder = `${scratch}/recorder`;
    await copyFolder(world().package, folder);
    await damageIndex(folder, name, value);
    const args = ["replay", world().flight, "--package", folder, "--recorder", recorder, "--json"];
    const { code, out, err } = await run("airborne", args, {
      read: [world().flight, folder],
      write: [recorder],
    });
    assert.match(err, says);
    assert.match(err, /place\/places\.index/);
    assert.equal(code, 65, err);
    assert.equal(out, "");
    assert.deepEqual(await filesBelow(recorder), []);
  });
});
