/**
 * Sets of descriptors that tell by their ids which of them an index was built of.
 *
 * @module
 */
import { l2Normalise, seededRandom } from "../../src/core/mod.ts";
import type { DescriptorIndex, HnswParams } from "../../src/navigation/descriptor_index/mod.ts";

export const SETS = 4;
export const HNSW_SMALL: HnswParams = { m: 8, efConstruction: 20, efSearch: 40 };
const DIMENSION = 16;

/** Sets differ in size as well as in content. */
export function crashSet(which: number): { descriptors: Float32Array; ids: number[] } {
  const random = seededRandom(`crash set ${which}`), count = 30 + 10 * which;
  const values = Float32Array.from({ length: count * DIMENSION }, () => random.normal());
  return {
    descriptors: l2Normalise(values, DIMENSION),
    ids: Array.from({ length: count }, (_, i) => 1000 * which + i),
  };
}

/** Which set a loaded index is of; throws unless everything in it is of that one. */
export async function setOf(index: DescriptorIndex): Promise<number> {
  const { count } = index.indexMetadata();
  const which = (count - 30) / 10;
  const { descriptors, ids } = crashSet(which);
  const [{ score }] = await index.searchTopK(descriptors.slice(0, DIMENSION), 1);
  const hits = await index.searchTopK(descriptors.slice(0, DIMENSION), count);
  const known = new Set(ids);
  if (score < 0.9999 || hits.some((hit) => !known.has(hit.id))) {
    throw new Error(`an index of ${count} descriptors holds others than set ${which}`);
  }
  return which;
}
