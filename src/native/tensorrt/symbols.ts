/**
 * The symbols of libgdn_tensorrt (../../../ffi/tensorrt/tensorrt.h), C types as comments.
 *
 * @module
 */
import type { NativeAbi } from "../../core/mod.ts";

export const STATUS_BYTES = 256;
export const DEVICE_BYTES = 88;
export const BUILD_OPTIONS_BYTES = 16;
export const PROFILE_BYTES = 456;
export const TENSOR_BYTES = 464;
export const BINDING_BYTES = 88;

/** ABI version and struct sizes of these bindings; checked when the library is opened. */
export const tensorrtAbi: NativeAbi = {
  symbol: "gdn_tensorrt_abi_version",
  version: 1,
  structBytes: {
    gdn_sizeof_trt_status: STATUS_BYTES,
    gdn_sizeof_trt_device: DEVICE_BYTES,
    gdn_sizeof_trt_build_options: BUILD_OPTIONS_BYTES,
    gdn_sizeof_trt_profile: PROFILE_BYTES,
    gdn_sizeof_trt_tensor: TENSOR_BYTES,
    gdn_sizeof_trt_binding: BINDING_BYTES,
  },
};

export const tensorrtSymbols = {
  gdn_tensorrt_live_handles: { parameters: [], result: "i64" },
  // (gdn_trt_status*, gdn_error*)
  gdn_trt_status_of: { parameters: ["buffer", "buffer"], result: "i32" },
  // (int32_t device, gdn_trt_device*, gdn_error*)
  gdn_trt_device_of: { parameters: ["i32", "buffer", "buffer"], result: "i32", nonblocking: true },
  // (int64_t bytes, gdn_error*)
  gdn_trt_set_memory_budget: { parameters: ["i64", "buffer"], result: "i32" },
  // (int64_t* bytes, gdn_error*)
  gdn_trt_memory_used: { parameters: ["buffer", "buffer"], result: "i32" },
  gdn_trt_build: {
    // (const uint8_t* onnx, int64_t, const gdn_trt_build_options*, const gdn_trt_profile*, int32_t,
    //  const uint8_t* calibration_cache, int64_t, const uint8_t* samples, int64_t,
    //  const uint8_t* timing_cache, int64_t, uint64_t* plan, gdn_error*)
    parameters: [
      "buffer",
      "i64",
      "buffer",
      "buffer",
      "i32",
      "buffer",
      "i64",
      "buffer",
      "i64",
      "buffer",
      "i64",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  // (uint64_t plan, int32_t part, int64_t* bytes, gdn_error*)
  gdn_trt_plan_bytes: { parameters: ["u64", "i32", "buffer", "buffer"], result: "i32" },
  // (uint64_t plan, int32_t part, uint8_t* out, int64_t bytes, gdn_error*)
  gdn_trt_plan_read: { parameters: ["u64", "i32", "buffer", "i64", "buffer"], result: "i32" },
  // (uint64_t plan, gdn_error*)
  gdn_trt_plan_free: { parameters: ["u64", "buffer"], result: "i32" },
  gdn_trt_engine_load: {
    // (const uint8_t*, int64_t bytes, int32_t device, uint64_t* engine, gdn_error*)
    parameters: ["buffer", "i64", "i32", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  // (uint64_t engine, int32_t* count, gdn_error*)
  gdn_trt_engine_tensor_count: { parameters: ["u64", "buffer", "buffer"], result: "i32" },
  // (uint64_t engine, int32_t index, gdn_trt_tensor*, gdn_error*)
  gdn_trt_engine_tensor: { parameters: ["u64", "i32", "buffer", "buffer"], result: "i32" },
  gdn_trt_engine_serialise: {
    // (uint64_t engine, uint64_t* plan, gdn_error*)
    parameters: ["u64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_trt_engine_shapes: {
    // (uint64_t engine, gdn_trt_binding*, int32_t count, gdn_error*)
    parameters: ["u64", "buffer", "i32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_trt_engine_infer: {
    // (uint64_t engine, const gdn_trt_binding*, int32_t count, const uint8_t* inputs, int64_t,
    //  uint8_t* outputs, int64_t, gdn_error*)
    parameters: ["u64", "buffer", "i32", "buffer", "i64", "buffer", "i64", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  // (uint64_t engine, gdn_error*); waits for nothing: calls in flight keep the engine
  gdn_trt_engine_free: { parameters: ["u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
