/**
 * Secrets of a person: from a descriptor, and never in a core file.
 *
 * @module
 */
import { NativeErrorBuffer, RuntimeNotAvailableError } from "../../core/mod.ts";
import type { DeviceLibrary } from "./library.ts";

/**
 * All bytes of a descriptor that the process was given (a pipe, a plain file); the caller overwrites them.
 *
 * @throws NativeError where it is not open, or holds more than `bytesMax`
 */
export function readDescriptor(
  device: DeviceLibrary,
  descriptor: number,
  bytesMax: number,
): Uint8Array<ArrayBuffer> {
  const read = device.symbols.gdn_descriptor_read ?? builtBefore();
  const bytes = new Uint8Array(bytesMax + 1), length = new BigInt64Array(1);
  const error = new NativeErrorBuffer();
  try {
    error.check(
      "gdn_descriptor_read",
      read(descriptor, bytes, BigInt(bytes.length), length, error.bytes),
    );
    return bytes.slice(0, Number(length[0]));
  } finally {
    bytes.fill(0);
  }
}

/** Of the whole process, for good; to be called before a secret is read. */
export function forbidCoreDumps(device: DeviceLibrary): void {
  const forbid = device.symbols.gdn_core_dumps_forbid ?? builtBefore();
  const error = new NativeErrorBuffer();
  error.check("gdn_core_dumps_forbid", forbid(error.bytes));
}

function builtBefore(): never {
  throw new RuntimeNotAvailableError(
    "The library device was built before secrets could be read; run `deno task build`",
  );
}
