/**
 * Resamples pictures through a mapping that is computed on a coarse grid.
 *
 * @module
 */
import type { Picture } from "../../native/vision/mod.ts";

/**
 * Maps a target position (pixel centres at half integers) to the source, in the same convention.
 */
type PlaneMapping = (x: number, y: number) => readonly [x: number, y: number];

/** Map projections bend by less than a thousandth of a pixel over this many pixels. */
const BLOCK_PX = 64;

/**
 * Resamples `source` to `target`, bilinearly. `oversampling` squared samples are averaged for each
 * pixel, for targets coarser than the source. Positions outside take the nearest edge.
 */
export function resample(
  source: Picture,
  target: { widthPx: number; heightPx: number },
  mapping: PlaneMapping,
  oversampling = 1,
): Picture {
  const { widthPx, heightPx } = target, channels = source.channels;
  const pixels = new Uint8Array(widthPx * heightPx * channels);
  for (let y0 = 0; y0 < heightPx; y0 += BLOCK_PX) {
    for (let x0 = 0; x0 < widthPx; x0 += BLOCK_PX) {
      const x1 = Math.min(widthPx, x0 + BLOCK_PX), y1 = Math.min(heightPx, y0 + BLOCK_PX);
      const block = { x0, y0, x1, y1 };
      drawBlock(source, { pixels, widthPx }, block, { mapping, oversampling });
    }
  }
  return { widthPx, heightPx, channels, pixels };
}

function drawBlock(
  source: Picture,
  target: { pixels: Uint8Array; widthPx: number },
  block: { x0: number; y0: number; x1: number; y1: number },
  how: { mapping: PlaneMapping; oversampling: number },
): void {
  const { x0, y0, x1, y1 } = block, { mapping, oversampling: n } = how;
  const [nw, ne, sw, se] = [mapping(x0, y0), mapping(x1, y0), mapping(x0, y1), mapping(x1, y1)];
  const channels = source.channels;
  const sum = new Float64Array(channels);
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      sum.fill(0);
      for (let i = 0; i < n * n; i++) {
        const s = (x + ((i % n) + 0.5) / n - x0) / (x1 - x0);
        const t = (y + (Math.floor(i / n) + 0.5) / n - y0) / (y1 - y0);
        const a = (1 - s) * (1 - t), b = s * (1 - t), c = (1 - s) * t, d = s * t;
        addSample(
          source,
          a * nw[0] + b * ne[0] + c * sw[0] + d * se[0] - 0.5,
          a * nw[1] + b * ne[1] + c * sw[1] + d * se[1] - 0.5,
          sum,
        );
      }
      const o = (y * target.widthPx + x) * channels;
      for (let c = 0; c < channels; c++) target.pixels[o + c] = sum[c] / (n * n) + 0.5;
    }
  }
}

function addSample(source: Picture, x: number, y: number, sum: Float64Array): void {
  const { widthPx, heightPx, channels, pixels } = source;
  const cx = Math.min(Math.max(x, 0), widthPx - 1), cy = Math.min(Math.max(y, 0), heightPx - 1);
  const x0 = Math.min(Math.floor(cx), Math.max(0, widthPx - 2));
  const y0 = Math.min(Math.floor(cy), Math.max(0, heightPx - 2));
  const a = cx - x0, b = cy - y0;
  const right = widthPx > 1 ? channels : 0, down = heightPx > 1 ? channels * widthPx : 0;
  for (let c = 0, o = (y0 * widthPx + x0) * channels; c < channels; c++, o++) {
    const upper = pixels[o] + a * (pixels[o + right] - pixels[o]);
    const lower = pixels[o + down] + a * (pixels[o + down + right] - pixels[o + down]);
    sum[c] += upper + b * (lower - upper);
  }
}
