/** Bindings of ffi/device: files of the kernel, and the service manager. */
export { type DeviceLibrary, openDevice } from "./library.ts";
export { ServiceManager } from "./service_manager.ts";
export { readSystemText } from "./system_files.ts";
