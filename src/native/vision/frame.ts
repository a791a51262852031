/**
 * A decoded camera frame in native memory, while the flight loop processes it.
 *
 * @module
 */
import {
  DataError,
  type Matrix3,
  NativeError,
  NativeErrorBuffer,
  type NativeLibrary,
} from "../../core/mod.ts";
import { type CameraModel, cameraVector } from "./lens.ts";

export const frameSymbols = {
  gdn_frame_decode: {
    // (const uint8_t* jpeg, int64_t, const double* camera, uint64_t* handle, gdn_error*)
    parameters: ["buffer", "i64", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  gdn_frame_from_grey: {
    // (const uint8_t* pixels, int64_t, const double* camera, uint64_t* handle, gdn_error*)
    parameters: ["buffer", "i64", "buffer", "buffer", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  // (uint64_t handle, gdn_error*)
  gdn_frame_free: { parameters: ["u64", "buffer"], result: "i32" },
  gdn_frame_rectify: {
    // (uint64_t, const double* rotation, double height, double east, double north, double gsd,
    //  int32_t w, int32_t h, uint8_t* pixels, uint8_t* mask, gdn_error*)
    parameters: [
      "u64",
      "buffer",
      "f64",
      "f64",
      "f64",
      "f64",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  // (uint64_t, double* mean, double* sharpness, gdn_error*)
  gdn_frame_quality: { parameters: ["u64", "buffer", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type FrameLibrary = Pick<NativeLibrary<typeof frameSymbols>, "symbols">;

/** North-up grey ground: row 0 is north; `mask` is 255 where there is ground. */
interface GroundPatch {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly gsdM: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly mask: Uint8Array<ArrayBuffer>;
}

/** Owns one native camera frame; `close` waits for the calls in flight, then frees it. */
export class VisionFrame implements AsyncDisposable {
  readonly camera: CameraModel;
  readonly #library: FrameLibrary;
  #handle: bigint;
  #pending: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  private constructor(library: FrameLibrary, camera: CameraModel, handle: bigint) {
    this.#library = library;
    this.camera = camera;
    this.#handle = handle;
  }

  /**
   * Decodes a JPEG. Do not change the bytes until the promise settles.
   * @throws DataError when they are not a complete JPEG of the camera's size; `name` is for the
   * message.
   */
  static decode(
    library: FrameLibrary,
    jpeg: Uint8Array<ArrayBuffer>,
    camera: CameraModel,
    name: string,
  ): Promise<VisionFrame> {
    return VisionFrame.#from("gdn_frame_decode", library, jpeg, camera, name);
  }

  /**
   * Of a grey picture, 8 bits a pixel, row-major. Do not change the bytes until the promise settles.
   * @throws DataError when it is not of the camera's size; `name` is for the message.
   */
  static fromGrey(
    library: FrameLibrary,
    pixels: Uint8Array<ArrayBuffer>,
    camera: CameraModel,
    name: string,
  ): Promise<VisionFrame> {
    return VisionFrame.#from("gdn_frame_from_grey", library, pixels, camera, name);
  }

  static async #from(
    call: "gdn_frame_decode" | "gdn_frame_from_grey",
    library: FrameLibrary,
    bytes: Uint8Array<ArrayBuffer>,
    camera: CameraModel,
    name: string,
  ): Promise<VisionFrame> {
    const handle = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = await library.symbols[call](
      bytes,
      BigInt(bytes.length),
      cameraVector(camera),
      handle,
      error.bytes,
    );
    try {
      error.check(call, status);
    } catch (fault) {
      if (fault instanceof NativeError && fault.status === 5) {
        throw new DataError(name, fault.reason, { cause: fault });
      }
      throw fault;
    }
    return new VisionFrame(library, camera, handle[0]);
  }

  /** The native handle, for one call: the frame is kept until `call` settles. */
  withHandle<T>(call: (handle: bigint) => Promise<T>): Promise<T> {
    if (this.#handle === 0n) throw new ReferenceError("the frame is closed");
    const running = call(this.#handle);
    this.#pending = Promise.allSettled([this.#pending, running]);
    return running;
  }

  /** North-up view of flat ground; see ffi/vision/frame.h for the geometry. */
  rectify(
    options: {
      localFromCamera: Matrix3;
      heightM: number;
      centreEastM: number;
      centreNorthM: number;
      gsdM: number;
      widthPx: number;
      heightPx: number;
    },
  ): Promise<GroundPatch> {
    const { localFromCamera, heightM, centreEastM, centreNorthM, gsdM, widthPx, heightPx } =
      options;
    const pixels = new Uint8Array(widthPx * heightPx);
    const mask = new Uint8Array(widthPx * heightPx);
    return this.withHandle(async (handle) => {
      const error = new NativeErrorBuffer();
      const status = await this.#library.symbols.gdn_frame_rectify(
        handle,
        Float64Array.from(localFromCamera),
        heightM,
        centreEastM,
        centreNorthM,
        gsdM,
        widthPx,
        heightPx,
        pixels,
        mask,
        error.bytes,
      );
      error.check("gdn_frame_rectify", status);
      return { widthPx, heightPx, gsdM, pixels, mask };
    });
  }

  /** Mean brightness (0–255) and sharpness (variance of the Laplacian at quarter size). */
  quality(): { mean: number; sharpness: number } {
    if (this.#handle === 0n) throw new ReferenceError("the frame is closed");
    const mean = new Float64Array(1), sharpness = new Float64Array(1);
    const error = new NativeErrorBuffer();
    error.check(
      "gdn_frame_quality",
      this.#library.symbols.gdn_frame_quality(this.#handle, mean, sharpness, error.bytes),
    );
    return { mean: mean[0], sharpness: sharpness[0] };
  }

  /** Idempotent. New calls are refused; the memory is freed when those in flight have ended. */
  close(): Promise<void> {
    this.#closing ??= this.#free();
    return this.#closing;
  }

  async #free(): Promise<void> {
    const handle = this.#handle;
    this.#handle = 0n;
    await this.#pending;
    const error = new NativeErrorBuffer();
    error.check("gdn_frame_free", this.#library.symbols.gdn_frame_free(handle, error.bytes));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
