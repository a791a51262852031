/** Descriptor index of the tile cache: HNSW on FAISS, three files, no database. */
import type { FaissLibrary } from "../faiss/mod.ts";
import type { DescriptorIndex } from "./contract.ts";
import { FaissDescriptorIndex } from "./faiss_descriptor_index.ts";

export * from "./contract.ts";
export * from "./errors.ts";
export { type IndexPaths, indexPaths } from "./files.ts";

/** Constructs only; reads and writes nothing. `path` names the `.index` file. */
export function buildDescriptorIndex(path: string, faiss: FaissLibrary): DescriptorIndex {
  return new FaissDescriptorIndex(path, faiss);
}

/**
 * Opens a prebuilt index to search it. Needs read permission for its folder and FFI permission for
 * the FAISS library, and nothing else.
 *
 * @throws IndexUnavailableError when a file is absent or the three do not agree.
 */
export async function openDescriptorIndex(
  path: string,
  faiss: FaissLibrary,
): Promise<DescriptorIndex> {
  const index = new FaissDescriptorIndex(path, faiss);
  await index.load();
  return index;
}
