/**
 * The symbols of libgdn_camera (../../../ffi/camera/), C types as comments.
 *
 * @module
 */
import type { NativeAbi } from "../../core/mod.ts";

/** `struct gdn_camera_picture`: four int64, four int32. */
export const PICTURE_BYTES = 48;

/** ABI version and struct sizes of these bindings; checked when the library is opened. */
export const cameraAbi: NativeAbi = {
  symbol: "gdn_camera_abi_version",
  version: 1,
  structBytes: { gdn_sizeof_camera_picture: PICTURE_BYTES },
};

export const cameraSymbols = {
  gdn_camera_live_handles: { parameters: [], result: "i64" },
  gdn_camera_now_ns: { parameters: [], result: "i64" },
  gdn_v4l2_open: {
    // (const char* path, int64_t path_bytes, int32_t width_px, int32_t height_px, int32_t milli_fps,
    //  uint32_t fourcc, uint64_t* handle, gdn_error*)
    parameters: ["buffer", "i64", "i32", "i32", "i32", "u32", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_gstreamer_load: {
    // (gdn_error*)
    parameters: ["buffer"],
    result: "i32",
  },
  gdn_gstreamer_open: {
    // (int32_t kind, const char* text, int64_t text_bytes, int32_t timeout_ms, uint64_t* handle, gdn_error*)
    parameters: ["i32", "buffer", "i64", "i32", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_camera_read: {
    // (uint64_t, int32_t timeout_ms, uint8_t* out, int64_t capacity, gdn_camera_picture*, gdn_error*)
    parameters: ["u64", "i32", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_camera_free: {
    // (uint64_t, gdn_error*)
    parameters: ["u64", "buffer"],
    result: "i32",
    // It waits until a pipeline has stopped.
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;
