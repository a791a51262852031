/**
 * The symbols of libgdn_faiss (../../../ffi/faiss/faiss.h), C types as comments. Only buffers and
 * numbers cross, so that everything works with FFI scoped to the library's path.
 *
 * @module
 */
import type { NativeAbi } from "../../core/mod.ts";

/** Bytes of `struct gdn_hnsw_params`. */
const HNSW_PARAMS_BYTES = 16;
/** Bytes of `struct gdn_hnsw_info`. */
export const HNSW_INFO_BYTES = 24;

/** ABI version and struct sizes of these bindings; checked when the library is opened. */
export const faissAbi: NativeAbi = {
  symbol: "gdn_faiss_abi_version",
  version: 4,
  structBytes: {
    gdn_sizeof_hnsw_params: HNSW_PARAMS_BYTES,
    gdn_sizeof_hnsw_info: HNSW_INFO_BYTES,
  },
};

export const faissSymbols = {
  gdn_faiss_live_handles: { parameters: [], result: "i64" },
  gdn_hnsw_create: {
    // (const gdn_hnsw_params*, uint64_t* handle, gdn_error*)
    parameters: ["buffer", "buffer", "buffer"],
    result: "i32",
  },
  gdn_hnsw_add: {
    // (uint64_t, const float*, int64_t floats, const int64_t* ids, int64_t n, int32_t threads, gdn_error*)
    parameters: ["u64", "buffer", "i64", "buffer", "i64", "i32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_search: {
    // (uint64_t, const float*, int64_t floats, int64_t n, int32_t k, int64_t* ids, float*, gdn_error*)
    parameters: ["u64", "buffer", "i64", "i64", "i32", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_search_now: {
    // the same call, synchronous: without handing it to another thread, which costs 20 to 50 µs
    name: "gdn_hnsw_search",
    parameters: ["u64", "buffer", "i64", "i64", "i32", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  gdn_hnsw_search_exact: {
    // (uint64_t, const float*, int64_t floats, int64_t n, int32_t k, int64_t* ids, float*, gdn_error*)
    parameters: ["u64", "buffer", "i64", "i64", "i32", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_set_ef_search: {
    // (uint64_t, int32_t, gdn_error*); waits for searches in flight
    parameters: ["u64", "i32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_info_of: {
    // (uint64_t, gdn_hnsw_info*, gdn_error*); waits for an add in flight
    parameters: ["u64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_write: {
    // (uint64_t, const char* path, int64_t path_bytes, gdn_error*)
    parameters: ["u64", "buffer", "i64", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_decode: {
    // (const uint8_t* bytes, int64_t size, uint64_t* handle, gdn_error*)
    parameters: ["buffer", "i64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_pca_train: {
    // (const float*, int64_t floats, int64_t n, int32_t dimension, int32_t axes, float* mean,
    //  float* axes, int64_t floats, float* variances, gdn_error*)
    parameters: [
      "buffer",
      "i64",
      "i64",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "i64",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  gdn_pca_project: {
    // (const float*, int64_t floats, int64_t n, int32_t dimension, const float* mean,
    //  const float* axes, int64_t floats, int32_t axes, float* out, gdn_error*)
    parameters: [
      "buffer",
      "i64",
      "i64",
      "i32",
      "buffer",
      "buffer",
      "i64",
      "i32",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  gdn_hnsw_free: {
    // (uint64_t, gdn_error*)
    parameters: ["u64", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
