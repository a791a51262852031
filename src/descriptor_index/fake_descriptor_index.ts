/**
 * Exact search in memory, for tests: the same contract without FAISS and without files.
 *
 * @module
 */
import { sha256Hex } from "../core/mod.ts";
import type { DescriptorHit, DescriptorIndex, HnswParams, IndexMetadata } from "./contract.ts";
import { checkDescriptors, checkQuery } from "./descriptors.ts";
import { unavailable } from "./files.ts";

/** What stands for the three files; several fakes on one of these see what was built. */
export interface FakeIndexFiles {
  built?: { readonly descriptors: Float32Array; readonly metadata: IndexMetadata };
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
    dimension: number,
    hnsw: HnswParams,
  ): Promise<void> {
    const count = checkDescriptors(descriptors, dimension, hnsw);
    const copy = descriptors.slice();
    this.#files.built = this.#opened = {
      descriptors: copy,
      metadata: {
        format: "gdn-descriptor-index",
        formatVersion: 1,
        dimension,
        count,
        metric: "inner_product",
        hnsw,
        sha256: sha256Hex(new Uint8Array(copy.buffer)),
      },
    };
  }

  // deno-lint-ignore require-await
  async searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]> {
    const { descriptors, metadata } = this.#open();
    checkQuery(query, metadata.dimension, k);
    return exactTopK(descriptors, metadata.dimension, query, k);
  }

  descriptorDim(): number {
    return this.#open().metadata.dimension;
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

/** The k best by inner product, all compared. */
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
