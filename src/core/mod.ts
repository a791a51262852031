/** Helpers without a domain: units, frames, clock, errors, randomness, the native library loader. */
export * from "./units.ts";
export * from "./wgs.ts";
export * from "./slippy.ts";
export * from "./rotation.ts";
export * from "./random.ts";
export * from "./errors.ts";
export * from "./clock.ts";
export * from "./controller_clock.ts";
export * from "./command.ts";
export { EXIT_INTERRUPTED, type Program, type ProgramTerminal, runProgram } from "./cli.ts";
export { type ProgressTerminal, silentProgress, startProgress } from "./progress.ts";
export { VERSION } from "./version.ts";
export * from "./native_library.ts";
export * from "./durable_file.ts";
export * from "./jpeg_header.ts";
