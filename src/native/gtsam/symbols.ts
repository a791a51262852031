/**
 * The symbols of libgdn_gtsam (../../../ffi/gtsam/gtsam.h), C types as comments.
 *
 * @module
 */
import type { NativeAbi } from "../../core/mod.ts";

export const STATUS_BYTES = 252;
export const OPTIONS_BYTES = 24;
export const TRANSITION_BYTES = 1240;
export const REPORT_BYTES = 24;

/** ABI version and struct sizes of these bindings; checked when the library is opened. */
export const gtsamAbi: NativeAbi = {
  symbol: "gdn_gtsam_abi_version",
  version: 2,
  structBytes: {
    gdn_sizeof_gtsam_status: STATUS_BYTES,
    gdn_sizeof_smoother_options: OPTIONS_BYTES,
    gdn_sizeof_transition: TRANSITION_BYTES,
    gdn_sizeof_smoother_report: REPORT_BYTES,
  },
};

export const gtsamSymbols = {
  gdn_gtsam_live_handles: { parameters: [], result: "i64" },
  // (gdn_gtsam_status*, gdn_error*)
  gdn_gtsam_status_of: { parameters: ["buffer", "buffer"], result: "i32" },
  // (const gdn_smoother_options*, int64_t time_ns, const double* state, const double* covariance,
  //  uint64_t* smoother, gdn_error*)
  gdn_smoother_create: {
    parameters: ["buffer", "i64", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // (uint64_t, int64_t time_ns, const gdn_transition* from_previous, const gdn_transition* to_next, gdn_error*)
  gdn_smoother_add_node: {
    parameters: ["u64", "i64", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // (uint64_t, int32_t kind, int64_t from_ns, int64_t time_ns, const double* observation,
  //  const double* noise, gdn_error*)
  gdn_smoother_add_measurement: {
    parameters: ["u64", "i32", "i64", "i64", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // (uint64_t, int32_t kind, int64_t time_ns, gdn_error*)
  gdn_smoother_remove_measurement: { parameters: ["u64", "i32", "i64", "buffer"], result: "i32" },
  // (uint64_t, gdn_smoother_report*, gdn_error*)
  gdn_smoother_update: { parameters: ["u64", "buffer", "buffer"], result: "i32" },
  // (uint64_t, int64_t time_ns, double* state, double* covariance, gdn_error*)
  gdn_smoother_node: { parameters: ["u64", "i64", "buffer", "buffer", "buffer"], result: "i32" },
  // (uint64_t, int64_t other_ns, double* state, double* other_state, double* covariance, gdn_error*)
  gdn_smoother_newest: {
    parameters: ["u64", "i64", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  // (uint64_t, gdn_error*)
  gdn_smoother_free: { parameters: ["u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
