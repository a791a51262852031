/** Bindings of ffi/camera: V4L2 and GStreamer. */
export { Capture, type Captured, monotonicNowNs, requireGstreamer } from "./capture.ts";
export { type CameraLibrary, openCameraLibrary } from "./library.ts";
