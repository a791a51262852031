/** Descriptor index of the tile cache: HNSW on FAISS, three files, no database. */
import { RuntimeNotAvailableError } from "../../core/mod.ts";
import type { FaissLibrary } from "../../native/faiss/mod.ts";
import type { DescriptorIndexConfig } from "./config.ts";
import type { DescriptorIndex } from "./contract.ts";
import { FaissDescriptorIndex } from "./faiss_descriptor_index.ts";
import type { IndexBytes } from "./read_files.ts";

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
  if (typeof place === "string") return faissIndex(place, faiss);
  const { faissIndexPath, buildFaissIndex, faissWarmupQueryPath } = place;
  return faissIndex(faissIndexPath, buildFaissIndex ? faiss : refuseFaiss, faissWarmupQueryPath);
}

/**
 * Opens a prebuilt index to search it: its files, or their bytes. Needs read permission for its folder and FFI
 * permission for the FAISS library, and nothing else.
 *
 * @throws IndexUnavailableError when a file is absent or the three do not agree.
 * @throws RuntimeNotAvailableError when FAISS is not there, or the configuration leaves it out.
 */
export async function openDescriptorIndex(
  place: string | DescriptorIndexConfig | IndexBytes,
  faiss: FaissSource,
): Promise<DescriptorIndex> {
  if (typeof place === "object" && "indexFile" in place) {
    const index = faissIndex(place.indexFile, faiss);
    await index.loadBytes(place);
    return index;
  }
  const index = buildDescriptorIndex(place, faiss);
  await index.load();
  return index;
}

function faissIndex(
  path: string,
  faiss: FaissSource,
  warmUpQueryPath: string | null = null,
): FaissDescriptorIndex {
  const open = typeof faiss === "function" ? faiss : () => faiss;
  return new FaissDescriptorIndex({ path, faiss: open, warmUpQueryPath });
}

function refuseFaiss(): never {
  throw new RuntimeNotAvailableError(
    "Cannot use the descriptor index: buildFaissIndex is false in the configuration; set it to " +
      "true (`deno task setup` installs FAISS)",
  );
}
