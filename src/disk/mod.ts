/** Bindings of ffi/disk: one wait for the disk instead of one for each file. */
export { FileSystem } from "./file_system.ts";
export { type DiskLibrary, diskSymbols, openDisk } from "./library.ts";
