/**
 * Opens the project's native libraries: by explicit path, never at import, with a check of the ABI
 * version, and with the C convention of ../../ffi/common/abi.h (int32 status, caller-owned error).
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { GdnError, RuntimeNotAvailableError } from "./errors.ts";

/** Bytes of `struct gdn_error { int32_t code; char message[252]; }`. */
export const NATIVE_ERROR_BYTES = 256;

/** A native call that returned a status other than 0. */
export class NativeError extends GdnError {
  readonly status: number;
  /** What the native side said, without the call's name. */
  readonly reason: string;
  constructor(call: string, status: number, message: string) {
    super("NATIVE", `${call} failed: ${message || "no message"} (status ${status})`);
    this.status = status;
    this.reason = message;
  }
}

/** A caller-owned error struct; make one per call (or per pool of serial calls). */
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

const BUILD_DIRECTORY = fileURLToPath(new URL("../../build/lib", import.meta.url));

/** Where `deno task setup` puts the libraries, and what overrides it. */
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

export interface NativeLibrary<S extends Deno.ForeignLibraryInterface> extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<S>;
  readonly path: string;
  close(): void;
}

/**
 * Opens one library. `abi` names its `uint32_t …_abi_version(void)` symbol and the version that
 * these bindings were written for.
 *
 * @throws RuntimeNotAvailableError when the file is absent, not permitted or of another ABI.
 */
export function openNativeLibrary<const S extends Deno.ForeignLibraryInterface>(
  path: string,
  symbols: S,
  abi: { readonly symbol: string; readonly version: number },
): NativeLibrary<S> {
  let library: Deno.DynamicLibrary<S>;
  try {
    checkAbi(path, abi);
    library = Deno.dlopen(path, symbols);
  } catch (error) {
    if (error instanceof RuntimeNotAvailableError) throw error;
    throw new RuntimeNotAvailableError(`Cannot open the native library ${path}: ${mend(error)}`, {
      cause: error,
    });
  }
  let open = true;
  const close = () => {
    if (open) library.close();
    open = false;
  };
  return { symbols: holding(library, symbols), path, close, [Symbol.dispose]: close };
}

/**
 * Deno hands a non-blocking call the bare address of its buffers and lets go of them (measured on
 * 2.9.6: they are collected while the native side still reads): hold them until the call is done.
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

function checkAbi(path: string, abi: { symbol: string; version: number }): void {
  const probe = Deno.dlopen(path, { [abi.symbol]: { parameters: [], result: "u32" } });
  try {
    const call = probe.symbols[abi.symbol] as unknown as () => number;
    const found = call();
    if (found !== abi.version) {
      throw new RuntimeNotAvailableError(
        `Cannot use ${path}: it has ABI version ${found}, this program needs ${abi.version}; ` +
          "run `deno task build`",
      );
    }
  } finally {
    probe.close();
  }
}

function mend(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `${error.message}; grant --allow-ffi for it in the permission set of deno.json`;
  }
  const text = error instanceof Error ? error.message : String(error);
  return `${text}; build it with \`deno task setup\``;
}
