/**
 * `deno task recall`: measures search in an index of 100,000 descriptors of real and procedural
 * ground: recall, time, and the cost of building.
 *
 * @module
 */
import {
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  runCommand,
  startProgress,
} from "../src/core/mod.ts";
import { buildDescriptorIndex } from "../src/navigation/descriptor_index/mod.ts";
import { type FaissLibrary, openFaiss } from "../src/native/faiss/mod.ts";
import { openVision } from "../src/native/vision/mod.ts";
import { REPOSITORY } from "./executables.ts";
import { describeSet, type DescriptorSet, vocabularyFor } from "./recall/descriptors.ts";
import { keptIndex, shortened, sweep, truthOf } from "./recall/measure.ts";
import { measureProjection } from "./recall/projection.ts";

const OPTIONS = {
  count: option.count({
    minimum: 1000,
    maximum: 100_000_000,
    default: 100_000,
    help: "descriptors in the index",
  }),
  dimension: option.count({
    minimum: 2,
    maximum: 512,
    default: 128,
    help: "floats of a descriptor; 128 is what provisioning makes",
  }),
  wanted: option.number({
    unit: "share",
    minimum: 0.01,
    maximum: 1,
    default: 0.98,
    help: "recall at 10 that the build measures its efSearch for, as provisioning asks",
  }),
  projection: option.flag({
    help: "what PCA from 4096 to 512 floats costs in recall, on 2,000 of the descriptors",
  }),
} as const;

const FOLDER = `${REPOSITORY}/build/scratch/recall`;
const QUERIES = 1000, K = 10;
const EF_SEARCH = [16, 32, 64, 128, 256, 512, 1024];

export const recallCommand = defineCommand({
  name: "recall",
  summary: "recall, cost and building of a descriptor index",
  about: `
Descriptors as provisioning computes them, of squares of the pictures in ../shared/data (two dates,
photographs) and of procedural ground in both seasons: anywhere, 8 headings, sizes over two octaves.
Describing 100,000 takes 9 minutes on two cores and is kept in build/scratch/recall.`,
  options: OPTIONS,
  examples: ["deno task recall --count 10000", "deno task recall --projection"],
  run: recall,
});

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task recall",
      command: recallCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}

interface Options {
  readonly count: number;
  readonly dimension: number;
  readonly wanted: number;
}

async function recall(values: OptionValues<typeof OPTIONS>): Promise<ExitCode> {
  const { count, dimension, wanted } = values;
  using faiss = openFaiss();
  using vision = openVision();
  const vocabulary = await vocabularyFor(vision, FOLDER);
  const describe = (set: "map" | "queries" | "queries_seen", wantedCount: number) =>
    describeSet(vision, vocabulary, {
      folder: FOLDER,
      set,
      count: wantedCount,
      rawCount: Math.floor(wantedCount / 10),
      progress,
    });
  const map = await describe("map", count);
  const asked = {
    "other squares": await describe("queries", QUERIES),
    "as a camera sees them": await describe("queries_seen", QUERIES),
  };
  if (values.projection) await measureProjection(faiss, map, asked["other squares"]);
  else await measureIndex(faiss, map, asked, { count, dimension, wanted });
  return EXIT.ok;
}

async function measureIndex(
  faiss: FaissLibrary,
  map: DescriptorSet,
  asked: Readonly<Record<string, DescriptorSet>>,
  { dimension, wanted }: Options,
): Promise<void> {
  const path = `${FOLDER}/${map.count}x${dimension}.index`;
  const seen = shortened(asked["as a camera sees them"].values, dimension);
  // Half of the camera's queries choose the width; the sweep below uses all of them.
  const queries = everyOther(seen, dimension);
  const build = () => buildIndex(faiss, path, map, { dimension, queries, wanted });
  using hnsw = await keptIndex(faiss, path, build);
  const { hnsw: shape, recall } = JSON.parse(await Deno.readTextFile(`${path}.meta.json`));
  console.log(`stored: ${JSON.stringify(shape)}, ${JSON.stringify(recall)}`);
  for (const [name, set] of Object.entries(asked)) {
    const truth = await truthOf(hnsw, shortened(set.values, dimension), K);
    console.log(`${name}: ${truth.count} queries, k = ${K}, ${map.count} × ${dimension}`);
    for (const width of new Set([...EF_SEARCH, shape.efSearch])) {
      const row = await sweep(hnsw, truth, width);
      console.log(
        `  efSearch ${String(row.efSearch).padStart(4)}  recall ${row.recall.toFixed(4)}  ` +
          `${row.microseconds.toFixed(0)} µs`,
      );
    }
  }
}

function everyOther(rows: Float32Array, dimension: number): Float32Array {
  const out = new Float32Array(dimension * Math.floor(rows.length / dimension / 2));
  for (let row = 0; row * dimension < out.length; row++) {
    out.set(rows.subarray(2 * row * dimension, (2 * row + 1) * dimension), row * dimension);
  }
  return out;
}

async function buildIndex(
  faiss: FaissLibrary,
  path: string,
  map: DescriptorSet,
  { dimension, queries, wanted }: {
    readonly dimension: number;
    readonly queries: Float32Array;
    readonly wanted: number;
  },
): Promise<void> {
  const descriptors = shortened(map.values, dimension);
  await using index = buildDescriptorIndex(path, faiss);
  using bar = progress("building the index", map.count);
  const begin = performance.now();
  let graphMs = 0, bytesMax = 0;
  await index.rebuildFromDescriptors(
    descriptors,
    Array.from({ length: map.count }, (_, i) => i),
    { m: 32, efConstruction: 200, efSearch: { recallMin: wanted, k: K, queries } },
    {
      onProgress: (done) => {
        bar.update(done);
        graphMs = performance.now() - begin;
        bytesMax = Math.max(bytesMax, Deno.memoryUsage().rss);
      },
    },
  );
  bar.end();
  const { size } = await Deno.stat(path);
  console.log(
    `built ${map.count} × ${dimension}: graph ${(graphMs / 1000).toFixed(0)} s, ` +
      `efSearch measured and files written ${
        ((performance.now() - begin - graphMs) / 1000).toFixed(1)
      } s, ` +
      `file ${(size / 1e6).toFixed(0)} MB, process at most ${
        (bytesMax / 1e6).toFixed(0)
      } MB with all that it measures`,
  );
}

function progress(label: string, total: number) {
  const encoder = new TextEncoder();
  return startProgress(label, total, {
    write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    interactive: Deno.stderr.isTerminal(),
    now: () => performance.now(),
  });
}
