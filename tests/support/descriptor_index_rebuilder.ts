/**
 * Rebuilds an index again and again, with one of four sets of descriptors in turn, until it is
 * killed; prints a line after each. Arguments: the `.index` file, the number of the first set.
 *
 * @module
 */
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { crashSet, HNSW_SMALL, SETS } from "./descriptor_index_sets.ts";

const [path, first] = Deno.args;
using faiss = openFaiss();
await using index = buildDescriptorIndex(path, faiss);
console.log("ready");
for (let which = Number(first);; which = (which + 1) % SETS) {
  const { descriptors, ids } = crashSet(which);
  await index.rebuildFromDescriptors(descriptors, ids, HNSW_SMALL);
  console.log(`built ${which}`);
}
