/**
 * Writes heights as a GeoTIFF: one band of 4-byte floats, EPSG:4326, north up.
 *
 * Source: TIFF 6.0 (Adobe, 1992); OGC 19-008r4 (GeoTIFF 1.1).
 *
 * @module
 */

interface HeightTiff {
  readonly southDeg: number;
  readonly westDeg: number;
  readonly northDeg: number;
  readonly eastDeg: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** At the middle of a pixel. */
  readonly heightM: (latitudeDeg: number, longitudeDeg: number) => number;
  /** EPSG code of what the heights count from: 5773 is EGM96; null: the file does not say. */
  readonly vertical: number | null;
  readonly noData?: number;
}

const SHORT = 3, LONG = 4, DOUBLE = 12, ASCII = 2;
const HEADER_BYTES = 8;

export function heightTiff(options: HeightTiff): Uint8Array<ArrayBuffer> {
  const { southDeg, westDeg, northDeg, eastDeg, widthPx, heightPx, vertical, noData } = options;
  const stepX = (eastDeg - westDeg) / widthPx, stepY = (northDeg - southDeg) / heightPx;
  const keys = [[1024, 0, 1, 2], [1025, 0, 1, 1], [2048, 0, 1, 4326]];
  if (vertical !== null) keys.push([4096, 0, 1, vertical]);
  const pixelBytes = 4 * widthPx * heightPx;
  const entries: (readonly [tag: number, type: number, values: readonly number[]])[] = [
    [256, LONG, [widthPx]],
    [257, LONG, [heightPx]],
    [258, SHORT, [32]],
    [259, SHORT, [1]],
    [262, SHORT, [1]],
    [273, LONG, [HEADER_BYTES]],
    [277, SHORT, [1]],
    [278, LONG, [heightPx]],
    [279, LONG, [pixelBytes]],
    [339, SHORT, [3]],
    [33550, DOUBLE, [stepX, stepY, 0]],
    [33922, DOUBLE, [0, 0, 0, westDeg, northDeg, 0]],
    [34735, SHORT, [1, 1, 0, keys.length, ...keys.flat()]],
  ];
  if (noData !== undefined) {
    entries.push([42113, ASCII, [...new TextEncoder().encode(`${noData}\0`)]]);
  }
  const width = (type: number) => ({ [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8, [ASCII]: 1 })[type] ?? 1;
  const directoryAt = HEADER_BYTES + pixelBytes;
  const valuesAt = directoryAt + 2 + 12 * entries.length + 4;
  const more = entries.reduce((sum, [, type, values]) => sum + 8 + width(type) * values.length, 0);
  const view = new DataView(new ArrayBuffer(valuesAt + more));
  view.setUint16(0, 0x4949);
  view.setUint16(2, 42, true);
  view.setUint32(4, directoryAt, true);
  for (let row = 0; row < heightPx; row++) {
    for (let column = 0; column < widthPx; column++) {
      const height = options.heightM(
        northDeg - (row + 0.5) * stepY,
        westDeg + (column + 0.5) * stepX,
      );
      view.setFloat32(HEADER_BYTES + 4 * (row * widthPx + column), height, true);
    }
  }
  view.setUint16(directoryAt, entries.length, true);
  let free = valuesAt;
  entries.forEach(([tag, type, values], i) => {
    const at = directoryAt + 2 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, values.length, true);
    const bytes = width(type) * values.length;
    const to = bytes <= 4 ? at + 8 : free;
    if (bytes > 4) {
      view.setUint32(at + 8, free, true);
      free += bytes + bytes % 2;
    }
    values.forEach((value, k) => {
      const place = to + width(type) * k;
      if (type === DOUBLE) view.setFloat64(place, value, true);
      else if (type === LONG) view.setUint32(place, value, true);
      else if (type === SHORT) view.setUint16(place, value, true);
      else view.setUint8(place, value);
    });
  });
  return new Uint8Array(view.buffer);
}
