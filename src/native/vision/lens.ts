/**
 * The lens model of ffi/vision/lens.hpp: rays to pixels and back.
 *
 * @module
 */
import { NativeErrorBuffer, type NativeLibrary } from "../../core/mod.ts";

export const lensSymbols = {
  gdn_lens_project: {
    // (const double intrinsics[9], const double* rays, int64_t doubles, double* pixels, gdn_error*)
    parameters: ["buffer", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
  },
  gdn_lens_unproject: {
    // (const double intrinsics[9], const double* pixels, int64_t doubles, double* rays, gdn_error*)
    parameters: ["buffer", "buffer", "i64", "buffer", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

export type LensLibrary = Pick<NativeLibrary<typeof lensSymbols>, "symbols">;

type Doubles = Float64Array<ArrayBuffer>;

/** Pinhole with Brown–Conrady distortion in OpenCV's order; pixel centres at integers. */
export interface CameraModel {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fxPx: number;
  readonly fyPx: number;
  readonly cxPx: number;
  readonly cyPx: number;
  readonly distortion: readonly [k1: number, k2: number, p1: number, p2: number, k3: number];
}

/** The 9 doubles of ffi/vision/lens.hpp. */
export function lensVector(camera: CameraModel): Doubles {
  const { fxPx, fyPx, cxPx, cyPx, distortion } = camera;
  return Float64Array.of(fxPx, fyPx, cxPx, cyPx, ...distortion);
}

/** The 11 doubles of ffi/vision/camera.hpp. */
export function cameraVector(camera: CameraModel): Doubles {
  return Float64Array.of(camera.widthPx, camera.heightPx, ...lensVector(camera));
}

/**
 * Pixels (u, v pairs) that see the rays `x/z, y/z` of the camera's axes; NaN where the lens model
 * folds over before it reaches them. They may lie outside of the picture.
 */
export function pixelsFromRays(library: LensLibrary, camera: CameraModel, rays: Doubles): Doubles {
  return mapPairs(library, "gdn_lens_project", camera, rays);
}

/** Rays (x/z, y/z pairs) of pixels; NaN where the lens model has none. */
export function raysFromPixels(
  library: LensLibrary,
  camera: CameraModel,
  pixels: Doubles,
): Doubles {
  return mapPairs(library, "gdn_lens_unproject", camera, pixels);
}

function mapPairs(
  library: LensLibrary,
  name: keyof typeof lensSymbols,
  camera: CameraModel,
  pairs: Doubles,
): Doubles {
  const out = new Float64Array(pairs.length);
  const error = new NativeErrorBuffer();
  const status = library.symbols[name](
    lensVector(camera),
    pairs,
    BigInt(pairs.length),
    out,
    error.bytes,
  );
  error.check(name, status);
  return out;
}
