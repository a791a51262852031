/**
 * The descriptor index on FAISS HNSW.
 *
 * @module
 */
import { descriptorMetric, messageOf } from "../../core/mod.ts";
import { type FaissLibrary, HnswIndex, type PrincipalAxes } from "../../native/faiss/mod.ts";
import { buildGraph } from "./build_graph.ts";
import type {
  DescriptorHit,
  DescriptorIndex,
  HnswBuildParams,
  IndexMetadata,
  RebuildOptions,
} from "./contract.ts";
import { checkDescriptors, checkQuery } from "./descriptors.ts";
import { IndexBuildError, IndexUnavailableError } from "./errors.ts";
import { measureEfSearch } from "./measured_search.ts";
import { decodeProjection, project, trainProjection } from "./projection.ts";
import {
  type IndexBytes,
  indexOfBytes,
  openIndexFiles,
  type ResolvedIndex,
  unavailable,
} from "./read_files.ts";
import { replaceIndexFiles } from "./swap_files.ts";
import { readWarmUpQueries } from "./warm_up.ts";

/**
 * Floats times width of a search that is made on the calling thread: about half a millisecond.
 * Handing it to another thread and back would cost a fifth of it.
 */
const BLOCKING_WORK_MAX = 128 * 128;

interface Opened {
  readonly hnsw: HnswIndex;
  readonly metadata: IndexMetadata;
  readonly axes: PrincipalAxes | null;
}

interface FaissIndexOptions {
  /** The `.index` file. */
  readonly path: string;
  /** Gives the library; called when an index is built or opened, and not before. */
  readonly faiss: () => FaissLibrary;
  readonly warmUpQueryPath: string | null;
}

/** Constructs only; `load()` or `rebuildFromDescriptors()` does the reading and writing. */
export class FaissDescriptorIndex implements DescriptorIndex {
  readonly #options: FaissIndexOptions;
  #opened: Opened | null = null;
  #disposed = false;
  /** The last rebuild or load: they follow one another. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: FaissIndexOptions) {
    this.#options = options;
  }

  load(): Promise<void> {
    return this.#inTurn(async () => {
      const faiss = this.#options.faiss();
      const { path, warmUpQueryPath } = this.#options;
      const opened = await openIndexFiles(
        path,
        (resolved) => open(faiss, resolved),
        ({ hnsw }) => hnsw.close(),
      );
      try {
        if (warmUpQueryPath !== null) {
          const dimension = opened.axes?.dimension ?? opened.metadata.dimension;
          for (const query of await readWarmUpQueries(warmUpQueryPath, dimension)) {
            await search(faiss, opened, query, 1);
          }
        }
        await this.#swap(opened);
      } catch (error) {
        await opened.hnsw.close();
        throw error;
      }
    });
  }

  /** The same from the bytes of its files; the path is not looked at. */
  loadBytes(files: IndexBytes): Promise<void> {
    return this.#inTurn(async () =>
      await this.#swap(await open(this.#options.faiss(), indexOfBytes(files)))
    );
  }

  rebuildFromDescriptors(
    descriptors: Float32Array,
    tileIds: readonly number[],
    hnswParams: HnswBuildParams,
    options: RebuildOptions = {},
  ): Promise<void> {
    return this.#inTurn(async () => {
      const dimension = checkDescriptors(descriptors, tileIds, hnswParams);
      const faiss = this.#options.faiss();
      const input = new Float32Array(descriptors), ids = [...tileIds];
      try {
        await this.#rebuild(faiss, { input, dimension, ids }, hnswParams, options);
      } catch (error) {
        // A caller that aborts knows why, and a closed index is no fault of the build.
        if (options.signal?.aborted || error instanceof IndexUnavailableError) throw error;
        if (error instanceof IndexBuildError) throw error;
        throw new IndexBuildError(
          `Cannot build the index ${this.#options.path} of ${ids.length} descriptors: ` +
            messageOf(error),
          { cause: error },
        );
      }
    });
  }

  async #rebuild(
    faiss: FaissLibrary,
    { input, dimension, ids }: {
      readonly input: Float32Array<ArrayBuffer>;
      readonly dimension: number;
      readonly ids: readonly number[];
    },
    params: HnswBuildParams,
    options: RebuildOptions,
  ): Promise<void> {
    const trained = await trainProjection(faiss, input, dimension);
    const axes = trained?.axes ?? null;
    const rows = await project(faiss, input, axes);
    const hnsw = await buildGraph(faiss, rows, ids, params, options);
    try {
      const { efSearch, recall } = await this.#searchWidth(
        faiss,
        hnsw,
        { params, axes, ids },
        options,
      );
      await hnsw.setEfSearch(efSearch);
      options.signal?.throwIfAborted();
      const metadata = await replaceIndexFiles(this.#options.path, (path) => hnsw.write(path), {
        format: "gdn-descriptor-index",
        formatVersion: 1,
        dimension: rows.length / ids.length,
        count: ids.length,
        metric: descriptorMetric(),
        hnsw: { m: params.m, efConstruction: params.efConstruction, efSearch },
        ...(recall === undefined ? {} : { recall }),
        ...(trained === null ? {} : { projection: trained.metadata }),
      });
      await this.#swap({ hnsw, metadata, axes });
    } catch (error) {
      await hnsw.close();
      throw error;
    }
  }

  async #searchWidth(
    faiss: FaissLibrary,
    hnsw: HnswIndex,
    { params, axes, ids }: {
      readonly params: HnswBuildParams;
      readonly axes: PrincipalAxes | null;
      readonly ids: readonly number[];
    },
    { signal }: RebuildOptions,
  ): Promise<{ efSearch: number; recall?: IndexMetadata["recall"] }> {
    if (typeof params.efSearch === "number") return { efSearch: params.efSearch };
    const queries = await project(faiss, new Float32Array(params.efSearch.queries), axes);
    const { dimension } = await hnsw.info();
    const queryCount = queries.length / dimension;
    const target = { ...params.efSearch, queries, queryCount };
    return await measureEfSearch(hnsw, target, ids.length, signal);
  }

  async searchTopK(query: Float32Array, k: number): Promise<readonly DescriptorHit[]> {
    const copy = new Float32Array(query);
    for (;;) {
      const opened = this.#open();
      checkQuery(copy, opened.axes?.dimension ?? opened.metadata.dimension, k);
      try {
        return await search(this.#options.faiss(), opened, copy, k);
      } catch (error) {
        // Swapped while the query was projected: the axes of the new index are others.
        if (opened === this.#opened || this.#disposed) throw error;
      }
    }
  }

  descriptorDim(): number {
    const { axes, metadata } = this.#open();
    return axes?.dimension ?? metadata.dimension;
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
    await this.#changing;
  }

  #open(): Opened {
    if (this.#opened === null) {
      throw unavailable(
        this.#disposed ? "it is closed" : `nothing is loaded from ${this.#options.path} yet`,
      );
    }
    return this.#opened;
  }

  /** Changes follow one another, so that what is searched is what was written last. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const mine = this.#changing.then(change);
    this.#changing = mine.catch(() => {});
    return mine;
  }

  /** Searches in flight end on the index that they began on. */
  async #swap(next: Opened): Promise<void> {
    if (this.#disposed) throw unavailable("it was closed meanwhile");
    const previous = this.#opened;
    this.#opened = next;
    await previous?.hnsw.close();
  }
}

