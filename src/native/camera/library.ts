/**
 * Opens libgdn_camera.
 *
 * @module
 */
import { type NativeLibrary, nativeLibraryPath, openNativeLibrary } from "../../core/mod.ts";
import { cameraAbi, cameraSymbols } from "./symbols.ts";

export interface CameraLibrary
  extends Disposable, Pick<NativeLibrary<typeof cameraSymbols>, "symbols"> {
  /** Cameras open now; 0 at the end of a run without leaks. */
  liveHandles(): number;
}

/**
 * Opens the library; called by composition roots and tests only.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted or built for another ABI.
 */
export function openCameraLibrary(path: string = nativeLibraryPath("camera")): CameraLibrary {
  const library = openNativeLibrary(path, cameraSymbols, cameraAbi);
  return {
    symbols: library.symbols,
    liveHandles: () => Number(library.symbols.gdn_camera_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
}
