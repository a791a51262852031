/** Descriptor index of the tile cache: HNSW on FAISS, three files, no database. */
import { RuntimeNotAvailableError } from "../../core/mod.ts";
import type { FaissLibrary } from "../../native/faiss/mod.ts";
import type { DescriptorIndexConfig } from "./config.ts";
import type { DescriptorIndex } from "./contract.ts";
import { FaissDescriptorIndex } from "./faiss_descriptor_index.ts";

export * from "./config.ts";
export * from "./contract.ts";
export * from "./errors.ts";
export { indexPaths } from "./index_paths.ts";
export * from "./tile_ids.ts";

/** The library, or what opens it: asked for when an index is built or opened, and not before. */
type FaissSource = FaissLibrary | (() => FaissLibrary);

/** Constructs only; reads, writes and loads nothing. A string names the `.index` file. */
export function buildDescriptorIndex(
  place: string | DescriptorIndexConfig,
  faiss: FaissSource,
): DescriptorIndex {
  const config = typeof place === "string"
    ? { faissIndexPath: place, faissWarmupQueryPath: null, buildFaissIndex: true }
    : place;
  const open = typeof faiss === "function" ? faiss : () => faiss;
  return new FaissDescriptorIndex({
    path: config.faissIndexPath,
    faiss: config.buildFaissIndex ? open : refuseFaiss,
    warmUpQueryPath: config.faissWarmupQueryPath,
  });
}

/**
 * Opens a prebuilt index to search it. Needs read permission for its folder and FFI permission for
 * the FAISS library, and nothing else.
 *
 * @throws IndexUnavailableError when a file is absent or the three do not agree.
 * @throws RuntimeNotAvailableError when FAISS is not there, or the configuration leaves it out.
 */
export async function openDescriptorIndex(
  place: string | DescriptorIndexConfig,
  faiss: FaissSource,
): Promise<DescriptorIndex> {
  const index = buildDescriptorIndex(place, faiss);
  await index.load();
  return index;
}

function refuseFaiss(): never {
  throw new RuntimeNotAvailableError(
    "Cannot use the descriptor index: buildFaissIndex is false in the configuration; set it to " +
      "true (`deno task setup` installs FAISS)",
  );
}
