/**
 * Measures recall and cost of a search for several search widths.
 *
 * @module
 */
import { HnswIndex } from "../../src/native/faiss/mod.ts";
import type { FaissLibrary } from "../../src/native/faiss/mod.ts";
import { AXES_KEPT, type Floats } from "./descriptors.ts";

/** The first `dimension` floats of each row, scaled to length 1. */
export function shortened(values: Floats, dimension: number): Floats {
  if (dimension === AXES_KEPT) return values;
  const count = values.length / AXES_KEPT;
  const out = new Float32Array(count * dimension);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let i = 0; i < dimension; i++) sum += values[row * AXES_KEPT + i] ** 2;
    const scale = 1 / Math.sqrt(sum);
    for (let i = 0; i < dimension; i++) {
      out[row * dimension + i] = values[row * AXES_KEPT + i] * scale;
    }
  }
  return out;
}

export interface SweepRow {
  readonly efSearch: number;
  readonly recall: number;
  readonly microseconds: number;
}

export interface Truth {
  readonly queries: Floats;
  readonly count: number;
  readonly k: number;
  readonly ids: readonly (readonly bigint[])[];
}

/** Compares every stored descriptor. */
export async function truthOf(hnsw: HnswIndex, queries: Floats, k: number): Promise<Truth> {
  const { dimension } = await hnsw.info();
  const count = queries.length / dimension;
  const ids: bigint[][] = [];
  for (let row = 0; row < count; row++) {
    const query = queries.slice(row * dimension, (row + 1) * dimension);
    ids.push([...(await hnsw.searchExact(query, 1, k)).ids]);
  }
  return { queries, count, k, ids };
}

/** One search at a time, as in flight. */
export async function sweep(hnsw: HnswIndex, truth: Truth, efSearch: number): Promise<SweepRow> {
  await hnsw.setEfSearch(efSearch);
  const { queries, count, k } = truth;
  const dimension = queries.length / count;
  let right = 0, spentMs = 0;
  for (let row = 0; row < count; row++) {
    const query = queries.slice(row * dimension, (row + 1) * dimension);
    const begin = performance.now();
    const { ids } = await hnsw.search(query, 1, k);
    spentMs += performance.now() - begin;
    const found = new Set(ids);
    right += truth.ids[row].filter((id) => found.has(id)).length;
  }
  return { efSearch, recall: right / count / k, microseconds: 1000 * spentMs / count };
}

/** An index of `descriptors` for measuring only: built, or read when it was built before. */
export async function keptIndex(
  faiss: FaissLibrary,
  path: string,
  build: () => Promise<unknown>,
): Promise<HnswIndex> {
  const there = await Deno.stat(path).then(() => true, () => false);
  if (!there) await build();
  return await HnswIndex.decode(faiss, await Deno.readFile(path));
}
