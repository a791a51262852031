/**
 * What storing 512 floats of 4096 loses: exact search before and after the projection, compared.
 *
 * @module
 */
import {
  type FaissLibrary,
  HnswIndex,
  projectOntoAxes,
  trainPrincipalAxes,
} from "../../src/faiss/mod.ts";
import type { DescriptorSet, Floats } from "./descriptors.ts";
import { truthOf } from "./measure.ts";

const K = 10;

/** The unprojected VLADs of `map` and `queries` are the long descriptors. */
export async function measureProjection(
  faiss: FaissLibrary,
  map: DescriptorSet,
  queries: DescriptorSet,
): Promise<void> {
  const length = map.rawLength, rows = map.raw.length / length;
  const whole = await exact(faiss, map.raw, queries.raw, length);
  for (const axisCount of [512, 256, 128]) {
    const begin = performance.now();
    const axes = await trainPrincipalAxes(faiss, map.raw, { dimension: length, axisCount });
    const trainedMs = performance.now() - begin;
    const shortMap = await projectOntoAxes(faiss, map.raw, axes);
    const projectedMs = performance.now() - begin - trainedMs;
    const shortQueries = await projectOntoAxes(faiss, queries.raw, axes);
    const short = await exact(faiss, shortMap, shortQueries, axisCount);
    const shared = whole.map((ids, i) => short[i].filter((id) => ids.includes(id)).length / K);
    const mean = shared.reduce((sum, value) => sum + value, 0) / shared.length;
    const first = whole.filter((ids, i) => ids[0] === short[i][0]).length / whole.length;
    console.log(
      `${rows} × ${length} → ${axisCount}: of the ten nearest ${(100 * mean).toFixed(1)} % stay, ` +
        `the nearest in ${(100 * first).toFixed(1)} % of ${whole.length}; ` +
        `${(100 * axes.keptVariance).toFixed(1)} % of the variance; ` +
        `learnt in ${(trainedMs / 1000).toFixed(0)} s, projected in ` +
        `${(projectedMs / rows).toFixed(2)} ms each`,
    );
  }
}

/** Ids of the ten nearest of each query. */
async function exact(
  faiss: FaissLibrary,
  rows: Floats,
  queries: Floats,
  dimension: number,
): Promise<readonly (readonly bigint[])[]> {
  using hnsw = HnswIndex.create(faiss, { dimension, m: 2, efConstruction: 1, efSearch: 1 });
  const ids = BigInt64Array.from({ length: rows.length / dimension }, (_, i) => BigInt(i));
  await hnsw.add(rows, ids);
  return (await truthOf(hnsw, queries, K)).ids;
}
