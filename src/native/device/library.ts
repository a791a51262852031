/**
 * Opens libgdn_device by its path.
 *
 * @module
 */
import { nativeLibraryPath, openNativeLibrary } from "../../core/mod.ts";
import { deviceAbi, deviceSymbols } from "./symbols.ts";

export interface DeviceLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof deviceSymbols>;
  /** Number of open serial lines and connections to a service manager; 0 at the end of a run without leaks. */
  liveHandles(): number;
}

/**
 * Opens the library; called by composition roots and tests only.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted or built for another ABI.
 */
export function openDevice(path: string = nativeLibraryPath("device")): DeviceLibrary {
  const library = openNativeLibrary(path, deviceSymbols, deviceAbi);
  const { symbols } = library;
  return {
    symbols,
    liveHandles: () => Number(symbols.gdn_device_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
}
