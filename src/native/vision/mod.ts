/** Bindings of ffi/vision: pictures, tracks, structural correlation, features, geometry. */
export * from "./features.ts";
export * from "./frame.ts";
export * from "./image.ts";
export * from "./lens.ts";
export { openVision, type VisionLibrary } from "./library.ts";
export * from "./pose.ts";
export type { Relief } from "./relief.ts";
export * from "./render.ts";
export * from "./structural.ts";
export * from "./tracks.ts";
export * from "./vlad.ts";
export * from "./warp.ts";