async function search(
  faiss: FaissLibrary,
  { hnsw, metadata, axes }: Opened,
  query: Float32Array<ArrayBuffer>,
  k: number,
): Promise<DescriptorHit[]> {
  const wanted = Math.min(k, metadata.count);
  let hits;
  try {
    // Without axes the search begins at once, so that closing the index waits for it.
    const row = axes === null ? query : await project(faiss, query, axes);
    const work = Math.max(metadata.hnsw.efSearch, wanted) * metadata.dimension;
    hits = work <= BLOCKING_WORK_MAX
      ? hnsw.searchNow(row, 1, wanted)
      : await hnsw.search(row, 1, wanted);
  } catch (error) {
    throw new IndexUnavailableError(
      `Cannot search the descriptor index: ${messageOf(error)}`,
      { cause: error },
    );
  }
  const result: DescriptorHit[] = [];
  for (let i = 0; i < wanted; i++) {
    const id = Number(hits.ids[i]);
    if (id >= 0) result.push({ id, score: hits.scores[i] });
  }
  return result;
}

async function open(
  faiss: FaissLibrary,
  { metadata, bytes, indexFile }: ResolvedIndex,
): Promise<Opened> {
  const axes = decodeProjection(metadata);
  let hnsw: HnswIndex;
  try {
    hnsw = await HnswIndex.decode(faiss, bytes);
  } catch (error) {
    throw unavailable(`FAISS refuses ${indexFile} (${messageOf(error)})`, error);
  }
  try {
    await checkAgainst(metadata, hnsw, indexFile);
    await hnsw.setEfSearch(metadata.hnsw.efSearch);
    return { hnsw, metadata, axes };
  } catch (error) {
    await hnsw.close();
    throw error;
  }
}

async function checkAgainst(metadata: IndexMetadata, hnsw: HnswIndex, path: string): Promise<void> {
  const found = await hnsw.info();
  const pairs = [
    ["dimension", metadata.dimension, found.dimension],
    ["count", metadata.count, found.count],
    ["m", metadata.hnsw.m, found.m],
    ["efConstruction", metadata.hnsw.efConstruction, found.efConstruction],
    ["efSearch", metadata.hnsw.efSearch, found.efSearch],
  ] as const;
  for (const [name, expected, actual] of pairs) {
    if (expected !== actual) {
      throw unavailable(`${path} has ${name} ${actual}, its metadata says ${expected}`);
    }
  }
}
