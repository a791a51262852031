/**
 * The descriptor index on FAISS HNSW.
 *
 * @module
 */
import { messageOf } from "../core/mod.ts";
import { type FaissLibrary, HnswIndex } from "../faiss/mod.ts";
import type { DescriptorHit, DescriptorIndex, HnswParams, IndexMetadata } from "./contract.ts";
import { checkDescriptors, checkQuery } from "./descriptors.ts";
import { IndexBuildError, IndexUnavailableError } from "./errors.ts";
import { readIndexMetadata, replaceIndexFiles, unavailable } from "./files.ts";

interface Opened {
  readonly hnsw: HnswIndex;
  readonly metadata: IndexMetadata;
}

/** Constructs only; `load()` or `rebuildFromDescriptors()` does the reading and writing. */
export class FaissDescriptorIndex implements DescriptorIndex {
  readonly #path: string;
  readonly #faiss: FaissLibrary;
  #opened: Opened | null = null;
  #disposed = false;

  /** `path` names the `.index` file. */
  constructor(path: string, faiss: FaissLibrary) {
    this.#path = path;
    this.#faiss = faiss;
  }

  async load(): Promise<void> {
    const metadata = await readIndexMetadata(this.#path);
    let hnsw: HnswIndex;
    try {
      hnsw = await HnswIndex.read(this.#faiss, this.#path);
    } catch (error) {
      throw unavailable(`FAISS refuses ${this.#path} (${messageOf(error)})`, error);
    }
    try {
      await checkAgainst(metadata, hnsw, this.#path);
      await hnsw.setEfSearch(metadata.hnsw.efSearch);
      await this.#swap({ hnsw, metadata });
    } catch (error) {
      await hnsw.close();
      throw error;
    }
  }

  async rebuildFromDescriptors(
    descriptors: Float32Array,
    dimension: number,
    hnswParams: HnswParams,
  ): Promise<void> {
    const count = checkDescriptors(descriptors, dimension, hnswParams);
    let hnsw: HnswIndex | null = null;
    try {
      hnsw = HnswIndex.create(this.#faiss, { dimension, ...hnswParams });
      const ids = BigInt64Array.from({ length: count }, (_, position) => BigInt(position));
      await hnsw.add(new Float32Array(descriptors), ids);
      const built = hnsw;
      const metadata = await replaceIndexFiles(this.#path, (path) => built.write(path), {
        format: "gdn-descriptor-index",
        formatVersion: 1,
        dimension,
        count,
        metric: "inner_product",
        hnsw: hnswParams,
      });
      await this.#swap({ hnsw, metadata });
    } catch (error) {
      await hnsw?.close();
      if (error instanceof IndexUnavailableError) throw error;
      throw new IndexBuildError(
        `Cannot build the index ${this.#path} of ${count} descriptors: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  async searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]> {
    const { hnsw, metadata } = this.#open();
    checkQuery(query, metadata.dimension, k);
    const wanted = Math.min(k, metadata.count);
    let hits;
    try {
      hits = await hnsw.search(new Float32Array(query), 1, wanted);
    } catch (error) {
      throw new IndexUnavailableError(
        `Cannot search the descriptor index ${this.#path}: ${messageOf(error)}`,
        { cause: error },
      );
    }
    const result: DescriptorHit[] = [];
    for (let i = 0; i < wanted; i++) {
      if (hits.ids[i] >= 0n) result.push({ id: Number(hits.ids[i]), score: hits.scores[i] });
    }
    return result;
  }

  descriptorDim(): number {
    return this.#open().metadata.dimension;
  }

  indexMetadata(): IndexMetadata {
    return this.#open().metadata;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#opened?.hnsw[Symbol.dispose]();
    this.#opened = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const opened = this.#opened;
    this.#opened = null;
    await opened?.hnsw.close();
  }

  #open(): Opened {
    if (this.#opened === null) {
      throw unavailable(
        this.#disposed ? "it is closed" : `nothing is loaded from ${this.#path} yet`,
      );
    }
    return this.#opened;
  }

  /** Searches in flight end on the index that they began on. */
  async #swap(next: Opened): Promise<void> {
    if (this.#disposed) throw unavailable("it was closed meanwhile");
    const previous = this.#opened;
    this.#opened = next;
    await previous?.hnsw.close();
  }
}

async function checkAgainst(metadata: IndexMetadata, hnsw: HnswIndex, path: string): Promise<void> {
  const found = await hnsw.info();
  const pairs = [
    ["dimension", metadata.dimension, found.dimension],
    ["count", metadata.count, found.count],
    ["m", metadata.hnsw.m, found.m],
    ["efConstruction", metadata.hnsw.efConstruction, found.efConstruction],
  ] as const;
  for (const [name, expected, actual] of pairs) {
    if (expected !== actual) {
      throw unavailable(`${path} has ${name} ${actual}, its metadata says ${expected}`);
    }
  }
}
