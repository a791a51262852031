/**
 * Opens libgdn_gtsam, and tells whether GTSAM is installed and of which version.
 *
 * @module
 */
import {
  NativeErrorBuffer,
  nativeLibraryPath,
  openNativeLibrary,
  RuntimeNotAvailableError,
} from "../../core/mod.ts";
import { gtsamAbi, gtsamSymbols, STATUS_BYTES } from "./symbols.ts";

export interface GtsamLibrary extends Disposable {
  readonly symbols: Deno.StaticForeignLibraryInterface<typeof gtsamSymbols>;
  /** Smoothers; 0 at the end of a run without leaks. */
  liveHandles(): number;
}

const BACKENDS = ["none", "gtsam", "reference"] as const;
const STATES = ["available", "absent", "wrong_version"] as const;

interface GtsamStatus {
  readonly backend: typeof BACKENDS[number];
  readonly state: typeof STATES[number];
  /** Version of GTSAM that the library was compiled for: "4.2.0"; null: none. */
  readonly headersVersion: string | null;
  /** Version of the library that was found; null where it does not say. */
  readonly libraryVersion: string | null;
  /** Why it is not available; else empty. */
  readonly reason: string;
}

/**
 * Opens the library; called by composition roots and tests only. The reference of the tests has the same ABI: it
 * is refused unless `allowReference` asks for it, whatever name its file has.
 *
 * @throws RuntimeNotAvailableError when it is absent, not permitted, of another ABI, of a version of GTSAM other than
 *   that it was compiled for, or the reference.
 */
export function openGtsam(
  path: string = nativeLibraryPath("gtsam"),
  options: { readonly allowReference?: boolean } = {},
): GtsamLibrary {
  const library = openNativeLibrary(path, gtsamSymbols, gtsamAbi);
  const opened: GtsamLibrary = {
    symbols: library.symbols,
    liveHandles: () => Number(library.symbols.gdn_gtsam_live_handles()),
    [Symbol.dispose]: () => library.close(),
  };
  const { backend, state, reason } = statusOf(opened);
  if (backend === "reference" && !options.allowReference) {
    library.close();
    throw new RuntimeNotAvailableError(
      `Cannot use ${path}: it is the reference for tests, not GTSAM; run \`deno task build\` where GTSAM is installed`,
    );
  }
  if (state === "available") return opened;
  library.close();
  throw new RuntimeNotAvailableError(`Cannot use ${path}: ${reason}; run \`deno task build\``);
}

/** Whether GTSAM can be used here; never throws. */
export function gtsamStatus(path: string = nativeLibraryPath("gtsam")): GtsamStatus {
  try {
    using library = openNativeLibrary(path, gtsamSymbols, gtsamAbi);
    return statusOf(library);
  } catch (error) {
    if (!(error instanceof RuntimeNotAvailableError)) throw error;
    const state = /ABI version|bytes, this program/.test(error.message)
      ? "wrong_version"
      : "absent";
    const { message: reason } = error;
    return { backend: "none", state, headersVersion: null, libraryVersion: null, reason };
  }
}

function statusOf({ symbols }: Pick<GtsamLibrary, "symbols">): GtsamStatus {
  const bytes = new Uint8Array(STATUS_BYTES), error = new NativeErrorBuffer();
  error.check("gdn_gtsam_status_of", symbols.gdn_gtsam_status_of(bytes, error.bytes));
  const numbers = new Int32Array(bytes.buffer, 0, 8);
  const version = (at: number) => {
    const parts = numbers.subarray(at, at + 3);
    return parts.some((part) => part !== 0) ? [...parts].join(".") : null;
  };
  const text = bytes.subarray(32), end = text.indexOf(0);
  return {
    backend: BACKENDS[numbers[0]],
    state: STATES[numbers[1]],
    headersVersion: version(2),
    libraryVersion: version(5),
    reason: new TextDecoder().decode(text.subarray(0, end)),
  };
}
