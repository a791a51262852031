/**
 * The filter of system calls, between composition and the first event of a flight.
 *
 * @module
 */
import { NativeError, RuntimeNotAvailableError } from "../core/mod.ts";
import type { SyscallsAllowed } from "../native/device/mod.ts";
import type { Airborne } from "./contract.ts";

/** A replay reaches nobody: what it needs is open by then. */
export const NO_SOCKETS: SyscallsAllowed = {
  unixSockets: false,
  inetSockets: false,
  servers: false,
};

/**
 * From here on the process can start no program, make no process and open no socket, for good. Returns
 * the warning where the command line forgoes that, else null.
 *
 * @throws RuntimeNotAvailableError where the kernel refuses: nobody flies without it unknowingly
 */
export function filterSyscalls(
  airborne: Pick<Airborne, "filterSyscalls">,
  request: { readonly noSyscallFilter: boolean },
  allowed: SyscallsAllowed,
): string | null {
  if (request.noSyscallFilter) {
    return "system calls are not filtered (--no-syscall-filter): native code may start programs " +
      "and open connections";
  }
  try {
    airborne.filterSyscalls(allowed);
  } catch (cause) {
    if (!(cause instanceof NativeError)) throw cause;
    throw new RuntimeNotAvailableError(
      `Cannot filter system calls: ${cause.reason}. The kernel needs CONFIG_SECCOMP_FILTER, and a ` +
        "service's SystemCallFilter= must let `seccomp` pass; --no-syscall-filter flies without",
      { cause },
    );
  }
  return null;
}
