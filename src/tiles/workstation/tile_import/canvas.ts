/**
 * The 256 × 256 canvas that every importer paints a tile into.
 *
 * @module
 */
import { TILE_SIZE_PX } from "../../../core/mod.ts";
import type { FeatureLibrary, LensLibrary } from "../../../native/vision/mod.ts";
import { withCoverageMask } from "../../tile_contract/mod.ts";
import type { PaintedTile } from "./contract.ts";

const JPEG_QUALITY = 90;

interface Rgb {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: 3;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Resamples by a grid of knots (pixel centres at integers); implemented in ffi/vision. */
type WarpFunction = (
  source: Rgb,
  grid: {
    readonly columns: number;
    readonly rows: number;
    readonly stepPx: number;
    readonly sourcePx: Float64Array<ArrayBuffer>;
  },
  target: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly sourceMask?: Uint8Array<ArrayBuffer>;
  },
) => Promise<
  { readonly pixels: Uint8Array<ArrayBuffer>; readonly coverage: Uint8Array<ArrayBuffer> }
>;

/** The functions of the native library that the import needs, passed by the composition root. */
export interface TileToolkit {
  readonly warp: WarpFunction;
  readonly lens: LensLibrary;
  readonly features: FeatureLibrary;
  encodeJpeg(picture: Rgb, quality: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Decodes a JPEG to colour; `name` is for messages. */
  decodeJpeg(
    jpeg: Uint8Array<ArrayBuffer>,
    options: { readonly name: string; readonly denominator: 1 | 2 | 4 | 8 },
  ): Promise<Rgb>;
}

/** RGB pixels of one tile, and 255 where they hold imagery. */
export interface SquareCanvas {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly coverage: Uint8Array<ArrayBuffer>;
}

export function emptyCanvas(): SquareCanvas {
  return {
    pixels: new Uint8Array(TILE_SIZE_PX * TILE_SIZE_PX * 3),
    coverage: new Uint8Array(TILE_SIZE_PX * TILE_SIZE_PX),
  };
}

/** null when no pixel of the canvas is covered; the JPEG of a partly covered one says which are. */
export async function encodeCanvas(
  toolkit: TileToolkit,
  canvas: SquareCanvas,
): Promise<PaintedTile | null> {
  let covered = 0;
  for (const value of canvas.coverage) if (value) covered++;
  if (covered === 0) return null;
  const jpeg = await toolkit.encodeJpeg({
    widthPx: TILE_SIZE_PX,
    heightPx: TILE_SIZE_PX,
    channels: 3,
    pixels: canvas.pixels,
  }, JPEG_QUALITY);
  const coverage = covered / canvas.coverage.length;
  return { jpeg: coverage < 1 ? withCoverageMask(jpeg, canvas.coverage) : jpeg, coverage };
}

/** Joins four canvases (NW, NE, SW, SE) into one, each pixel the mean of those that are covered. */
export function halve(quarters: readonly (SquareCanvas | null)[]): SquareCanvas | null {
  if (quarters.every((quarter) => quarter === null)) return null;
  const out = emptyCanvas();
  const half = TILE_SIZE_PX / 2;
  quarters.forEach((quarter, index) => {
    if (!quarter) return;
    const left = (index % 2) * half, top = Math.floor(index / 2) * half;
    for (let y = 0; y < half; y++) {
      for (let x = 0; x < half; x++) {
        averageFour(
          quarter,
          2 * y * TILE_SIZE_PX + 2 * x,
          out,
          (top + y) * TILE_SIZE_PX + left + x,
        );
      }
    }
  });
  return out;
}

function averageFour(from: SquareCanvas, at: number, to: SquareCanvas, target: number): void {
  let red = 0, green = 0, blue = 0, count = 0;
  for (const i of [at, at + 1, at + TILE_SIZE_PX, at + TILE_SIZE_PX + 1]) {
    if (!from.coverage[i]) continue;
    red += from.pixels[3 * i];
    green += from.pixels[3 * i + 1];
    blue += from.pixels[3 * i + 2];
    count++;
  }
  // At least half of the four: the same rule as for a pixel whose centre is covered.
  if (count < 2) return;
  to.coverage[target] = 255;
  to.pixels[3 * target] = Math.round(red / count);
  to.pixels[3 * target + 1] = Math.round(green / count);
  to.pixels[3 * target + 2] = Math.round(blue / count);
}
