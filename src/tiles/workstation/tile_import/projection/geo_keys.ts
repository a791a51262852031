/**
 * The GeoKeys of a GeoTIFF.
 *
 * Source: OGC 19-008r4 (GeoTIFF 1.1), 7.1 and annex D
 *
 * @module
 */
import type { TiffImageDirectory } from "../tiff/directories.ts";

const TAG_DIRECTORY = 34735, TAG_DOUBLES = 34736, TAG_TEXTS = 34737;
const KEYS_MAX = 1000;

export const KEY = {
  modelType: 1024,
  rasterType: 1025,
  citation: 1026,
  geographic: 2048,
  datum: 2050,
  primeMeridian: 2051,
  angularUnits: 2054,
  angularUnitSize: 2055,
  ellipsoid: 2056,
  semiMajorAxis: 2057,
  semiMinorAxis: 2058,
  inverseFlattening: 2059,
  primeMeridianLongitude: 2061,
  toWgs84: 2062,
  projected: 3072,
  projectedCitation: 3073,
  conversion: 3074,
  method: 3075,
  linearUnits: 3076,
  linearUnitSize: 3077,
  standardParallel1: 3078,
  standardParallel2: 3079,
  naturalOriginLongitude: 3080,
  naturalOriginLatitude: 3081,
  falseEasting: 3082,
  falseNorthing: 3083,
  falseOriginLongitude: 3084,
  falseOriginLatitude: 3085,
  falseOriginEasting: 3086,
  falseOriginNorthing: 3087,
  centreLongitude: 3088,
  centreLatitude: 3089,
  centreEasting: 3090,
  centreNorthing: 3091,
  scaleAtNaturalOrigin: 3092,
  scaleAtCentre: 3093,
  azimuth: 3094,
  poleLongitude: 3095,
  gridAngle: 3096,
  vertical: 4096,
  verticalUnits: 4099,
} as const;

/** Value of a key that is described by others. */
const USER_DEFINED = 32767;

export class GeoKeys {
  readonly #numbers = new Map<number, readonly number[]>();
  readonly #texts = new Map<number, string>();

  constructor(directory: TiffImageDirectory) {
    const words = directory.numbers(TAG_DIRECTORY) ?? [];
    const doubles = directory.numbers(TAG_DOUBLES) ?? [];
    const texts = directory.text(TAG_TEXTS) ?? "";
    const count = Math.min(words[3] ?? 0, KEYS_MAX, Math.floor((words.length - 4) / 4));
    for (let i = 0; i < count; i++) {
      const [key, location, length, offset] = words.slice(4 + 4 * i, 8 + 4 * i);
      if (location === 0) this.#numbers.set(key, [offset]);
      else if (location === TAG_DOUBLES) {
        this.#numbers.set(key, doubles.slice(offset, offset + length));
      } else if (location === TAG_TEXTS) {
        this.#texts.set(key, texts.slice(offset, offset + length).replace(/\|$/, ""));
      }
    }
  }

  get isEmpty(): boolean {
    return this.#numbers.size === 0;
  }

  /** The first of `keys` that is there; null where none is. */
  number(...keys: readonly number[]): number | null {
    for (const key of keys) {
      const value = this.#numbers.get(key)?.[0];
      if (value !== undefined && Number.isFinite(value)) return value;
    }
    return null;
  }

  numbers(key: number): readonly number[] | null {
    return this.#numbers.get(key) ?? null;
  }

  /** A code of the EPSG dataset; null where it is absent, undefined (0) or user-defined. */
  code(key: number): number | null {
    const value = this.number(key);
    return value === null || value === 0 || value === USER_DEFINED ? null : value;
  }

  text(key: number): string {
    return this.#texts.get(key) ?? "";
  }
}
