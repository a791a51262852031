/**
 * Opens the project's native libraries: by explicit path, never at import, with a check of the ABI
 * version, and with the C convention of ../../ffi/common/abi.h (int32 status, caller-owned error).
 *
 * @module
 */
import * as z from "zod";
import { GdnError, RuntimeNotAvailableError } from "./errors.ts";
import { ownFile } from "./own_files.ts";

/** Bytes of `struct gdn_error { int32_t code; char message[252]; }`. */
export const NATIVE_ERROR_BYTES = 256;

/** Statuses of ../../ffi/common/abi.h that callers tell apart. */
export const NATIVE_STATUS = {
  invalidArgument: 1,
  badData: 5,
  notPermitted: 6,
  notFound: 7,
  systemFailure: 8,
} as const;

/** A native call that returned a status other than 0. */
export class NativeError extends GdnError {
  readonly status: number;
  /** The message of the native side, without the call's name. */
  readonly reason: string;
  constructor(call: string, status: number, message: string) {
    super("NATIVE", `${call} failed: ${message || "no message"} (status ${status})`);
    this.status = status;
    this.reason = message;
  }
}

/** An error struct owned by the caller; make one per call (or per pool of serial calls). */
export class NativeErrorBuffer {
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(NATIVE_ERROR_BYTES);

  /** Throws {@link NativeError} unless `status` is 0. */
  check(call: string, status: number): void {
    if (status === 0) return;
    const end = this.bytes.indexOf(0, 4);
    const text = new TextDecoder().decode(this.bytes.subarray(4, end < 0 ? undefined : end));
    throw new NativeError(call, status, text);
  }
}

const BUILD_DIRECTORY = ownFile("build/lib");

/** Where `deno task setup` puts the libraries, and how to override it. */
export function nativeLibraryPath(name: string, directory: string = BUILD_DIRECTORY): string {
  return `${directory}/libgdn_${name}.so`;
}

/** Whether `libgdn_<name>.so` can be opened: it was built, and the permission set allows it. */
export function hasNativeLibrary(name: string, directory: string = BUILD_DIRECTORY): boolean {
  try {
    Deno.dlopen(nativeLibraryPath(name, directory), {}).close();
    return true;
  } catch {
    return false;
  }
}

/** What a library was built from, as it says itself. */
export const NativeBuildInfoSchema = z.strictObject({
  /** "vision" of libgdn_vision.so */
  name: z.string(),
  abiVersion: z.int().nonnegative(),
  /** "GCC 12.2.0" */
  compiler: z.string(),
  flags: z.string(),
  /** Library → version: { OpenCV: "4.6.0" }. */
  builtFrom: z.record(z.string(), z.string()),
});
export type NativeBuildInfo = Readonly<z.infer<typeof NativeBuildInfoSchema>>;

/** Bytes that suffice for every library's text. */
const BUILD_INFO_BYTES_MAX = 4096;

/**
 * Asks a library what it was built from.
 *
 * @throws RuntimeNotAvailableError when the file is absent, not permitted or too old to say.
 */
export function nativeBuildInfo(
  name: string,
  path: string = nativeLibraryPath(name),
): NativeBuildInfo {
  const symbol = `gdn_${name}_build_info`;
  const parameters = ["buffer", "i64", "buffer", "buffer"] as const;
  let library;
  try {
    library = Deno.dlopen(path, { ask: { name: symbol, parameters, result: "i32" } });
  } catch (cause) {
    throw new RuntimeNotAvailableError(
      `Cannot open the native library ${path}: ${remedyOf(cause)}`,
      { cause },
    );
  }
  try {
    const json = new Uint8Array(BUILD_INFO_BYTES_MAX), length = new BigInt64Array(1);
    const error = new NativeErrorBuffer();
    error.check(symbol, library.symbols.ask(json, BigInt(json.length), length, error.bytes));
    const text = new TextDecoder().decode(json.subarray(0, Number(length[0])));
    return NativeBuildInfoSchema.parse(JSON.parse(text));
  } finally {
    library.close();
  }
}

