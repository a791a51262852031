/**
 * Opens libgdn_faiss by its path.
 *
 * @module
 */
import { nativeLibraryPath, openNativeLibrary } from "../../core/mod.ts";
import { faissAbi, faissSymbols } from "./symbols.ts";

export interface FaissLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof faissSymbols>;
  /** Number of native indices; 0 at the end of a run without leaks. */
  liveHandles(): number;
}

/**
 * Opens the library; called by composition roots and tests only.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted or built for another ABI.
 */
export function openFaiss(path: string = nativeLibraryPath("faiss")): FaissLibrary {
  const library = openNativeLibrary(path, faissSymbols, faissAbi);
  const { symbols } = library;
  return {
    symbols,
    liveHandles: () => Number(symbols.gdn_faiss_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
}
