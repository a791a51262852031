/**
 * Files of the kernel (temperatures, clocks, memory of this process), which Deno refuses to open.
 *
 * @module
 */
import { NATIVE_STATUS, NativeErrorBuffer } from "../../core/mod.ts";
import type { DeviceLibrary } from "./library.ts";

/** More than any of these files holds: an attribute of sysfs has at most 4096 bytes. */
const FILE_BYTES_MAX = 8192;

/**
 * The text of one file of the list in ../../../ffi/device/system_files.cc, without white space at its
 * end; undefined where there is no such file or its driver gives no answer now.
 *
 * @throws NativeError for a path outside of the list, and for a file that is too long.
 */
export function readSystemText(device: DeviceLibrary, path: string): string | undefined {
  const name = new TextEncoder().encode(path);
  const out = new Uint8Array(FILE_BYTES_MAX);
  const length = new BigInt64Array(1);
  const error = new NativeErrorBuffer();
  const status = device.symbols.gdn_system_file_read(
    name,
    BigInt(name.length),
    out,
    BigInt(out.length),
    length,
    error.bytes,
  );
  if (status === NATIVE_STATUS.notFound || status === NATIVE_STATUS.systemFailure) return undefined;
  error.check(`gdn_system_file_read(${path})`, status);
  return new TextDecoder().decode(out.subarray(0, Number(length[0]))).trimEnd();
}
