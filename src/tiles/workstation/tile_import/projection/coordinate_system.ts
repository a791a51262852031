/**
 * Coordinate reference systems that imagery comes in, as definitions for proj4: from a code of the
 * EPSG dataset, from the GeoKeys of a user-defined system, from WKT.
 *
 * The table `epsg.json` is written by tasks/projections.ts. npm:geotiff-geokeys-to-proj4 was tried
 * instead: 235 of its 5,476 projected systems lie kilometres away from where PROJ has them (polar
 * stereographic among them), and its datum shifts are 3 parameters of other sources than PROJ's.
 *
 * @module
 */
import table from "./epsg.json" with { type: "json" };

const PROJECTED: Readonly<Record<string, string>> = table.projected;
const GEOGRAPHIC: Readonly<Record<string, string>> = table.geographic;
const SHIFTS: Readonly<Record<string, readonly string[]>> = table.shifts;
const DATUMS: Readonly<Record<string, number>> = table.datums;
/** Geographic systems whose unit is the grad: 400 to a turn. */
const GRADS: readonly number[] = table.grads;

export interface CoordinateSystem {
  /** For messages: "EPSG:25832", "a user-defined projection". */
  readonly name: string;
  /** For proj4, without a datum. */
  readonly definition: string;
  /**
   * EPSG code of the geographic system it is based on; null: the file does not say; UNKNOWN_DATUM: it says one
   * that is not known here.
   */
  readonly geographicCode: number | null;
  /** Stated by the file itself; null: to be looked up. */
  readonly toWgs84: readonly number[] | null;
}

/** A shift of a datum to WGS84. */
interface DatumShift {
  /** tx, ty, tz (m), rx, ry, rz (seconds of arc, position vector), scale (ppm). */
  readonly toWgs84: readonly number[];
  /** Error of positions, metres, as EPSG states it. */
  readonly accuracyM: number;
}

/** Error that is assumed of a frame on the ellipsoid of GRS80 or WGS84 without a shift of its own. */
const MODERN_FRAME_ERROR_M = 2;
const MODERN_ELLIPSOID =
  /\+ellps=(WGS84|GRS80)\b|\+a=6378137 \+(b=6356752\.314|rf=298\.25722)|6378137(\.0*)?\s*,\s*298\.25722/;
const WGS84_CODE = 4326;
const UNKNOWN_DATUM = 0;
/** What writers call a datum that they do not know, and realizations that are a metre or two from WGS84. */
const NAMELESS =
  /unknown|unnamed|notspecified|unspecified|userdefined|etrf|etrs|itrf|wgs1984|nad1983|nad83/;
/** The sphere of web mercator stands for WGS84. */
const WEB_SPHERE = /\+proj=merc .*\+a=6378137 \+b=6378137(?![\d.])/;

/** null for a code that the table does not hold. */
export function systemFromEpsg(code: number): CoordinateSystem | null {
  const name = `EPSG:${code}`;
  const projected = PROJECTED[code];
  if (projected !== undefined) {
    const space = projected.indexOf(" ");
    return {
      name,
      definition: projected.slice(space + 1),
      geographicCode: Number(projected.slice(0, space)),
      toWgs84: null,
    };
  }
  const geographic = GEOGRAPHIC[code];
  if (geographic === undefined) return null;
  return { name, definition: geographic, geographicCode: code, toWgs84: null };
}

/**
 * EPSG code of the geographic system of a datum, by its name in EPSG, GDAL and Esri (small letters and digits
 * only); null for none, UNKNOWN_DATUM for one that is not known.
 */
export function geographicCodeOf(datumName: string): number | null {
  return DATUMS[datumName] ?? (datumName === "" || NAMELESS.test(datumName) ? null : UNKNOWN_DATUM);
}

/** Of the coordinates of a geographic system. */
export function degreesPerUnitOf(geographicCode: number): number {
  return GRADS.includes(geographicCode) ? 0.9 : 1;
}

/** The ellipsoid and prime meridian of a geographic system, for a projection based on it. */
export function ellipsoidOf(geographicCode: number): string | null {
  return GEOGRAPHIC[geographicCode]?.replace("+proj=longlat", "").trim() ?? null;
}

/**
 * The shift that PROJ takes at a position: the most accurate one that is valid there, of equal ones the
 * one of the smallest area, of these the newest (the table has it first). null: the error of positions without one is not known.
 */
export function datumShiftAt(
  system: CoordinateSystem,
  latitudeDeg: number,
  longitudeDeg: number,
): DatumShift | null {
  const { geographicCode, definition, toWgs84 } = system;
  const none = [0, 0, 0, 0, 0, 0, 0];
  if (geographicCode === WGS84_CODE || WEB_SPHERE.test(definition)) {
    return { toWgs84: none, accuracyM: 0 };
  }
  if (toWgs84 !== null) {
    return { toWgs84: [...toWgs84, ...none].slice(0, 7), accuracyM: MODERN_FRAME_ERROR_M };
  }
  let best: (DatumShift & { readonly areaDeg2: number }) | null = null;
  for (const row of SHIFTS[geographicCode ?? 0] ?? []) {
    const values = row.split(" ").map(Number);
    const [accuracyM, south, west, north, east] = values.slice(7);
    const width = east >= west ? east - west : east - west + 360;
    const fromWest = (longitudeDeg - west + 720) % 360;
    if (latitudeDeg < south || latitudeDeg > north || fromWest > width) continue;
    const areaDeg2 = (north - south) * width;
    const isBetter = best === null || accuracyM < best.accuracyM ||
      accuracyM === best.accuracyM && areaDeg2 < best.areaDeg2;
    if (isBetter) best = { toWgs84: values.slice(0, 7), accuracyM, areaDeg2 };
  }
  if (best !== null) return best;
  return geographicCode === null && MODERN_ELLIPSOID.test(definition)
    ? { toWgs84: none, accuracyM: MODERN_FRAME_ERROR_M }
    : null;
}
