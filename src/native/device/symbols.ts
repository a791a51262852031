/**
 * The symbols of libgdn_device (../../../ffi/device/), C types as comments.
 *
 * @module
 */
import type { NativeAbi } from "../../core/mod.ts";

/** ABI version and struct sizes of these bindings; checked when the library is opened. */
export const deviceAbi: NativeAbi = {
  symbol: "gdn_device_abi_version",
  version: 2,
  structBytes: {},
};

export const deviceSymbols = {
  gdn_device_live_handles: { parameters: [], result: "i64" },
  gdn_system_file_read: {
    // (const char* path, int64_t path_bytes, uint8_t* out, int64_t capacity, int64_t* length, gdn_error*)
    parameters: ["buffer", "i64", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
  },
  gdn_environment_names: {
    // (uint8_t* out, int64_t capacity, int64_t* length, gdn_error*)
    parameters: ["buffer", "i64", "buffer", "buffer"],
    result: "i32",
    // A checkout whose libraries were built before it flies all the same.
    optional: true,
  },
  gdn_descriptor_read: {
    // (int32_t descriptor, uint8_t* out, int64_t capacity, int64_t* length, gdn_error*)
    parameters: ["i32", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
    optional: true,
  },
  gdn_core_dumps_forbid: {
    // (gdn_error*)
    parameters: ["buffer"],
    result: "i32",
    optional: true,
  },
  gdn_graphics_processor_read: {
    // (int32_t* temperature_c, int32_t* throttled, gdn_error*)
    parameters: ["buffer", "buffer", "buffer"],
    result: "i32",
  },
  gdn_service_manager_open: {
    // (uint64_t* handle, int64_t* watchdog_us, gdn_error*)
    parameters: ["buffer", "buffer", "buffer"],
    result: "i32",
  },
  gdn_service_manager_notify: {
    // (uint64_t, int32_t state, const char* status, int64_t status_bytes, gdn_error*)
    parameters: ["u64", "i32", "buffer", "i64", "buffer"],
    result: "i32",
  },
  gdn_service_manager_free: {
    // (uint64_t, gdn_error*)
    parameters: ["u64", "buffer"],
    result: "i32",
  },
  gdn_serial_line_open: {
    // (const char* path, int64_t path_bytes, int32_t baud_rate, uint64_t* handle, gdn_error*)
    parameters: ["buffer", "i64", "i32", "buffer", "buffer"],
    result: "i32",
  },
  gdn_pseudo_terminal_open: {
    // (uint64_t* handle, char* path, int64_t capacity, int64_t* length, gdn_error*)
    parameters: ["buffer", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
  },
  gdn_serial_line_read: {
    // (uint64_t, int32_t timeout_ms, uint8_t* out, int64_t capacity, int64_t* length, gdn_error*)
    parameters: ["u64", "i32", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_serial_line_write: {
    // (uint64_t, const uint8_t* bytes, int64_t count, int64_t* taken, gdn_error*)
    parameters: ["u64", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
  },
  gdn_serial_line_free: {
    // (uint64_t, gdn_error*)
    parameters: ["u64", "buffer"],
    result: "i32",
  },
  gdn_syscall_filter_install: {
    // (int32_t allowed, gdn_error*)
    parameters: ["i32", "buffer"],
    result: "i32",
  },
  gdn_syscall_filter_program: {
    // (int32_t architecture, int32_t allowed, int32_t process_id, uint8_t* out, int64_t capacity,
    //  int64_t* length, gdn_error*)
    parameters: ["i32", "i32", "i32", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;
