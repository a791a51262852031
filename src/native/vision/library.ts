/**
 * Opens libgdn_vision (OpenCV and TurboJPEG); its symbol table is joined from the tables of the
 * files beside this one.
 *
 * @module
 */
import { type NativeAbi, nativeLibraryPath, openNativeLibrary } from "../../core/mod.ts";
import { featureSymbols } from "./features.ts";
import { frameSymbols } from "./frame.ts";
import { imageSymbols } from "./image.ts";
import { lensSymbols } from "./lens.ts";
import { poseStructBytes, poseSymbols } from "./pose.ts";
import { renderSymbols } from "./render.ts";
import { structuralStructBytes, structuralSymbols } from "./structural.ts";
import { trackSymbols } from "./tracks.ts";
import { vladSymbols } from "./vlad.ts";
import { warpSymbols } from "./warp.ts";

/** ABI version and struct sizes of these bindings; checked when the library is opened. */
export const visionAbi: NativeAbi = {
  symbol: "gdn_vision_abi_version",
  version: 6,
  structBytes: { ...poseStructBytes, ...structuralStructBytes },
};

export const visionSymbols = {
  gdn_vision_live_handles: { parameters: [], result: "i64" },
  gdn_vision_pooled_bytes: { parameters: [], result: "i64" },
  ...featureSymbols,
  ...frameSymbols,
  ...imageSymbols,
  ...lensSymbols,
  ...poseSymbols,
  ...renderSymbols,
  ...structuralSymbols,
  ...trackSymbols,
  ...vladSymbols,
  ...warpSymbols,
} as const satisfies Deno.ForeignLibraryInterface;

export interface VisionLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof visionSymbols>;
  /** Number of native handles; 0 at the end of a run without leaks. */
  liveHandles(): number;
  /** Buffers that wait for the next picture, of the whole process: at most 96 MiB (ffi/vision/pool.hpp). */
  pooledBytes(): number;
}

/**
 * Opens the library; called by composition roots and tests only.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted or built for another ABI.
 */
export function openVision(path: string = nativeLibraryPath("vision")): VisionLibrary {
  const library = openNativeLibrary(path, visionSymbols, visionAbi);
  return {
    symbols: library.symbols,
    liveHandles: () => Number(library.symbols.gdn_vision_live_handles()),
    pooledBytes: () => Number(library.symbols.gdn_vision_pooled_bytes()),
    [Symbol.dispose]: () => library.close(),
  };
}
