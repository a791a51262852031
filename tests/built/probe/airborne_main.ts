/**
 * The probe as `airborne` stands when a flight begins: its system calls are filtered, as the program's own code
 * does it.
 *
 * @module
 */
import { filterSyscalls, NO_SOCKETS } from "../../../src/airborne/syscall_filter.ts";
import { installSyscallFilter, openDevice } from "../../../src/native/device/mod.ts";
import { main } from "./main.ts";

if (import.meta.main) {
  const device = openDevice();
  filterSyscalls(
    { filterSyscalls: (allowed) => installSyscallFilter(device, allowed) },
    { noSyscallFilter: false },
    NO_SOCKETS,
  );
  await main(Deno.args);
  Deno.exit(0);
}
