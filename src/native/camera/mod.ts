/** Bindings of ffi/camera: V4L2 and GStreamer. */
export {
  Capture,
  type Captured,
  type GstreamerRequest,
  monotonicNowNs,
  requireGstreamer,
  type V4l2Request,
} from "./capture.ts";
export { type CameraLibrary, openCameraLibrary } from "./library.ts";
