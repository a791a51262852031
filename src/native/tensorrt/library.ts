/**
 * Opens libgdn_tensorrt, and tells whether TensorRT is installed, of which version, on which GPU.
 *
 * @module
 */
import {
  NativeErrorBuffer,
  nativeLibraryPath,
  openNativeLibrary,
  RuntimeNotAvailableError,
} from "../../core/mod.ts";
import { DEVICE_BYTES, STATUS_BYTES, tensorrtAbi, tensorrtSymbols } from "./symbols.ts";

export interface TensorRtLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof tensorrtSymbols>;
  /** Native plans and engines; 0 at the end of a run without leaks. */
  liveHandles(): number;
}

const BACKENDS = ["none", "tensorrt", "reference"] as const;
const STATES = ["available", "absent", "wrong_version"] as const;

interface TensorRtStatus {
  readonly backend: typeof BACKENDS[number];
  readonly state: typeof STATES[number];
  /** Version of TensorRT that the library was compiled for: "10.3.0". */
  readonly headersVersion: string;
  /** Version of what was found; null when nothing was. */
  readonly libraryVersion: string | null;
  /** Whether the ONNX parser is there too: engines can be built, not only loaded. */
  readonly canBuild: boolean;
  /** Why it is not available, or cannot build; else empty. */
  readonly reason: string;
}

export interface TensorRtDevice {
  /** Compute capability without its point. */
  readonly sm: number;
  readonly memoryFreeBytes: number;
  readonly memoryTotalBytes: number;
  /** "6.2"; "none" on a host that is no Jetson; empty when it cannot be told. */
  readonly jetpack: string;
  /** Version of Jetson Linux; empty elsewhere. */
  readonly l4t: string;
}

/**
 * Opens the library; called by composition roots and tests only. The CPU double of the tests has the
 * same ABI: it is refused unless `allowReference` asks for it, whatever name its file has.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted, of another ABI, or the double.
 */
export function openTensorRt(
  path: string = nativeLibraryPath("tensorrt"),
  options: { readonly allowReference?: boolean } = {},
): TensorRtLibrary {
  const library = openNativeLibrary(path, tensorrtSymbols, tensorrtAbi);
  const opened: TensorRtLibrary = {
    symbols: library.symbols,
    liveHandles: () => Number(library.symbols.gdn_tensorrt_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
  if (options.allowReference || tensorRtStatus(opened).backend === "tensorrt") return opened;
  library.close();
  throw new RuntimeNotAvailableError(
    `Cannot use ${path}: it is the CPU double for tests, not TensorRT; run \`deno task build\` where ` +
      "TensorRT is installed",
  );
}

export function tensorRtStatus({ symbols }: TensorRtLibrary): TensorRtStatus {
  const bytes = new Uint8Array(STATUS_BYTES);
  const error = new NativeErrorBuffer();
  error.check("gdn_trt_status_of", symbols.gdn_trt_status_of(bytes, error.bytes));
  const numbers = new Int32Array(bytes.buffer, 0, 9);
  const version = (at: number) => [...numbers.subarray(at, at + 3)].join(".");
  return {
    backend: BACKENDS[numbers[0]],
    state: STATES[numbers[1]],
    headersVersion: version(2),
    libraryVersion: numbers.subarray(5, 8).some((part) => part !== 0) ? version(5) : null,
    canBuild: numbers[8] === 1,
    reason: textAt(bytes, 36, 220),
  };
}

/** @throws NativeError when there is no such GPU. */
export async function tensorRtDevice(
  { symbols }: TensorRtLibrary,
  device = 0,
): Promise<TensorRtDevice> {
  const bytes = new Uint8Array(DEVICE_BYTES);
  const error = new NativeErrorBuffer();
  const status = await symbols.gdn_trt_device_of(device, bytes, error.bytes);
  error.check("gdn_trt_device_of", status);
  const view = new DataView(bytes.buffer);
  return {
    sm: view.getInt32(0, true),
    memoryFreeBytes: Number(view.getBigInt64(8, true)),
    memoryTotalBytes: Number(view.getBigInt64(16, true)),
    jetpack: textAt(bytes, 24, 32),
    l4t: textAt(bytes, 56, 32),
  };
}

/** GPU memory that the engines of this process may hold together; 0: no limit but the GPU's. */
export function setMemoryBudget({ symbols }: TensorRtLibrary, bytes: number): void {
  const error = new NativeErrorBuffer();
  const status = symbols.gdn_trt_set_memory_budget(BigInt(bytes), error.bytes);
  error.check("gdn_trt_set_memory_budget", status);
}

export function memoryUsedBytes({ symbols }: TensorRtLibrary): number {
  const bytes = new BigInt64Array(1);
  const error = new NativeErrorBuffer();
  error.check("gdn_trt_memory_used", symbols.gdn_trt_memory_used(bytes, error.bytes));
  return Number(bytes[0]);
}

/** Text of a fixed field that ends at its first zero. */
export function textAt(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(field.subarray(0, end < 0 ? length : end));
}
