/**
 * An open camera of the native side: its pictures, one call each.
 *
 * @module
 */
import { NativeError, NativeErrorBuffer, RuntimeNotAvailableError } from "../../core/mod.ts";
import type { CameraLibrary } from "./library.ts";
import { PICTURE_BYTES } from "./symbols.ts";

/** Times are nanoseconds of {@link monotonicNowNs}. */
interface CapturedBase {
  readonly sequence: number;
  /** What the driver says, and of what; null where it says nothing that can be used. */
  readonly stamp: { readonly of: "exposure" | "end"; readonly timeNs: number } | null;
  /** Complete in native memory. */
  readonly completeNs: number;
}

export type Captured =
  /** None came in time. */
  | { readonly kind: "none" }
  /** There will be no more. */
  | { readonly kind: "end" }
  /** It has more bytes than there is room for. */
  | CapturedBase & { readonly kind: "too_large"; readonly bytes: number }
  | CapturedBase & { readonly kind: "jpeg"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** 8 bits a pixel, row-major. */
  | CapturedBase & {
    readonly kind: "grey";
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly widthPx: number;
    readonly heightPx: number;
  };

interface V4l2Request {
  /** /dev/videoN */
  readonly path: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly ratePerS: number;
  /** Four characters of V4L2, such as MJPG; null: what serves best. */
  readonly format: string | null;
}

const GSTREAMER_KINDS = { pipeline: 0, rtsp: 1, file: 2 } as const;

interface GstreamerRequest {
  readonly kind: keyof typeof GSTREAMER_KINDS;
  /** A description for gst-launch-1.0, an rtsp:// address, the path of a file. */
  readonly text: string;
  readonly timeoutS: number;
}

const KINDS = ["none", "jpeg", "grey", "end"] as const;
const STAMPS = [null, "exposure", "end"] as const;
/** How long a call waits at most: an abort is noticed between calls. */
const WAIT_MS = 200;

/** The clock of captured pictures, now: CLOCK_MONOTONIC, nanoseconds. */
export function monotonicNowNs(library: CameraLibrary): number {
  return Number(library.symbols.gdn_camera_now_ns());
}

/** @throws RuntimeNotAvailableError where GStreamer is not installed, with the way to install it. */
export function requireGstreamer(library: CameraLibrary): void {
  const error = new NativeErrorBuffer();
  const status = library.symbols.gdn_gstreamer_load(error.bytes);
  try {
    error.check("gdn_gstreamer_load", status);
  } catch (cause) {
    if (!(cause instanceof NativeError)) throw cause;
    throw new RuntimeNotAvailableError(cause.reason, { cause });
  }
}

/** Owner of one open camera. One call of `read` at a time; disposal waits for it. */
export class Capture implements AsyncDisposable {
  readonly #library: CameraLibrary;
  readonly #room: Uint8Array<ArrayBuffer>;
  readonly #picture = new DataView(new ArrayBuffer(PICTURE_BYTES));
  #handle: bigint;
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(library: CameraLibrary, handle: bigint, bytesMax: number) {
    this.#library = library;
    this.#handle = handle;
    this.#room = new Uint8Array(bytesMax);
  }

  /** @throws NativeError with the reason: no such device, another path, no such picture */
  static async openV4l2(
    library: CameraLibrary,
    request: V4l2Request,
    bytesMax: number,
  ): Promise<Capture> {
    const { path, widthPx, heightPx, ratePerS, format } = request;
    const name = new TextEncoder().encode(path);
    const handle = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = await library.symbols.gdn_v4l2_open(
      name,
      BigInt(name.length),
      widthPx,
      heightPx,
      Math.round(ratePerS * 1000),
      format === null ? 0 : fourcc(format),
      handle,
      error.bytes,
    );
    error.check("gdn_v4l2_open", status);
    return new Capture(library, handle[0], bytesMax);
  }

  /** @throws NativeError with the reason */
  static async openGstreamer(
    library: CameraLibrary,
    { kind, text, timeoutS }: GstreamerRequest,
    bytesMax: number,
  ): Promise<Capture> {
    const bytes = new TextEncoder().encode(text);
    const handle = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = await library.symbols.gdn_gstreamer_open(
      GSTREAMER_KINDS[kind],
      bytes,
      BigInt(bytes.length),
      Math.round(timeoutS * 1000),
      handle,
      error.bytes,
    );
    error.check("gdn_gstreamer_open", status);
    return new Capture(library, handle[0], bytesMax);
  }

  /**
   * The newest picture, or `none` after 0.2 s; its bytes are the caller's.
   *
   * @throws NativeError where the camera is gone or has failed: then dispose of it, and open it again
   */
  read(): Promise<Captured> {
    if (this.#handle === 0n) throw new TypeError("the camera is closed");
    const reading = this.#read(this.#handle);
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #read(handle: bigint): Promise<Captured> {
    const room = this.#room, view = this.#picture;
    const error = new NativeErrorBuffer();
    const status = await this.#library.symbols.gdn_camera_read(
      handle,
      WAIT_MS,
      room,
      BigInt(room.length),
      new Uint8Array(view.buffer),
      error.bytes,
    );
    error.check("gdn_camera_read", status);
    const kind = KINDS[view.getInt32(32, true)];
    if (kind === "none" || kind === "end") return { kind };
    const of = STAMPS[view.getInt32(44, true)];
    const base = {
      sequence: Number(view.getBigInt64(0, true)),
      stamp: of === null ? null : { of, timeNs: Number(view.getBigInt64(8, true)) },
      completeNs: Number(view.getBigInt64(16, true)),
    };
    const bytes = Number(view.getBigInt64(24, true));
    if (bytes > room.length) return { ...base, kind: "too_large", bytes };
    const copy = room.slice(0, bytes);
    if (kind === "jpeg") return { ...base, kind, bytes: copy };
    const widthPx = view.getInt32(36, true), heightPx = view.getInt32(40, true);
    return { ...base, kind, bytes: copy, widthPx, heightPx };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    this.#handle = 0n;
    if (handle === 0n) return;
    await this.#reading;
    const error = new NativeErrorBuffer();
    error.check(
      "gdn_camera_free",
      await this.#library.symbols.gdn_camera_free(handle, error.bytes),
    );
  }
}

function fourcc(text: string): number {
  const [a, b, c, d] = new TextEncoder().encode(text);
  return (a | b << 8 | c << 16 | d << 24) >>> 0;
}
