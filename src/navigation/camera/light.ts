/**
 * How bright and how sharp a picture is, so that a person can be told before the flight.
 *
 * @module
 */

export interface PictureLight {
  /** Grey level, 0 to 255. */
  readonly meanLevel: number;
  /** Mean difference between neighbouring pixels, grey levels. */
  readonly sharpness: number;
}

/** Of at most some hundred thousand pixels: every row that far apart. */
const ROWS_MAX = 240;

/** `pixels`: 8-bit grey, row-major. */
export function lightOf(
  { pixels, widthPx, heightPx }: {
    readonly pixels: Uint8Array;
    readonly widthPx: number;
    readonly heightPx: number;
  },
): PictureLight {
  const stride = Math.max(1, Math.floor(heightPx / ROWS_MAX));
  let level = 0, difference = 0, count = 0;
  for (let row = 0; row + 1 < heightPx; row += stride) {
    const at = row * widthPx;
    for (let column = 0; column + 1 < widthPx; column++) {
      const value = pixels[at + column];
      level += value;
      difference += Math.abs(pixels[at + column + 1] - value) +
        Math.abs(pixels[at + widthPx + column] - value);
      count++;
    }
  }
  return { meanLevel: level / count, sharpness: difference / (2 * count) };
}
