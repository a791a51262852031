/**
 * How wide a search must be, measured: the smallest efSearch whose answers hold the wanted share of
 * what comparing everything finds.
 *
 * @module
 */
import type { HnswIndex } from "../../native/faiss/mod.ts";
import type { IndexMetadata, RecallTarget } from "./contract.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Steps of about a quarter: finer ones change the time of a search by less than it varies. */
const EF_SEARCH_STEPS = [
  16,
  24,
  32,
  48,
  64,
  80,
  96,
  128,
  160,
  192,
  256,
  320,
  384,
  512,
  640,
  768,
  1024,
  1536,
  2048,
  4096,
];

/** Queries in a native call: between them the build can be aborted. */
const QUERIES_AT_ONCE = 32;

interface MeasuredSearch {
  readonly efSearch: number;
  readonly recall: NonNullable<IndexMetadata["recall"]>;
}

/**
 * Leaves `hnsw` set to what it found: the widest there is where none reaches the target (the caller
 * sees it in the measured recall).
 */
export async function measureEfSearch(
  hnsw: HnswIndex,
  target: RecallTarget & { readonly queries: Floats; readonly queryCount: number },
  count: number,
  signal?: AbortSignal,
): Promise<MeasuredSearch> {
  const { recallMin, queryCount } = target;
  const k = Math.min(target.k, count);
  const ask = (search: "search" | "searchExact") =>
    inBatches(target, (queries, rows) => hnsw[search](queries, rows, k), signal);
  const truth = await ask("searchExact");
  let measured = 0, efSearch = 0;
  for (efSearch of widthsFrom(k)) {
    await hnsw.setEfSearch(efSearch);
    measured = recallOf(truth, await ask("search"));
    if (measured >= recallMin) break;
  }
  const rounded = Math.floor(measured * 1e6) / 1e6;
  return { efSearch, recall: { k, wanted: recallMin, measured: rounded, queryCount } };
}

/** A search narrower than k cannot find k. */
function widthsFrom(k: number): readonly number[] {
  const steps = EF_SEARCH_STEPS.filter((width) => width >= k);
  return steps.length > 0 ? steps : [k];
}

/** Ids of every query's hits; row by row. */
interface Answers {
  readonly ids: BigInt64Array;
  readonly k: number;
}

async function inBatches(
  { queries, queryCount }: { readonly queries: Floats; readonly queryCount: number },
  ask: (queries: Floats, rows: number) => Promise<{ readonly ids: BigInt64Array }>,
  signal?: AbortSignal,
): Promise<Answers> {
  const dimension = queries.length / queryCount;
  const parts: bigint[] = [];
  for (let row = 0; row < queryCount; row += QUERIES_AT_ONCE) {
    signal?.throwIfAborted();
    const rows = Math.min(QUERIES_AT_ONCE, queryCount - row);
    const piece = queries.slice(row * dimension, (row + rows) * dimension);
    for (const id of (await ask(piece, rows)).ids) parts.push(id);
  }
  return { ids: BigInt64Array.from(parts), k: parts.length / queryCount };
}

function recallOf(truth: Answers, found: Answers): number {
  let right = 0;
  for (let start = 0; start < truth.ids.length; start += truth.k) {
    const trueIds = new Set(truth.ids.subarray(start, start + truth.k));
    for (const id of found.ids.subarray(start, start + truth.k)) if (trueIds.has(id)) right++;
  }
  return right / truth.ids.length;
}
