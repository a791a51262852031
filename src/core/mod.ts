/** Helpers without a domain: units, quantities, frames, clock, errors, randomness, the native library loader. */
export * from "./units.ts";
export * from "./quantities.ts";
export * from "./wgs.ts";
export * from "./slippy.ts";
export * from "./rotation.ts";
export * from "./pose_covariance.ts";
export * from "./random.ts";
export * from "./errors.ts";
export * from "./clock.ts";
export * from "./controller_clock.ts";
export { inOneLine } from "./visible.ts";
export * from "./command_line/mod.ts";
export { filesBesideImagery } from "./grants/imagery_files.ts";
export {
  type CommandAccess,
  commandAccess,
  type Grants,
  grantsFor,
  SSH_PROGRAMS,
} from "./grants/named.ts";
export { firstWord } from "./grants/first_word.ts";
export { settingReader } from "./grants/settings.ts";
export { permissionFlags, type PermissionSet } from "./grants/flags.ts";
export { type ProgressTerminal, silentProgress, startProgress } from "./progress.ts";
export * from "./log_line.ts";
export * from "./logging.ts";
export * from "./config.ts";
export * from "./composition.ts";
export * from "./descriptor.ts";
export { VERSION } from "./version.ts";
export * from "./build_info.ts";
export * from "./native_library.ts";
export { ownFile } from "./own_files.ts";
export * from "./durable_file.ts";
export * from "./files.ts";
export { parseBoundedJson } from "./bounded_json.ts";
export * from "./plain_file.ts";
export * from "./output/errors.ts";
export { Output, type OutputOptions } from "./output/output.ts";
export { OutputFile } from "./output/output_file.ts";
export * from "./concurrency.ts";
export * from "./statistics.ts";
export * from "./text.ts";
export { collectGarbage, GarbageBound } from "./garbage.ts";
export { FolderLock, FolderLockedError } from "./folder_lock.ts";
export * from "./jpeg_header.ts";
export * from "./ed25519.ts";
export * from "./minisign/mod.ts";
