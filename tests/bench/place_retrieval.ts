/**
 * Measures place descriptors between two dates: the older pictures of all sites are one index, the
 * newer ones give the queries.
 *
 *     deno run -A tests/bench/place_retrieval.ts [--method dense|unsigned|sift|grid|model] [--patch PX] [--model FILE]
 *       [--step PX] [--cell PX] [--words N] [--axes N] [--side M] [--queries N] [--square]
 *       [--heading-error DEG]
 *
 * A query is what a camera of 150 m × 112 m footprint saw at any heading, turned north-up with an
 * error of ±3° (--heading-error) and ±2 % of scale; `--square` asks with whole squares instead.
 *
 * @module
 */
import { parseArgs } from "node:util";
import sharp from "sharp";
import { type Matrix3, monotonicNs, type Random, seededRandom } from "../../src/core/mod.ts";
import {
  InferenceConfigSchema,
  OnnxRuntime,
  unmeasured,
} from "../../src/navigation/inference/mod.ts";
import { ModelDescriber } from "../../src/navigation/place_recognition/mod.ts";
import {
  aggregateVlad,
  clusterWords,
  describeDense,
  detectSift,
  type GreyPatch,
  openVision,
  principalAxes,
  projectVector,
  warpHomography,
} from "../../src/native/vision/mod.ts";

type Floats = Float32Array<ArrayBuffer>;
type Grey = { widthPx: number; heightPx: number; channels: 1; pixels: Uint8Array<ArrayBuffer> };

const { values } = parseArgs({
  options: {
    method: { type: "string", default: "dense" },
    patch: { type: "string", default: "96" },
    model: { type: "string", default: "" },
    step: { type: "string", default: "3" },
    cell: { type: "string", default: "6" },
    words: { type: "string", default: "32" },
    axes: { type: "string", default: "128" },
    side: { type: "string", default: "128" },
    queries: { type: "string", default: "200" },
    "heading-error": { type: "string", default: "3" },
    square: { type: "boolean", default: false },
  },
});
const { method } = values;
const patchPx = Number(values.patch), sideM = Number(values.side), wordCount = Number(values.words);
const SITES = ["site_1", "site_2", "site_4"];
const SITE_M = 512, GSD_M = 0.5, POWER = 0.5, TRAINING = 600, DIMENSION = 128;
const FOOTPRINT_M = [150, 112];

using vision = openVision();
const random = seededRandom("place retrieval");

async function load(site: string, date: "map" | "world"): Promise<Grey> {
  const path = new URL(`../../../shared/data/two_dates/${site}/${date}.png`, import.meta.url);
  const { data, info } = await sharp(path.pathname).greyscale().raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data);
  return { widthPx: info.width, heightPx: info.height, channels: 1, pixels };
}

/** The square around (xM, yM), turned and scaled; `frameTurn`: only what the camera's frame holds. */
async function cut(
  image: Grey,
  [xM, yM]: number[],
  turn = 0,
  scale = 1,
  frameTurn?: number,
): Promise<GreyPatch> {
  const c = Math.cos(turn) * sideM * scale / patchPx / GSD_M;
  const s = Math.sin(turn) * sideM * scale / patchPx / GSD_M;
  const middle = (patchPx - 1) / 2;
  const matrix: Matrix3 = [
    c,
    -s,
    xM / GSD_M - 0.5 - c * middle + s * middle,
    s,
    c,
    yM / GSD_M - 0.5 - s * middle - c * middle,
    0,
    0,
    1,
  ]; // deno-fmt-ignore
  const target = { widthPx: patchPx, heightPx: patchPx };
  const { pixels, coverage } = await warpHomography(vision, image, matrix, target);
  if (frameTurn !== undefined) hideOutside(coverage, frameTurn);
  return { ...target, pixels, valid: coverage };
}

function hideOutside(valid: Uint8Array, frameTurn: number): void {
  const c = Math.cos(frameTurn), s = Math.sin(frameTurn), middle = (patchPx - 1) / 2;
  const metres = sideM / patchPx;
  for (let i = 0; i < valid.length; i++) {
    const x = (i % patchPx - middle) * metres, y = (Math.floor(i / patchPx) - middle) * metres;
    const along = Math.abs(c * x + s * y), across = Math.abs(c * y - s * x);
    if (along > FOOTPRINT_M[0] / 2 || across > FOOTPRINT_M[1] / 2) valid[i] = 0;
  }
}

await using resources = new AsyncDisposableStack();
const describer = method === "model" ? await openModel(values.model) : null;

async function openModel(path: string): Promise<ModelDescriber> {
  const config = InferenceConfigSchema.parse({});
  const thermalState = () => unmeasured(monotonicNs(0));
  const runtime = resources.use(new OnnxRuntime({ config, thermalState, onEvent: () => {} }));
  return resources.use(await ModelDescriber.open(runtime, { path }));
}

