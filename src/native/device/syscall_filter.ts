/**
 * A wall behind the permissions of Deno: the kernel refuses what the program never needs, to native code
 * as well. What it stops: ../../../ffi/device/README.md.
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import type { DeviceLibrary } from "./library.ts";

const ALLOWED_BITS = { unixSockets: 1, inetSockets: 2, servers: 4 } as const;

/**
 * New sockets that stay possible; those that are open stay open in any case. `servers`: sockets listen and
 * accept connections.
 */
export type SyscallsAllowed = Readonly<Record<keyof typeof ALLOWED_BITS, boolean>>;

/**
 * Puts the filter on all threads of this process, those to come included, for good: no other program can be
 * started from then on, no process made, and no socket but those that are allowed.
 *
 * @throws NativeError when the kernel refuses it, and at a second call
 */
export function installSyscallFilter(device: DeviceLibrary, allowed: SyscallsAllowed): void {
  let bits = 0;
  for (const kind of ["unixSockets", "inetSockets", "servers"] as const) {
    if (allowed[kind]) bits |= ALLOWED_BITS[kind];
  }
  const error = new NativeErrorBuffer();
  const status = device.symbols.gdn_syscall_filter_install(bits, error.bytes);
  error.check("gdn_syscall_filter_install", status);
}
