/** Bindings of ffi/vision: pictures, tracks, structural correlation, features, geometry. */
export * from "./image.ts";
export { openVision, type VisionLibrary } from "./library.ts";
export * from "./warp.ts";
