/**
 * Resamples pictures by a homography, or by any smooth map given as a grid of knots.
 *
 * Pixel centres are at integers: the top left pixel is (0, 0). Each output pixel is the mean of
 * bilinear samples over its footprint, so that reduction does not alias.
 *
 * @module
 */
import { type Matrix3, NativeErrorBuffer, type NativeLibrary } from "../../core/mod.ts";
import type { Picture } from "./image.ts";

export const warpSymbols = {
  gdn_warp_homography: {
    // (const uint8_t*, int32_t w, int32_t h, int32_t c, const uint8_t* mask, const double* H,
    //  int32_t dw, int32_t dh, uint8_t*, uint8_t*, gdn_error*)
    parameters: [
      "buffer",
      "i32",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
  gdn_warp_grid: {
    // (const uint8_t*, int32_t w, int32_t h, int32_t c, const uint8_t* mask, const double* knots,
    //  int32_t columns, int32_t rows, int32_t step, int32_t dw, int32_t dh, uint8_t*, uint8_t*,
    //  gdn_error*)
    parameters: [
      "buffer",
      "i32",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "i32",
      "i32",
      "i32",
      "i32",
      "i32",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

type WarpLibrary = Pick<NativeLibrary<typeof warpSymbols>, "symbols">;

/**
 * A resampled picture; `coverage` is 255 where the source covers it, else 0 (and the pixel black).
 */
interface WarpedPicture extends Picture {
  readonly coverage: Uint8Array<ArrayBuffer>;
}

/** Source positions at the destination positions (column × `stepPx`, row × `stepPx`). */
interface WarpGrid {
  readonly columns: number;
  readonly rows: number;
  readonly stepPx: number;
  /** x, y of each knot, row-major; NaN where there is no source. */
  readonly sourcePx: Float64Array<ArrayBuffer>;
}

interface WarpTarget {
  readonly widthPx: number;
  readonly heightPx: number;
  /** One byte for each source pixel, 0 where there is no picture. */
  readonly sourceMask?: Uint8Array<ArrayBuffer>;
}

/** Warps by `sourceFromDestination`. Do not change source and mask until it settles. */
export async function warpHomography(
  vision: WarpLibrary,
  source: Picture,
  sourceFromDestination: Matrix3,
  target: WarpTarget,
): Promise<WarpedPicture> {
  const out = allocate(source, target);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_warp_homography(
    source.pixels,
    source.widthPx,
    source.heightPx,
    source.channels,
    target.sourceMask ?? null,
    Float64Array.from(sourceFromDestination),
    target.widthPx,
    target.heightPx,
    out.pixels,
    out.coverage,
    error.bytes,
  );
  error.check("gdn_warp_homography", status);
  return out;
}

/**
 * Warps by `grid`, bilinear between its knots. Do not change source, mask and grid until it
 * settles.
 */
export async function warpGrid(
  vision: WarpLibrary,
  source: Picture,
  grid: WarpGrid,
  target: WarpTarget,
): Promise<WarpedPicture> {
  if (grid.sourcePx.length !== 2 * grid.columns * grid.rows) {
    throw new RangeError(
      `a grid of ${grid.columns}×${grid.rows} knots needs ${
        2 * grid.columns * grid.rows
      } numbers, ` +
        `got ${grid.sourcePx.length}`,
    );
  }
  const out = allocate(source, target);
  const error = new NativeErrorBuffer();
  const status = await vision.symbols.gdn_warp_grid(
    source.pixels,
    source.widthPx,
    source.heightPx,
    source.channels,
    target.sourceMask ?? null,
    grid.sourcePx,
    grid.columns,
    grid.rows,
    grid.stepPx,
    target.widthPx,
    target.heightPx,
    out.pixels,
    out.coverage,
    error.bytes,
  );
  error.check("gdn_warp_grid", status);
  return out;
}

/** Allocates the output buffers, after checking that the source's buffers have the stated size. */
function allocate(source: Picture, target: WarpTarget): WarpedPicture {
  const pixelCount = source.widthPx * source.heightPx;
  if (source.pixels.length !== pixelCount * source.channels) {
    throw new RangeError(
      `the source picture holds ${source.pixels.length} bytes, which does not match its size`,
    );
  }
  if (target.sourceMask && target.sourceMask.length !== pixelCount) {
    throw new RangeError(
      `the source mask holds ${target.sourceMask.length} bytes, which does not match its size`,
    );
  }
  const { widthPx, heightPx } = target;
  return {
    widthPx,
    heightPx,
    channels: source.channels,
    pixels: new Uint8Array(widthPx * heightPx * source.channels),
    coverage: new Uint8Array(widthPx * heightPx),
  };
}
