/**
 * A piece of ground that is being painted: colours, and what covers each pixel.
 *
 * @module
 */

export type Rgb = readonly [red: number, green: number, blue: number];

/** East and north, metres. */
export type Place = readonly [eastM: number, northM: number];

export class Canvas {
  readonly sizePx: number;
  readonly westM: number;
  readonly northM: number;
  readonly gsdM: number;
  readonly rgb: Uint8ClampedArray;
  /** Index of the field that covers a pixel, as numbered by the painter; 0: none. */
  readonly field: Uint16Array;
  /** 1 where trees do not grow: roads, water, buildings. */
  readonly built: Uint8Array;

  constructor(options: { sizePx: number; westM: number; northM: number; gsdM: number }) {
    this.sizePx = options.sizePx;
    this.westM = options.westM;
    this.northM = options.northM;
    this.gsdM = options.gsdM;
    const count = options.sizePx * options.sizePx;
    this.rgb = new Uint8ClampedArray(3 * count);
    this.field = new Uint16Array(count);
    this.built = new Uint8Array(count);
  }

  get eastM(): number {
    return this.westM + this.sizePx * this.gsdM;
  }

  get southM(): number {
    return this.northM - this.sizePx * this.gsdM;
  }

  /** Column of an east, row of a north; pixel centres are at integers. */
  column(eastM: number): number {
    return (eastM - this.westM) / this.gsdM - 0.5;
  }

  row(northM: number): number {
    return (this.northM - northM) / this.gsdM - 0.5;
  }

  /** Whether a circle touches the canvas. */
  touches(place: Place, radiusM: number): boolean {
    return place[0] + radiusM > this.westM && place[0] - radiusM < this.eastM &&
      place[1] + radiusM > this.southM && place[1] - radiusM < this.northM;
  }

  /** Calls `paint` for every pixel centre inside a convex polygon. */
  fillConvex(corners: readonly Place[], paint: (index: number) => void): void {
    const size = this.sizePx;
    const columns = corners.map((corner) => this.column(corner[0]));
    const rows = corners.map((corner) => this.row(corner[1]));
    const first = Math.max(0, Math.ceil(Math.min(...rows)));
    const last = Math.min(size - 1, Math.floor(Math.max(...rows)));
    for (let y = first; y <= last; y++) {
      let left = Infinity, right = -Infinity;
      for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
        const a = rows[j], b = rows[i];
        if ((a <= y) === (b <= y)) continue;
        const x = columns[j] + (columns[i] - columns[j]) * (y - a) / (b - a);
        if (x < left) left = x;
        if (x > right) right = x;
      }
      const end = Math.min(size - 1, Math.floor(right));
      for (let x = Math.max(0, Math.ceil(left)); x <= end; x++) paint(y * size + x);
    }
  }

  /** Blends a colour in, `share` 0 to 1. */
  blend(index: number, colour: Rgb, share: number): void {
    const o = 3 * index, rgb = this.rgb;
    rgb[o] += share * (colour[0] - rgb[o]);
    rgb[o + 1] += share * (colour[1] - rgb[o + 1]);
    rgb[o + 2] += share * (colour[2] - rgb[o + 2]);
  }

  /** Makes a pixel darker or lighter. */
  scale(index: number, factor: number): void {
    const o = 3 * index, rgb = this.rgb;
    rgb[o] *= factor;
    rgb[o + 1] *= factor;
    rgb[o + 2] *= factor;
  }
}

/** The four corners of a strip along a segment. */
export function strip(a: Place, b: Place, halfWidthM: number, overlapM = 0): Place[] {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const de = (b[0] - a[0]) / length, dn = (b[1] - a[1]) / length;
  const [se, sn] = [-dn * halfWidthM, de * halfWidthM];
  const [oe, on] = [de * overlapM, dn * overlapM];
  return [
    [a[0] - oe + se, a[1] - on + sn],
    [b[0] + oe + se, b[1] + on + sn],
    [b[0] + oe - se, b[1] + on - sn],
    [a[0] - oe - se, a[1] - on - sn],
  ];
}

/** The corners of a rectangle that is turned by `angleRad` from east towards north. */
export function rectangle(
  centre: Place,
  lengthM: number,
  widthM: number,
  angleRad: number,
): Place[] {
  const c = Math.cos(angleRad), s = Math.sin(angleRad);
  const half: Place = [c * lengthM / 2, s * lengthM / 2];
  return strip(
    [centre[0] - half[0], centre[1] - half[1]],
    [centre[0] + half[0], centre[1] + half[1]],
    widthM / 2,
  );
}
