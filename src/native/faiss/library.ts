/**
 * libgdn_faiss, opened by path.
 *
 * @module
 */
import { nativeLibraryPath, openNativeLibrary, RuntimeNotAvailableError } from "../../core/mod.ts";
import { FAISS_ABI_VERSION, faissSymbols, HNSW_INFO_BYTES, HNSW_PARAMS_BYTES } from "./symbols.ts";

export interface FaissLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof faissSymbols>;
  /** Native indices alive now; 0 at the end of a clean run. */
  liveHandles(): number;
}

/**
 * Opens the library; called by composition roots and tests only.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted or built for another ABI.
 */
export function openFaiss(path: string = nativeLibraryPath("faiss")): FaissLibrary {
  const library = openNativeLibrary(path, faissSymbols, {
    symbol: "gdn_faiss_abi_version",
    version: FAISS_ABI_VERSION,
  });
  const { symbols } = library;
  const paramsBytes = symbols.gdn_faiss_sizeof_hnsw_params();
  const infoBytes = symbols.gdn_faiss_sizeof_hnsw_info();
  if (paramsBytes !== HNSW_PARAMS_BYTES || infoBytes !== HNSW_INFO_BYTES) {
    library.close();
    throw new RuntimeNotAvailableError(
      `Cannot use ${path}: its structs have ${paramsBytes} and ${infoBytes} bytes, this program ` +
        `expects ${HNSW_PARAMS_BYTES} and ${HNSW_INFO_BYTES}; run \`deno task build\``,
    );
  }
  return {
    symbols,
    liveHandles: () => Number(symbols.gdn_faiss_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
}
