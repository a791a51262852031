/**
 * libgdn_disk: one wait for the disk instead of one for each file.
 *
 * @module
 */
import { nativeLibraryPath, openNativeLibrary } from "../core/mod.ts";

const DISK_ABI_VERSION = 1;

export const diskSymbols = {
  gdn_disk_live_handles: { parameters: [], result: "i64" },
  // (const char* folder, int64_t path_bytes, int64_t* handle, gdn_error*)
  gdn_disk_open: { parameters: ["buffer", "i64", "buffer", "buffer"], result: "i32" },
  // (int64_t handle, gdn_error*)
  gdn_disk_sync: { parameters: ["i64", "buffer"], result: "i32", nonblocking: true },
  // (int64_t handle, gdn_error*)
  gdn_disk_close: { parameters: ["i64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

export interface DiskLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof diskSymbols>;
  /** File systems open now; 0 at the end of a clean run. */
  liveHandles(): number;
}

/**
 * Opens the library; called by composition roots and tests only.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted or built for another ABI.
 */
export function openDisk(path: string = nativeLibraryPath("disk")): DiskLibrary {
  const library = openNativeLibrary(path, diskSymbols, {
    symbol: "gdn_disk_abi_version",
    version: DISK_ABI_VERSION,
  });
  return {
    symbols: library.symbols,
    liveHandles: () => Number(library.symbols.gdn_disk_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
}
