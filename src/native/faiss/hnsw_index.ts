/**
 * One HNSW graph in native memory (FAISS IDMap2 over HNSWFlat, inner product).
 *
 * Source of the method: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor
 * search using Hierarchical Navigable Small World graphs", https://arxiv.org/abs/1603.09320
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import type { FaissLibrary } from "./library.ts";
import { HNSW_INFO_BYTES } from "./symbols.ts";

interface HnswShape {
  readonly dimension: number;
  /** Neighbours per node. */
  readonly m: number;
  /** Width of the search while building. */
  readonly efConstruction: number;
  /** Width of later searches. */
  readonly efSearch: number;
}

interface HnswInfo extends HnswShape {
  readonly count: number;
}

/** The k best of each query, row by row, best first; id -1 where fewer were found. */
interface HnswHits {
  readonly ids: BigInt64Array<ArrayBuffer>;
  readonly scores: Float32Array<ArrayBuffer>;
}

/**
 * Owner of one native index. Calls may overlap. Disposal is idempotent, refuses new calls, and
 * frees the index when those in flight have ended.
 */
export class HnswIndex implements Disposable, AsyncDisposable {
  readonly #faiss: FaissLibrary;
  #handle: bigint | null;
  readonly #inFlight = new Set<Promise<number>>();

  private constructor(faiss: FaissLibrary, handle: bigint) {
    this.#faiss = faiss;
    this.#handle = handle;
  }

  /** An empty index. @throws NativeError on parameters that FAISS refuses. */
  static create(faiss: FaissLibrary, shape: HnswShape): HnswIndex {
    const { dimension, m, efConstruction, efSearch } = shape;
    const handle = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = faiss.symbols.gdn_hnsw_create(
      Int32Array.of(dimension, m, efConstruction, efSearch),
      handle,
      error.bytes,
    );
    error.check("gdn_hnsw_create", status);
    return new HnswIndex(faiss, handle[0]);
  }

  /**
   * From the bytes of an index's file, which are not to be changed until it settles.
   *
   * @throws NativeError (status 5 when they are no index).
   */
  static async decode(faiss: FaissLibrary, bytes: Uint8Array<ArrayBuffer>): Promise<HnswIndex> {
    const handle = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = await faiss.symbols.gdn_hnsw_decode(
      bytes,
      BigInt(bytes.length),
      handle,
      error.bytes,
    );
    error.check("gdn_hnsw_decode", status);
    return new HnswIndex(faiss, handle[0]);
  }

