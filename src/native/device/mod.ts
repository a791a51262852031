/** Bindings of ffi/device: files of the kernel, the service manager, serial lines, and the filter of system calls. */
export { environmentNames } from "./environment.ts";
export { type DeviceLibrary, openDevice } from "./library.ts";
export { readGraphicsProcessor } from "./graphics_processor.ts";
export { forbidCoreDumps, readDescriptor } from "./secret_input.ts";
export { SerialLine } from "./serial_line.ts";
export { ServiceManager } from "./service_manager.ts";
export { installSyscallFilter, type SyscallsAllowed } from "./syscall_filter.ts";
export { readSystemText } from "./system_files.ts";
