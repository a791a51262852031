import assert from "node:assert/strict";
import { seededRandom } from "../../src/core/mod.ts";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { HNSW, makeDescriptors, positions } from "../contract/descriptor_index_suite.ts";
import { REPOSITORY } from "../support/paths.ts";

const LIBRARY = `${REPOSITORY}/build/lib/libgdn_faiss.so`;

/** Searches a prebuilt index as airborne does. Arguments: library, index file. */
const PROGRAM = `
import { openFaiss } from "${REPOSITORY}/src/native/faiss/mod.ts";
import { openDescriptorIndex } from "${REPOSITORY}/src/navigation/descriptor_index/mod.ts";
using faiss = openFaiss(Deno.args[0]);
{
  await using index = await openDescriptorIndex(Deno.args[1], faiss);
  const [hit] = await index.searchTopK(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), 1);
  console.log(hit.id, hit.score.toFixed(3));
}
console.log(faiss.liveHandles());
`;

async function deno(args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("a prebuilt index is searched with FFI scoped to the library and reads to its folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-index-" });
  try {
    using faiss = openFaiss(LIBRARY);
    const path = `${folder}/places.index`;
    await using index = buildDescriptorIndex(path, faiss);
    const descriptors = makeDescriptors(40, 8, seededRandom(1));
    descriptors.fill(0, 9 * 8, 10 * 8).fill(1, 9 * 8, 9 * 8 + 1);
    await index.rebuildFromDescriptors(descriptors, positions(descriptors.length / 8), HNSW);
    const program = `${folder}/program.ts`;
    await Deno.writeTextFile(program, PROGRAM);
    const run = (grants: string[]) =>
      deno([
        "run",
        "--no-prompt",
        "--cached-only",
        `--config=${REPOSITORY}/deno.json`,
        ...grants,
        program,
        LIBRARY,
        path,
      ]);
    const allowed = await run([`--allow-ffi=${LIBRARY}`, `--allow-read=${folder}`]);
    assert.equal(allowed.out, "9 1.000\n0\n", allowed.err);
    const without = await run([`--allow-read=${folder}`]);
    assert.match(without.err, /RuntimeNotAvailableError.*permission set/s);
    const blind = await run([`--allow-ffi=${LIBRARY}`]);
    assert.match(blind.err, /IndexUnavailableError/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the descriptor index carries no database and no picture library in its graph", async () => {
  const { out } = await deno([
    "info",
    "--json",
    `${REPOSITORY}/src/navigation/descriptor_index/mod.ts`,
  ]);
  const { modules } = JSON.parse(out) as { modules: { specifier: string }[] };
  const specifiers = modules.map((module) => module.specifier);
  assert.ok(specifiers.some((specifier) => specifier.endsWith("/src/native/faiss/library.ts")));
  assert.deepEqual(specifiers.filter((s) => /npm:\/?(pg|@electric|sharp)|tile_cache/.test(s)), []);
});