  /**
   * Adds float32[count × dimension] under `ids`; do not change either until it settles. One thread
   * gives the same graph for the same input; more are faster but differ from run to run.
   */
  async add(
    descriptors: Float32Array<ArrayBuffer>,
    ids: BigInt64Array<ArrayBuffer>,
    threads = 1,
  ): Promise<void> {
    const error = new NativeErrorBuffer();
    await this.#call("gdn_hnsw_add", error, (handle) =>
      this.#faiss.symbols.gdn_hnsw_add(
        handle,
        descriptors,
        BigInt(descriptors.length),
        ids,
        BigInt(ids.length),
        threads,
        error.bytes,
      ));
  }

  /**
   * The k best of each row of `queries` (float32[queryCount × dimension], not to be changed until
   * it settles).
   */
  search(queries: Float32Array<ArrayBuffer>, queryCount: number, k: number): Promise<HnswHits> {
    return this.#search("gdn_hnsw_search", queries, queryCount, k);
  }

  /**
   * The same, synchronously: for searches that take less time than handing them to another thread.
   * Waits for changes of the index.
   */
  searchNow(queries: Float32Array<ArrayBuffer>, queryCount: number, k: number): HnswHits {
    if (this.#handle === null) throw new TypeError("gdn_hnsw_search: the index is closed");
    const hits = emptyHits(queryCount, k);
    const error = new NativeErrorBuffer();
    const status = this.#faiss.symbols.gdn_hnsw_search_now(
      this.#handle,
      queries,
      BigInt(queries.length),
      BigInt(queryCount),
      k,
      hits.ids,
      hits.scores,
      error.bytes,
    );
    error.check("gdn_hnsw_search", status);
    return hits;
  }

  /** Compares every stored descriptor: slow, but exact. */
  searchExact(
    queries: Float32Array<ArrayBuffer>,
    queryCount: number,
    k: number,
  ): Promise<HnswHits> {
    return this.#search("gdn_hnsw_search_exact", queries, queryCount, k);
  }

  async setEfSearch(efSearch: number): Promise<void> {
    const error = new NativeErrorBuffer();
    await this.#call(
      "gdn_hnsw_set_ef_search",
      error,
      (handle) => this.#faiss.symbols.gdn_hnsw_set_ef_search(handle, efSearch, error.bytes),
    );
  }

  async info(): Promise<HnswInfo> {
    const info = new DataView(new ArrayBuffer(HNSW_INFO_BYTES));
    const bytes = new Uint8Array(info.buffer);
    const error = new NativeErrorBuffer();
    await this.#call(
      "gdn_hnsw_info_of",
      error,
      (handle) => this.#faiss.symbols.gdn_hnsw_info_of(handle, bytes, error.bytes),
    );
    return {
      count: Number(info.getBigInt64(0, true)),
      dimension: info.getInt32(8, true),
      m: info.getInt32(12, true),
      efConstruction: info.getInt32(16, true),
      efSearch: info.getInt32(20, true),
    };
  }

  /** Writes the index to `path`, neither atomically nor synced: the caller renames and syncs. */
  async write(path: string): Promise<void> {
    const bytes = new TextEncoder().encode(path);
    const error = new NativeErrorBuffer();
    await this.#call(
      "gdn_hnsw_write",
      error,
      (handle) =>
        this.#faiss.symbols.gdn_hnsw_write(handle, bytes, BigInt(bytes.length), error.bytes),
    );
  }

  /** Refuses new calls, waits for those in flight, frees the index. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    // A call in flight may not have reached the native side yet: the handle must stay valid until
    // then.
    if (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
    if (handle !== null) this.#free(handle);
  }

  /** Like `close()`, without waiting: frees at once, or when the last call in flight has ended. */
  [Symbol.dispose](): void {
    void this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #free(handle: bigint): void {
    const error = new NativeErrorBuffer();
    error.check("gdn_hnsw_free", this.#faiss.symbols.gdn_hnsw_free(handle, error.bytes));
  }

  async #search(
    name: "gdn_hnsw_search" | "gdn_hnsw_search_exact",
    queries: Float32Array<ArrayBuffer>,
    queryCount: number,
    k: number,
  ): Promise<HnswHits> {
    const { ids, scores } = emptyHits(queryCount, k);
    const error = new NativeErrorBuffer();
    const floats = BigInt(queries.length);
    await this.#call(
      name,
      error,
      (handle) =>
        this.#faiss.symbols[name](
          handle,
          queries,
          floats,
          BigInt(queryCount),
          k,
          ids,
          scores,
          error.bytes,
        ),
    );
    return { ids, scores };
  }

  async #call(
    name: string,
    error: NativeErrorBuffer,
    start: (handle: bigint) => Promise<number>,
  ): Promise<void> {
    if (this.#handle === null) throw new TypeError(`${name}: the index is closed`);
    const settled = start(this.#handle);
    this.#inFlight.add(settled);
    try {
      error.check(name, await settled);
    } finally {
      this.#inFlight.delete(settled);
    }
  }
}

function emptyHits(queryCount: number, k: number): HnswHits {
  if (!(queryCount >= 1 && k >= 1)) {
    throw new RangeError(`queryCount and k must be at least 1, got ${queryCount} and ${k}`);
  }
  return { ids: new BigInt64Array(queryCount * k), scores: new Float32Array(queryCount * k) };
}
