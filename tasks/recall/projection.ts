/**
 * Measures what storing 512 floats of 4096 loses: compares exact search before and after the
 * projection.
 *
 * @module
 */
import {
  type FaissLibrary,
  HnswIndex,
  projectOntoAxes,
  trainPrincipalAxes,
} from "../../src/native/faiss/mod.ts";
import type { DescriptorSet, Floats } from "./descriptors.ts";
import { truthOf } from "./measure.ts";

const K = 10;
/** Smaller than a descriptor: the axes are then computed in seconds. */
const ROWS_MAX = 2000;
const AXES = [512, 256, 128];

/** The unprojected VLADs of `map` and `queries` are the long descriptors. */
export async function measureProjection(
  faiss: FaissLibrary,
  map: DescriptorSet,
  queries: DescriptorSet,
): Promise<void> {
  const length = map.rawLength;
  const long = spread(map.raw, length, ROWS_MAX), rows = long.length / length;
  const whole = await exact(faiss, long, queries.raw, length);
  const begin = performance.now();
  const all = await trainPrincipalAxes(faiss, long, { dimension: length, axisCount: AXES[0] });
  console.log(
    `axes learnt of ${rows} rows in ${((performance.now() - begin) / 1000).toFixed(0)} s`,
  );
  for (const axisCount of AXES) {
    const axes = { ...all, axisCount, axes: all.axes.slice(0, axisCount * length) };
    const projecting = performance.now();
    const shortMap = await projectOntoAxes(faiss, long, axes);
    const projectedMs = performance.now() - projecting;
    const shortQueries = await projectOntoAxes(faiss, queries.raw, axes);
    const short = await exact(faiss, shortMap, shortQueries, axisCount);
    const shared = whole.map((ids, i) => short[i].filter((id) => ids.includes(id)).length / K);
    const mean = shared.reduce((sum, value) => sum + value, 0) / shared.length;
    const first = whole.filter((ids, i) => ids[0] === short[i][0]).length / whole.length;
    console.log(
      `${rows} × ${length} → ${axisCount}: of the ten nearest ${(100 * mean).toFixed(1)} % stay, ` +
        `the nearest in ${(100 * first).toFixed(1)} % of ${whole.length}; ` +
        `projected in ${(projectedMs / rows).toFixed(2)} ms each`,
    );
  }
}

/** At most `rowsMax` rows, evenly over all. */
function spread(values: Floats, length: number, rowsMax: number): Floats {
  const count = values.length / length, rows = Math.min(count, rowsMax);
  const out = new Float32Array(rows * length);
  for (let i = 0; i < rows; i++) {
    const row = Math.floor(i * count / rows);
    out.set(values.subarray(row * length, (row + 1) * length), i * length);
  }
  return out;
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
