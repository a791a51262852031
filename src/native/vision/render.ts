/**
 * The simulated camera of ffi/vision/render: pictures of ground through a lens.
 *
 * @module
 */
import {
  type Matrix3,
  NativeErrorBuffer,
  type NativeLibrary,
  type Vector3,
} from "../../core/mod.ts";
import type { Picture } from "./image.ts";
import { type CameraModel, lensVector } from "./lens.ts";
import { type Relief, reliefVector } from "./relief.ts";

export const renderSymbols = {
  gdn_render_camera_create: {
    // (const double[9], int32_t w, int32_t h, uint64_t*, gdn_error*)
    parameters: ["buffer", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  gdn_render_camera_free: { parameters: ["u64", "buffer"], result: "i32" },
  gdn_render_ground_create: {
    // (const uint8_t*, int32_t w, int32_t h, int32_t c, const double[2], double gsd, uint64_t*, gdn_error*)
    parameters: ["buffer", "i32", "i32", "i32", "buffer", "f64", "buffer", "buffer"],
    result: "i32",
  },
  gdn_render_ground_relief: {
    // (uint64_t ground, const double*, int64_t, gdn_error*)
    parameters: ["u64", "buffer", "i64", "buffer"],
    result: "i32",
  },
  gdn_render_ground_free: { parameters: ["u64", "buffer"], result: "i32" },
  gdn_render_view: {
    // (uint64_t camera, uint64_t ground, const double*, int32_t, const double[4], uint64_t, uint8_t*, int64_t, gdn_error*)
    parameters: ["u64", "u64", "buffer", "i32", "buffer", "u64", "buffer", "i64", "buffer"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type RenderLibrary = Pick<NativeLibrary<typeof renderSymbols>, "symbols">;

/** Pose of the camera at one time of an exposure. */
export interface RenderPose {
  /** East, north, and up above the ground's plane, metres. */
  readonly positionLocalM: Vector3;
  readonly localFromCamera: Matrix3;
}

/** Conversion of light to grey levels. */
export interface RenderLook {
  readonly gain: number;
  /** Share of the light that is lost in the corners, 0 to 1. */
  readonly vignetting: number;
  /** 1 sigma of the noise of a black pixel, grey levels. */
  readonly noise: number;
  /** Increase of the noise per grey level of light. */
  readonly noisePerLevel: number;
  readonly noiseSeed: bigint;
}

/** A handle of an object in native memory, freed once. */
abstract class NativeHandle implements Disposable {
  protected readonly vision: RenderLibrary;
  #handle: bigint;

  constructor(vision: RenderLibrary, handle: bigint) {
    this.vision = vision;
    this.#handle = handle;
  }

  get handle(): bigint {
    if (this.#handle === 0n) throw new TypeError("a closed native handle was used");
    return this.#handle;
  }

  protected abstract free(handle: bigint, error: NativeErrorBuffer): void;

  /** Idempotent. A picture that is being made is completed; one that has not begun is refused. */
  close(): void {
    if (this.#handle === 0n) return;
    const handle = this.#handle;
    this.#handle = 0n;
    this.free(handle, new NativeErrorBuffer());
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A north-up picture of the ground in native memory; beyond its edges its mirror image is seen. */
export class RenderGround extends NativeHandle {
  readonly channels: 1 | 3;

  /** `westM` and `northM` are the picture's north-west corner, in local metres. */
  constructor(
    vision: RenderLibrary,
    picture: Picture,
    geo: { readonly westM: number; readonly northM: number; readonly gsdM: number },
  ) {
    const out = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = vision.symbols.gdn_render_ground_create(
      picture.pixels,
      picture.widthPx,
      picture.heightPx,
      picture.channels,
      new Float64Array([geo.westM, geo.northM]),
      geo.gsdM,
      out,
      error.bytes,
    );
    error.check("gdn_render_ground_create", status);
    super(vision, out[0]);
    this.channels = picture.channels;
  }

  /** Gives it heights over up = 0, in local metres; without them it is flat. */
  raise(relief: Relief): void {
    const error = new NativeErrorBuffer();
    const heights = reliefVector(relief);
    const status = this.vision.symbols.gdn_render_ground_relief(
      this.handle,
      heights,
      BigInt(heights.length),
      error.bytes,
    );
    error.check("gdn_render_ground_relief", status);
  }

  protected override free(handle: bigint, error: NativeErrorBuffer): void {
    const status = this.vision.symbols.gdn_render_ground_free(handle, error.bytes);
    error.check("gdn_render_ground_free", status);
  }
}

/** A camera in native memory, with the ray of each pixel. */
export class RenderCamera extends NativeHandle {
  readonly intrinsics: CameraModel;

  constructor(vision: RenderLibrary, intrinsics: CameraModel) {
    const out = new BigUint64Array(1);
    const error = new NativeErrorBuffer();
    const status = vision.symbols.gdn_render_camera_create(
      lensVector(intrinsics),
      intrinsics.widthPx,
      intrinsics.heightPx,
      out,
      error.bytes,
    );
    error.check("gdn_render_camera_create", status);
    super(vision, out[0]);
    this.intrinsics = intrinsics;
  }

  protected override free(handle: bigint, error: NativeErrorBuffer): void {
    const status = this.vision.symbols.gdn_render_camera_free(handle, error.bytes);
    error.check("gdn_render_camera_free", status);
  }

  /** Renders the picture of an exposure: the mean over its poses. */
  async view(
    ground: RenderGround,
    moments: readonly RenderPose[],
    look: RenderLook,
  ): Promise<Picture> {
    const { widthPx, heightPx } = this.intrinsics;
    const poses = new Float64Array(12 * moments.length);
    moments.forEach((moment, i) => {
      poses.set(moment.positionLocalM, 12 * i);
      poses.set(moment.localFromCamera, 12 * i + 3);
    });
    const pixels = new Uint8Array(widthPx * heightPx * ground.channels);
    const error = new NativeErrorBuffer();
    const status = await this.vision.symbols.gdn_render_view(
      this.handle,
      ground.handle,
      poses,
      moments.length,
      new Float64Array([look.gain, look.vignetting, look.noise, look.noisePerLevel]),
      BigInt.asUintN(64, look.noiseSeed),
      pixels,
      BigInt(pixels.length),
      error.bytes,
    );
    error.check("gdn_render_view", status);
    return { widthPx, heightPx, channels: ground.channels, pixels };
  }
}
