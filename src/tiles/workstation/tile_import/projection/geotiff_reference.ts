/**
 * The georeference of a picture: GeoTIFF tags (OGC 19-008r4), and the files beside it.
 *
 * @module
 */
import { DataError, WgsConversionError } from "../../../../core/mod.ts";
import type { GeoReference } from "../contract.ts";
import type { TiffImageDirectory } from "../tiff/directories.ts";
import { type CoordinateSystem, datumShiftAt } from "./coordinate_system.ts";
import { GeoKeys, KEY } from "./geo_keys.ts";
import { type AffineTransform, projectedReference } from "./georeference.ts";
import type { Sidecars } from "./sidecars.ts";
import { systemFromKeys } from "./user_defined.ts";
import { systemFromWkt } from "./wkt.ts";

interface FoundReference {
  readonly reference: GeoReference;
  /** What the user should know of it. */
  readonly notes: readonly string[];
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

const TAG = { scale: 33550, tiepoints: 33922, transformation: 34264, citation: 1026 } as const;
const PIXEL_IS_POINT = 2;
const ESRI_CITATION = /ESRI PE String = (\w+\[.*\])/s;

/** Where the file says its system, but it is not one that can be read here. */
const REPROJECT = "reproject it first: gdalwarp -t_srs EPSG:3857 IN OUT.tif";
/** Where the file does not say its system: gdalwarp would take its numbers for something else. */
const NAME_SYSTEM =
  "say which it is in: gdal_translate -a_srs EPSG:CODE IN OUT.tif (CODE: of its coordinate system)";

/** Of zoom 0: all of the world in one tile. */
const GSD_MAX_M = 156_544;
/** An error up to this is not told: it is less than a pixel of the map. */
const QUIET_ERROR_M = 1;

/**
 * null where neither the TIFF nor a file beside it says where it lies.
 *
 * @throws DataError for a georeference that cannot be used, with the remedy.
 */
export function tiffReference(
  path: string,
  directory: TiffImageDirectory,
  beside: Sidecars,
  size: Size,
): FoundReference | null {
  const keys = new GeoKeys(directory);
  const inner = beside.auxiliary.transform === null ? affineFromTags(path, directory, keys) : null;
  const transform = beside.auxiliary.transform ?? inner ?? beside.world;
  if (transform === null) return null;
  if (beside.auxiliary.wkt !== null) return fromWkt(path, beside.auxiliary.wkt, transform, size);
  if (!keys.isEmpty) return fromKeys(path, keys, transform, size);
  if (beside.wkt !== null) return fromWkt(path, beside.wkt, transform, size);
  throw new DataError(path, `its coordinate system is not named; ${NAME_SYSTEM}`);
}

/** The same for a picture that has no tags. */
export function besideReference(
  path: string,
  beside: Sidecars,
  size: Size,
): FoundReference | null {
  const transform = beside.auxiliary.transform ?? beside.world;
  if (transform === null) return null;
  const wkt = beside.auxiliary.wkt ?? beside.wkt;
  if (wkt !== null) return fromWkt(path, wkt, transform, size);
  throw new DataError(
    path,
    `the files beside it do not name its coordinate system; ${NAME_SYSTEM}`,
  );
}

function fromKeys(
  path: string,
  keys: GeoKeys,
  transform: AffineTransform,
  size: Size,
): FoundReference {
  const citations = keys.text(KEY.citation) + keys.text(KEY.projectedCitation);
  const [, wkt] = ESRI_CITATION.exec(citations) ?? [];
  const isCoded = keys.code(KEY.projected) !== null;
  if (wkt !== undefined && !isCoded) return fromWkt(path, wkt, transform, size);
  if (keys.number(KEY.modelType) === 0 || keys.number(KEY.modelType) === 32767) {
    throw new DataError(path, `its coordinate system is not named; ${NAME_SYSTEM}`);
  }
  const found = systemFromKeys(keys);
  if (typeof found === "string") {
    throw new DataError(
      path,
      `${found}, which cannot be read; if that is its system, ${REPROJECT}; else ${NAME_SYSTEM}`,
    );
  }
  return referenceIn(path, found.system, scaled(transform, found.degreesPerUnit), size);
}

function scaled({ a, b, c, d, e, f }: AffineTransform, k: number): AffineTransform {
  return { a: k * a, b: k * b, c: k * c, d: k * d, e: k * e, f: k * f };
}

function fromWkt(
  path: string,
  wkt: string,
  transform: AffineTransform,
  size: Size,
): FoundReference {
  const found = systemFromWkt(wkt);
  if (typeof found === "string") throw new DataError(path, `${found}; ${REPROJECT}`);
  return referenceIn(path, found.system, scaled(transform, found.degreesPerUnit), size);
}

/** The datum's shift is that of the picture's middle. */
function referenceIn(
  path: string,
  system: CoordinateSystem,
  transform: AffineTransform,
  size: Size,
): FoundReference {
  const { a, b, c, d, e, f } = transform;
  if (![a, b, c, d, e, f].every(Number.isFinite) || b * f - c * e === 0) {
    throw new DataError(
      path,
      `its georeference is not a map of pixels to the ground; ${REPROJECT}`,
    );
  }
  const make = (definition: string) => {
    try {
      return projectedReference({ name: system.name, projection: definition, transform, ...size });
    } catch (error) {
      if (!(error instanceof WgsConversionError)) throw error;
      throw new DataError(
        path,
        `its numbers are no places in ${system.name}: they are of another system; ${NAME_SYSTEM}`,
        { cause: error },
      );
    }
  };
  const rough = make(system.definition);
  const middle = rough.wgsFromPixel(size.widthPx / 2, size.heightPx / 2);
  const shift = datumShiftAt(system, middle.latitudeDeg, middle.longitudeDeg);
  if (shift === null) {
    throw new DataError(
      path,
      `${system.name} is on a datum whose difference from WGS84 is not known there; ${REPROJECT}`,
    );
  }
  const { toWgs84, accuracyM } = shift;
  const isShifted = toWgs84.some((value) => value !== 0);
  const reference = isShifted ? make(`${system.definition} +towgs84=${toWgs84.join(",")}`) : rough;
  if (!(reference.gsdM > 0.001 && reference.gsdM < GSD_MAX_M)) {
    throw new DataError(
      path,
      `its georeference gives ${reference.gsdM} m per pixel in ${system.name}: its numbers are ` +
        `of another system (${NAME_SYSTEM}), or it is coarser than any map (${GSD_MAX_M} m)`,
    );
  }
  if (accuracyM <= QUIET_ERROR_M) return { reference, notes: [] };
  const notes = [
    `the datum of ${system.name} differs from WGS84: its positions ` +
    `${isShifted ? "were shifted and " : ""}are wrong by up to about ${accuracyM} m, which ` +
    "`operator provision` adds to the error of a map of these tiles",
  ];
  return { reference: { ...reference, datumErrorM: accuracyM }, notes };
}

/** Positions with pixel centres at half integers, which is what PixelIsArea means. */
function affineFromTags(
  path: string,
  directory: TiffImageDirectory,
  keys: GeoKeys,
): AffineTransform | null {
  const matrix = directory.numbers(TAG.transformation);
  const scale = directory.numbers(TAG.scale), tiepoints = directory.numbers(TAG.tiepoints);
  let transform: AffineTransform;
  // Where both are there GDAL takes the scale.
  const isScaled = scale !== null && scale.length >= 2 && scale[0] !== 0 && scale[1] !== 0;
  if (!isScaled && matrix !== null && matrix.length >= 16) {
    const [b, c, , a, e, f, , d] = matrix;
    transform = { a, b, c, d, e, f };
  } else if (isScaled && tiepoints !== null && tiepoints.length >= 6) {
    const [column, row, , x, y] = tiepoints;
    // A negative scale is taken for a positive one, as GDAL does: north is up.
    const sx = scale[0], sy = Math.abs(scale[1]);
    transform = { a: x - column * sx, b: sx, c: 0, d: y + row * sy, e: 0, f: -sy };
  } else if (tiepoints !== null) {
    throw new DataError(path, `it is referenced by control points only; ${REPROJECT}`);
  } else {
    return null;
  }
  if (keys.number(KEY.rasterType) !== PIXEL_IS_POINT) return transform;
  // PixelIsPoint: the tags give the place of a pixel's centre.
  const { a, b, c, d, e, f } = transform;
  return { ...transform, a: a - (b + c) / 2, d: d - (e + f) / 2 };
}
