/**
 * One search at a time through the FFI against the same loop in C++ (faiss_search.cc, built against
 * the same libfaiss), in turns, on the index that `deno task recall` left:
 *
 *     deno run -A tests/bench/faiss_search.ts [--dimension D] [--ef-search N] [--rounds N]
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { HnswIndex, openFaiss } from "../../src/native/faiss/mod.ts";
import { describeSet, vocabularyFor } from "../../tasks/recall/descriptors.ts";
import { shortened } from "../../tasks/recall/measure.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { silentProgress } from "../../src/core/mod.ts";
import { REPOSITORY } from "../support/paths.ts";

const { values } = parseArgs({
  options: {
    dimension: { type: "string", default: "128" },
    count: { type: "string", default: "100000" },
    "ef-search": { type: "string" },
    rounds: { type: "string", default: "400" },
  },
});
const dimension = Number(values.dimension), rounds = Number(values.rounds), k = 10, QUERIES = 8;
const folder = `${REPOSITORY}/build/scratch/recall`;
const path = `${folder}/${values.count}x${dimension}.index`;

async function compileRival(): Promise<string> {
  const program = `${folder}/faiss_search`;
  const { success, stderr } = await new Deno.Command("g++", {
    args: [
      "-O3",
      "-std=c++17",
      "-fopenmp",
      `${REPOSITORY}/tests/bench/faiss_search.cc`,
      "-o",
      program,
      "-lfaiss",
      "-llapack_pic",
      "-l:blas/libblas.a",
      "-l:libgfortran.so.5",
      "-lpthread",
      "-lm",
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return program;
}

async function queriesOf(): Promise<Float32Array<ArrayBuffer>> {
  using vision = openVision();
  const vocabulary = await vocabularyFor(vision, folder);
  const set = await describeSet(vision, vocabulary, {
    folder,
    set: "queries_seen",
    count: 1000,
    rawCount: 100,
    progress: silentProgress,
  });
  const all = shortened(set.values, dimension);
  const some = new Float32Array(QUERIES * dimension);
  for (let row = 0; row < QUERIES; row++) {
    some.set(all.subarray(121 * row * dimension, (121 * row + 1) * dimension), row * dimension);
  }
  return some;
}

const queries = await queriesOf();
await Deno.writeFile(`${folder}/rival.f32`, new Uint8Array(queries.buffer));
const rows = Array.from(
  { length: QUERIES },
  (_, row) => queries.slice(row * dimension, (row + 1) * dimension),
);
const stored = JSON.parse(await Deno.readTextFile(`${path}.meta.json`)).hnsw.efSearch;
const efSearch = Number(values["ef-search"] ?? stored);
using faiss = openFaiss();
using hnsw = await HnswIndex.decode(faiss, await Deno.readFile(path));
await hnsw.setEfSearch(efSearch);
await using index = buildDescriptorIndex(path, faiss);
await index.load();

/** Microseconds a search: by the clock, and of the processor (which other programs do not lengthen). */
interface Round {
  readonly clock: number;
  readonly processor: number;
  readonly sum: number;
}
type Loop = () => Promise<Round>;
const timed =
  (each: (row: Float32Array<ArrayBuffer>) => Promise<number> | number): Loop => async () => {
    // The other program has had the caches meanwhile: once untimed.
    for (const row of rows) await each(row);
    let sum = 0;
    const begin = performance.now(), used = process.cpuUsage();
    for (const row of rows) {
      const found = each(row);
      sum += typeof found === "number" ? found : await found;
    }
    const { user, system } = process.cpuUsage(used);
    const clock = 1000 * (performance.now() - begin) / QUERIES;
    return { clock, processor: (user + system) / QUERIES, sum };
  };
const total = (ids: BigInt64Array) => ids.reduce((sum, id) => sum + Number(id), 0);

const rival = new Deno.Command(await compileRival(), {
  args: [path, `${folder}/rival.f32`, String(k), String(efSearch)],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const writer = rival.stdin.getWriter();
const reader = rival.stdout.pipeThrough(new TextDecoderStream()).getReader();
const cpp: Loop = async () => {
  await writer.write(new TextEncoder().encode("go\n"));
  let text = "";
  while (!text.endsWith("\n")) text += (await reader.read()).value ?? "\n";
  const [clock, processor, sum] = text.trim().split(" ").map(Number);
  return { clock, processor, sum };
};

const loops: Record<string, Loop> = {
  "C++": cpp,
  "searchNow": timed((row) => total(hnsw.searchNow(row, 1, k).ids)),
  "search (other thread)": timed(async (row) => total((await hnsw.search(row, 1, k)).ids)),
};
if (efSearch === stored) {
  loops["searchTopK"] = timed(async (row) =>
    (await index.searchTopK(row, k)).reduce((sum, hit) => sum + hit.id, 0)
  );
}
const times = new Map<string, Round[]>(Object.keys(loops).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, loop] of Object.entries(loops)) times.get(name)!.push(await loop());
}
await writer.close();
await rival.status;
const sums = new Set([...times.values()].flat().map(({ sum }) => sum));
if (sums.size !== 1) throw new Error(`the loops found different ids: ${[...sums]}`);
/** Rounds are shorter than a time slice: the quick ones were not disturbed by other programs. */
const share = (list: readonly number[], part: number) =>
  list.toSorted((a, b) => a - b)[Math.floor(part * (list.length - 1))];
const clocks = (name: string) => times.get(name)!.map((round) => round.clock);
const processors = (name: string) => times.get(name)!.map((round) => round.processor);
console.log(
  `${values.count} × ${dimension}, efSearch ${efSearch}, k ${k}, ${rounds} rounds of ${QUERIES}; ` +
    "microseconds a search, in brackets the ratio to C++",
);
for (const name of times.keys()) {
  const column = (title: string, of: (name: string) => number[], part: number) => {
    const value = share(of(name), part);
    return `${title} ${value.toFixed(1)} (${(value / share(of("C++"), part)).toFixed(3)})`;
  };
  const columns = [
    column("least", clocks, 0),
    column("tenth", clocks, 0.1),
    column("median", clocks, 0.5),
    column("processor, median", processors, 0.5),
  ];
  console.log(`  ${name.padEnd(22)} ${columns.join(", ")}`);
}