async function local(patch: GreyPatch): Promise<Floats> {
  if (describer !== null) return await describer.describe(patch);
  if (method === "sift") {
    const options = { featuresMax: 600, contrastThreshold: 0.01, upright: true };
    return (await detectSift(vision, patch, options)).descriptors;
  }
  const stepPx = Number(values.step), cellPx = Number(values.cell);
  return await describeDense(vision, patch, { stepPx, cellPx, signed: method !== "unsigned" });
}

/** Orientation histograms of the whole patch where they stand: 2 × 2 blocks of 4 × 4 cells. */
async function grid(patch: GreyPatch): Promise<Floats> {
  const cellPx = Math.floor(patchPx / 8) - 1, half = 2 * cellPx;
  const options = { stepPx: patchPx - 2 * half - 1, cellPx, signed: true };
  const whole = { ...patch, valid: undefined };
  const blocks = await describeDense(vision, whole, options);
  const out = new Float32Array(4 * DIMENSION);
  out.set(blocks.subarray(0, out.length));
  return out;
}

function somewhere(from: Random): number[] {
  return [0, 1].map(() => sideM / 2 + from.uniform() * (SITE_M - sideM));
}

async function train(maps: Grey[]): Promise<(patch: GreyPatch) => Promise<Floats>> {
  const patches: GreyPatch[] = [];
  for (let i = 0; i < TRAINING; i++) {
    const scale = 1 + 0.02 * random.normal();
    patches.push(
      await cut(maps[i % maps.length], somewhere(random), 0.05 * random.normal(), scale),
    );
  }
  let raw = grid;
  if (method !== "grid") {
    const rows: Floats[] = [];
    for (const patch of patches) {
      const all = await local(patch);
      for (let i = 0; i < 70 && all.length > 0; i++) {
        const row = random.integer(all.length / DIMENSION) * DIMENSION;
        rows.push(all.slice(row, row + DIMENSION));
      }
    }
    const samples = new Float32Array(rows.length * DIMENSION);
    rows.forEach((row, i) => samples.set(row, i * DIMENSION));
    const shape = { dimension: DIMENSION, wordCount, iterations: 15, seed: 1n };
    const words = await clusterWords(vision, samples, shape);
    raw = async (patch) =>
      await aggregateVlad(vision, await local(patch), words, {
        dimension: DIMENSION,
        power: POWER,
      });
  }
  const first = await raw(patches[0]);
  const vectors = new Float32Array(TRAINING * first.length);
  for (const [i, patch] of patches.entries()) vectors.set(await raw(patch), i * first.length);
  const axisCount = Math.min(Number(values.axes), first.length, TRAINING - 1);
  const axes = await principalAxes(vision, vectors, { length: first.length, axisCount });
  return async (patch) => await projectVector(vision, await raw(patch), axes);
}

const maps = await Promise.all(SITES.map((site) => load(site, "map")));
const worlds = await Promise.all(SITES.map((site) => load(site, "world")));
const describe = await train(maps);
const places: { site: number; at: number[]; descriptor: Floats }[] = [];
const steps = Math.ceil((SITE_M - sideM) / (sideM / 3));
for (const [site, map] of maps.entries()) {
  for (let i = 0; i < (steps + 1) ** 2; i++) {
    const along = (index: number) => sideM / 2 + index * (SITE_M - sideM) / Math.max(1, steps);
    const at = [along(i % (steps + 1)), along(Math.floor(i / (steps + 1)))];
    places.push({ site, at, descriptor: await describe(await cut(map, at)) });
  }
}
const count = { asked: 0, first: 0, ten: 0, tenQuarter: 0 };
let describeMs = 0;
for (const [site, world] of worlds.entries()) {
  for (let i = 0; i < Number(values.queries); i++) {
    const at = somewhere(random);
    const turn = (random.uniform() * 2 - 1) * Number(values["heading-error"]) * Math.PI / 180;
    const frameTurn = values.square ? undefined : random.uniform() * 2 * Math.PI;
    const patch = await cut(world, at, turn, 1 + 0.02 * (random.uniform() * 2 - 1), frameTurn);
    const begin = performance.now();
    const query = await describe(patch);
    describeMs += performance.now() - begin;
    const product = (other: Floats) => other.reduce((sum, value, j) => sum + value * query[j], 0);
    const best = places.map((place) => ({ ...place, score: product(place.descriptor) }))
      .sort((a, b) => b.score - a.score).slice(0, 10);
    const near = (share: number) => (place: typeof best[number]) =>
      place.site === site &&
      Math.hypot(place.at[0] - at[0], place.at[1] - at[1]) <= share * sideM;
    count.asked++;
    if (near(0.5)(best[0])) count.first++;
    if (best.some(near(0.5))) count.ten++;
    if (best.some(near(0.25))) count.tenQuarter++;
  }
}
const percent = (value: number) => `${(100 * value / count.asked).toFixed(1)} %`;
console.log(
  `${Deno.args.join(" ") || "(defaults)"}: ${places.length} places, ${count.asked} queries: ` +
    `first ${percent(count.first)}, among ten ${percent(count.ten)} within half a side ` +
    `(${percent(count.tenQuarter)} within a quarter), ${(describeMs / count.asked).toFixed(1)} ms`,
);