/** The same of the bytes of a library's file, of another processor's too; undefined where it says nothing. */
export function nativeBuildInfoInFile(file: Uint8Array): NativeBuildInfo | undefined {
  const mark = new TextEncoder().encode("gdn-build-info:{");
  for (let at = file.indexOf(mark[0]); at >= 0; at = file.indexOf(mark[0], at + 1)) {
    if (mark.some((byte, i) => file[at + i] !== byte)) continue;
    const start = at + mark.length - 1;
    const text = new TextDecoder().decode(file.subarray(start, file.indexOf(0, start)));
    return NativeBuildInfoSchema.parse(JSON.parse(text));
  }
  return undefined;
}

export interface NativeLibrary<S extends Deno.ForeignLibraryInterface> extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<S>;
  readonly path: string;
  close(): void;
}

/** What the bindings of a library were written for. */
export interface NativeAbi {
  /** Its `uint32_t …_abi_version(void)`. */
  readonly symbol: string;
  readonly version: number;
  /** Bytes of each struct that crosses, by the `int32_t gdn_sizeof_…(void)` that tells them. */
  readonly structBytes: Readonly<Record<string, number>>;
}

/**
 * Opens one library.
 *
 * @throws RuntimeNotAvailableError when the file is absent, not permitted or of another ABI.
 */
export function openNativeLibrary<const S extends Deno.ForeignLibraryInterface>(
  path: string,
  symbols: S,
  abi: NativeAbi,
): NativeLibrary<S> {
  let library: Deno.DynamicLibrary<S>;
  try {
    checkAbi(path, abi);
    library = Deno.dlopen(path, symbols);
  } catch (error) {
    if (error instanceof RuntimeNotAvailableError) throw error;
    throw new RuntimeNotAvailableError(
      `Cannot open the native library ${path}: ${remedyOf(error)}`,
      {
        cause: error,
      },
    );
  }
  let open = true;
  const close = () => {
    if (open) library.close();
    open = false;
  };
  return { symbols: holding(library, symbols), path, close, [Symbol.dispose]: close };
}

/**
 * Deno passes the bare address of the buffers to a non-blocking call and does not keep them alive
 * (measured on 2.9.6: they are collected while the native side still reads): keep them until the
 * call is done.
 */
function holding<S extends Deno.ForeignLibraryInterface>(
  library: Deno.DynamicLibrary<S>,
  symbols: S,
): Deno.StaticForeignLibraryInterface<S> {
  const inFlight = new Set<readonly unknown[]>();
  const out: Record<string, unknown> = { ...library.symbols };
  for (const [name, definition] of Object.entries(symbols)) {
    if (!("nonblocking" in definition) || definition.nonblocking !== true) continue;
    const call = out[name] as (...values: unknown[]) => Promise<unknown>;
    out[name] = (...values: unknown[]): Promise<unknown> => {
      const running = call(...values);
      inFlight.add(values);
      const letGo = () => void inFlight.delete(values);
      running.then(letGo, letGo);
      return running;
    };
  }
  return out as Deno.StaticForeignLibraryInterface<S>;
}

function checkAbi(path: string, { symbol, version, structBytes }: NativeAbi): void {
  const found = answers(path, [symbol], "u32")[symbol];
  if (found !== version) {
    throw new RuntimeNotAvailableError(
      `Cannot use ${path}: it has ABI version ${found}, this program needs ${version}; ` +
        "run `deno task build`",
    );
  }
  const sizes = answers(path, Object.keys(structBytes), "i32");
  for (const [name, expected] of Object.entries(structBytes)) {
    if (sizes[name] === expected) continue;
    throw new RuntimeNotAvailableError(
      `Cannot use ${path}: ${name} is ${sizes[name]} bytes, this program expects ${expected}; ` +
        "run `deno task build`",
    );
  }
}

/** Results of the functions without parameters of these names. */
function answers(
  path: string,
  names: readonly string[],
  result: "i32" | "u32",
): Record<string, number> {
  const library = Deno.dlopen(
    path,
    Object.fromEntries(names.map((name) => [name, { parameters: [], result }])),
  );
  try {
    return Object.fromEntries(
      Object.entries(library.symbols).map(([name, call]) => [name, (call as () => number)()]),
    );
  } finally {
    library.close();
  }
}

function remedyOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `${error.message}; grant --allow-ffi for it in the permission set of deno.json`;
  }
  const text = error instanceof Error ? error.message : String(error);
  return `${text}; build it with \`deno task setup\``;
}
