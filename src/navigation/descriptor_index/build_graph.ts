/**
 * Descriptors → a graph in native memory, piece by piece: progress can be reported, and it can be aborted.
 *
 * @module
 */
import { type FaissLibrary, HnswIndex } from "../../native/faiss/mod.ts";
import type { HnswBuildParams, RebuildOptions } from "./contract.ts";

/** About a second of building at most; each piece costs a pass over all nodes. */
const DESCRIPTORS_AT_ONCE = 500;

/** One thread: the same input makes the same graph. The caller owns what it returns. */
export async function buildGraph(
  faiss: FaissLibrary,
  rows: Float32Array<ArrayBuffer>,
  tileIds: readonly number[],
  { m, efConstruction }: HnswBuildParams,
  { onProgress, signal }: RebuildOptions,
): Promise<HnswIndex> {
  const count = tileIds.length, dimension = rows.length / count;
  const hnsw = HnswIndex.create(faiss, { dimension, m, efConstruction, efSearch: 1 });
  try {
    for (let done = 0; done < count;) {
      signal?.throwIfAborted();
      const end = Math.min(count, done + DESCRIPTORS_AT_ONCE);
      const ids = BigInt64Array.from(tileIds.slice(done, end), BigInt);
      await hnsw.add(rows.slice(done * dimension, end * dimension), ids);
      done = end;
      onProgress?.(done, count);
    }
    return hnsw;
  } catch (error) {
    await hnsw.close();
    throw error;
  }
}
