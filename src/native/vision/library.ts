/**
 * libgdn_vision (OpenCV and TurboJPEG): one symbol table made of the tables of its rooms.
 *
 * @module
 */
import { nativeLibraryPath, openNativeLibrary } from "../../core/mod.ts";
import { featureSymbols } from "./features.ts";
import { frameSymbols } from "./frame.ts";
import { imageSymbols } from "./image.ts";
import { poseSymbols } from "./pose.ts";
import { renderSymbols } from "./render.ts";
import { structuralSymbols } from "./structural.ts";
import { trackSymbols } from "./tracks.ts";
import { warpSymbols } from "./warp.ts";

const VISION_ABI_VERSION = 1;

export const visionSymbols = {
  gdn_vision_live_handles: { parameters: [], result: "i64" },
  ...featureSymbols,
  ...frameSymbols,
  ...imageSymbols,
  ...poseSymbols,
  ...renderSymbols,
  ...structuralSymbols,
  ...trackSymbols,
  ...warpSymbols,
} as const satisfies Deno.ForeignLibraryInterface;

export interface VisionLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof visionSymbols>;
  /** Native handles alive now; 0 at the end of a clean run. */
  liveHandles(): number;
}

/** Opens the library; called by composition roots and tests only. */
export function openVision(path: string = nativeLibraryPath("vision")): VisionLibrary {
  const library = openNativeLibrary(path, visionSymbols, {
    symbol: "gdn_vision_abi_version",
    version: VISION_ABI_VERSION,
  });
  return {
    symbols: library.symbols,
    liveHandles: () => Number(library.symbols.gdn_vision_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
}
