/**
 * Exact search in memory, for tests: the same contract without FAISS and without files.
 *
 * @module
 */
import { descriptorMetric, sha256Hex } from "../../core/mod.ts";
import type {
  DescriptorHit,
  DescriptorIndex,
  HnswBuildParams,
  IndexMetadata,
  RebuildOptions,
} from "./contract.ts";
import { DESCRIPTOR_DIMENSION_MAX } from "./contract.ts";
import { checkDescriptors, checkQuery } from "./descriptors.ts";
import { unavailable } from "./read_files.ts";

/** What stands for the three files; several fakes on one of these see what was built. */
export interface FakeIndexFiles {
  built?: {
    readonly descriptors: Float32Array;
    readonly ids: readonly number[];
    readonly metadata: IndexMetadata;
  };
}

export class FakeDescriptorIndex implements DescriptorIndex {
  readonly #files: FakeIndexFiles;
  #opened: FakeIndexFiles["built"];

  constructor(files: FakeIndexFiles = {}) {
    this.#files = files;
  }

  load(): Promise<void> {
    if (this.#files.built === undefined) return Promise.reject(unavailable("nothing was built"));
    this.#opened = this.#files.built;
    return Promise.resolve();
  }

  // deno-lint-ignore require-await
  async rebuildFromDescriptors(
    descriptors: Float32Array,
    tileIds: readonly number[],
    params: HnswBuildParams,
    { onProgress, signal }: RebuildOptions = {},
  ): Promise<void> {
    const dimension = checkDescriptors(descriptors, tileIds, params);
    signal?.throwIfAborted();
    const { efSearch } = params;
    const measured = typeof efSearch !== "number";
    const copy = descriptors.slice(), count = tileIds.length;
    this.#files.built = this.#opened = {
      descriptors: copy,
      ids: [...tileIds],
      metadata: {
        format: "gdn-descriptor-index",
        formatVersion: 1,
        // Stands for what FAISS would store; nothing is projected here.
        dimension: Math.min(dimension, DESCRIPTOR_DIMENSION_MAX),
        count,
        metric: descriptorMetric(),
        hnsw: { ...params, efSearch: measured ? count : efSearch },
        ...(measured && {
          recall: {
            k: Math.min(efSearch.k, count),
            wanted: efSearch.recallMin,
            measured: 1,
            queryCount: efSearch.queries.length / dimension,
          },
        }),
        sha256: sha256Hex(new Uint8Array(copy.buffer)),
      },
    };
    onProgress?.(count, count);
  }

  // deno-lint-ignore require-await
  async searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]> {
    const { descriptors, ids } = this.#open();
    const dimension = this.descriptorDim();
    checkQuery(query, dimension, k);
    return exactTopK(descriptors, dimension, query, k).map(({ id, score }) => ({
      id: ids[id],
      score,
    }));
  }

  descriptorDim(): number {
    const { descriptors, ids } = this.#open();
    return descriptors.length / ids.length;
  }

  indexMetadata(): IndexMetadata {
    return this.#open().metadata;
  }

  [Symbol.dispose](): void {
    this.#opened = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#opened = undefined;
    return Promise.resolve();
  }

  #open(): NonNullable<FakeIndexFiles["built"]> {
    if (this.#opened === undefined) throw unavailable("nothing is loaded");
    return this.#opened;
  }
}

/** The k best by inner product, all compared; ids are positions. */
export function exactTopK(
  descriptors: Float32Array,
  dimension: number,
  query: Float32Array,
  k: number,
): DescriptorHit[] {
  const hits: DescriptorHit[] = [];
  for (let id = 0; id < descriptors.length / dimension; id++) {
    let score = 0;
    for (let i = 0; i < dimension; i++) score += descriptors[id * dimension + i] * query[i];
    hits.push({ id, score });
  }
  return hits.sort((a, b) => b.score - a.score || a.id - b.id).slice(0, k);
}
