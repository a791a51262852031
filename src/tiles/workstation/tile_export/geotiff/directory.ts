/**
 * Encodes the image file directories (IFDs) of a tiled RGBA TIFF, classic or BigTIFF, with the geo
 * keys of Web Mercator.
 *
 * Source: TIFF 6.0, the BigTIFF design, OGC 19-008r4 (GeoTIFF 1.1)
 *
 * @module
 */
import type { Level } from "./pyramid.ts";
import { SIDE_PX } from "./pyramid.ts";

/** Position of the picture in metres of EPSG:3857. */
export interface MercatorPlace {
  readonly westM: number;
  readonly northM: number;
  readonly metresPerPixel: number;
}

/** Offsets and sizes of a level's tiles in the file. */
export interface LevelTiles {
  readonly level: Level;
  readonly offsets: Float64Array;
  readonly byteCounts: Uint32Array;
}

const TYPE = { short: 3, long: 4, double: 12, long8: 16 } as const;
type FieldType = keyof typeof TYPE;
const SIZE: Record<FieldType, number> = { short: 2, long: 4, double: 8, long8: 8 };

interface Field {
  readonly tag: number;
  readonly type: FieldType;
  readonly values: ArrayLike<number>;
}

const DEFLATE = 8;
const PREDICTOR_HORIZONTAL = 2;
const PHOTOMETRIC_RGB = 2;
const UNASSOCIATED_ALPHA = 2;
const REDUCED_RESOLUTION = 1;

function fieldsOf(tiles: LevelTiles, place: MercatorPlace, big: boolean): readonly Field[] {
  const { level, widthPx, heightPx } = tiles.level;
  const short = (tag: number, ...values: number[]): Field => ({ tag, type: "short", values });
  const long = (tag: number, ...values: number[]): Field => ({ tag, type: "long", values });
  const double = (tag: number, ...values: number[]): Field => ({ tag, type: "double", values });
  const { westM, northM, metresPerPixel } = place;
  const geo = level > 0 ? [] : [
    double(33550, metresPerPixel, metresPerPixel, 0),
    double(33922, 0, 0, 0, westM, northM, 0),
    // Projected, pixels are areas, EPSG:3857, metres.
    short(34735, 1, 1, 1, 4, ...[1024, 0, 1, 1], ...[1025, 0, 1, 1], ...[3072, 0, 1, 3857], ...[
      3076,
      0,
      1,
      9001,
    ]),
  ];
  return [
    long(254, level > 0 ? REDUCED_RESOLUTION : 0),
    long(256, widthPx),
    long(257, heightPx),
    short(258, 8, 8, 8, 8),
    short(259, DEFLATE),
    short(262, PHOTOMETRIC_RGB),
    short(277, 4),
    short(284, 1),
    short(317, PREDICTOR_HORIZONTAL),
    short(322, SIDE_PX),
    short(323, SIDE_PX),
    { tag: 324, type: big ? "long8" : "long", values: tiles.offsets },
    { tag: 325, type: "long", values: tiles.byteCounts },
    short(338, UNASSOCIATED_ALPHA),
    ...geo,
  ];
}

/** Bytes of header and directories; they do not depend on the offsets. */
export function directoriesBytes(
  levels: readonly LevelTiles[],
  place: MercatorPlace,
  big: boolean,
): number {
  return writeDirectories(levels, place, big).length;
}

/** Header and directories, the full resolution first: the beginning of the file. */
export function writeDirectories(
  levels: readonly LevelTiles[],
  place: MercatorPlace,
  big: boolean,
): Uint8Array<ArrayBuffer> {
  const all = levels.map((tiles) => fieldsOf(tiles, place, big));
  const length = all.reduce((sum, fields) => sum + bytesOf(fields, big), big ? 16 : 8);
  const out = new TiffWriter(new Uint8Array(length), big);
  out.header();
  let at = big ? 16 : 8;
  for (const [index, fields] of all.entries()) {
    const next = at + bytesOf(fields, big);
    out.directory(at, fields, index + 1 < all.length ? next : 0);
    at = next;
  }
  return out.bytes;
}

/**
 * Size of a directory with the values that do not fit into its entries, rounded up to multiples of
 * eight.
 */
function bytesOf(fields: readonly Field[], big: boolean): number {
  const inline = big ? 8 : 4;
  const outside = fields.map(({ type, values }) => SIZE[type] * values.length)
    .filter((bytes) => bytes > inline).reduce((sum, bytes) => sum + eights(bytes), 0);
  return eights(big ? 8 + 20 * fields.length + 8 : 2 + 12 * fields.length + 4) + outside;
}

const eights = (bytes: number) => 8 * Math.ceil(bytes / 8);

class TiffWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #big: boolean;

  constructor(bytes: Uint8Array<ArrayBuffer>, big: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#big = big;
  }

  /** Little endian; the first directory follows directly. */
  header(): void {
    this.bytes.set([0x49, 0x49]);
    this.#view.setUint16(2, this.#big ? 43 : 42, true);
    if (this.#big) {
      this.#view.setUint16(4, 8, true);
      this.#view.setBigUint64(8, 16n, true);
    } else {
      this.#view.setUint32(4, 8, true);
    }
  }

  directory(at: number, fields: readonly Field[], next: number): void {
    const big = this.#big, inline = big ? 8 : 4;
    if (big) this.#view.setBigUint64(at, BigInt(fields.length), true);
    else this.#view.setUint16(at, fields.length, true);
    let entry = at + (big ? 8 : 2);
    const size = big ? 8 + 20 * fields.length + 8 : 2 + 12 * fields.length + 4;
    let outside = at + eights(size);
    for (const { tag, type, values } of fields) {
      this.#view.setUint16(entry, tag, true);
      this.#view.setUint16(entry + 2, TYPE[type], true);
      this.#word(entry + 4, values.length);
      const bytes = SIZE[type] * values.length, valueAt = entry + (big ? 12 : 8);
      if (bytes <= inline) {
        this.#values(valueAt, type, values);
      } else {
        this.#word(valueAt, outside);
        this.#values(outside, type, values);
        outside += eights(bytes);
      }
      entry += big ? 20 : 12;
    }
    this.#word(entry, next);
  }

  /** An offset or a count. */
  #word(at: number, value: number): void {
    if (this.#big) this.#view.setBigUint64(at, BigInt(value), true);
    else this.#view.setUint32(at, value, true);
  }

  #values(at: number, type: FieldType, values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const place = at + i * SIZE[type];
      if (type === "short") this.#view.setUint16(place, values[i], true);
      else if (type === "long") this.#view.setUint32(place, values[i], true);
      else if (type === "double") this.#view.setFloat64(place, values[i], true);
      else this.#view.setBigUint64(place, BigInt(values[i]), true);
    }
  }
}
