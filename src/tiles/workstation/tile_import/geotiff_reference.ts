/**
 * The georeference of a GeoTIFF or COG (OGC 19-008r4): only tags are read here, no pixels.
 *
 * @module
 */
import { fromFile, type GeoTIFFImage } from "geotiff";
import { DataError, messageOf } from "../../../core/mod.ts";
import type { GeoReference } from "./contract.ts";
import { type AffineTransform, projectedReference, projectionFromEpsg } from "./georeference.ts";

export interface GeoTiffTags {
  readonly reference: GeoReference;
  /** Value of all samples of a pixel without picture; null where there is none. */
  readonly noData: number | null;
}

type GeoTag = "ModelTransformation" | "ModelPixelScale" | "ModelTiepoint";

const REMEDY = "reproject it first: gdalwarp -t_srs EPSG:3857 IN OUT";

/**
 * null where the TIFF has no georeference at all.
 *
 * @throws DataError for a georeference that cannot be used, with the remedy.
 */
export async function readGeoTiff(path: string): Promise<GeoTiffTags | null> {
  let tiff: Awaited<ReturnType<typeof fromFile>> | undefined;
  try {
    tiff = await fromFile(path);
    return await readTags(path, await tiff.getImage());
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(path, `its TIFF tags cannot be read (${messageOf(error).slice(0, 120)})`, {
      cause: error,
    });
  } finally {
    await tiff?.close();
  }
}

async function readTags(path: string, image: GeoTIFFImage): Promise<GeoTiffTags | null> {
  const directory = image.fileDirectory;
  const tag = async (name: GeoTag) =>
    directory.hasTag(name) ? await directory.loadValue(name) : null;
  const keys = image.getGeoKeys() as Record<string, unknown> | null;
  const transform = affineFromTags(
    path,
    numbers(await tag("ModelTransformation")),
    numbers(await tag("ModelPixelScale")),
    numbers(await tag("ModelTiepoint")),
    keys?.GTRasterTypeGeoKey === 2,
  );
  if (!transform) return null;
  const epsg = Number(
    keys?.GTModelTypeGeoKey === 2 ? keys.GeographicTypeGeoKey : keys?.ProjectedCSTypeGeoKey,
  );
  const projection = projectionFromEpsg(epsg);
  if (!projection) {
    throw new DataError(
      path,
      `its projection is ${
        Number.isFinite(epsg) ? `EPSG:${epsg}` : "not named by an EPSG code"
      }; ` +
        `EPSG:4326, EPSG:3857 and WGS84 UTM zones (EPSG:326xx, 327xx) can be read; ${REMEDY}`,
    );
  }
  const reference = projectedReference({
    name: `EPSG:${epsg}`,
    projection,
    transform,
    widthPx: image.getWidth(),
    heightPx: image.getHeight(),
  });
  if (!(reference.gsdM > 0.001 && reference.gsdM < 100_000)) {
    throw new DataError(path, `its georeference gives ${reference.gsdM} m per pixel; ${REMEDY}`);
  }
  return { reference, noData: image.getGDALNoData() };
}

function numbers(value: unknown): number[] | null {
  return value === null || value === undefined
    ? null
    : Array.from(value as ArrayLike<number>, Number);
}

/** Positions with pixel centres at half integers, which is what PixelIsArea means. */
function affineFromTags(
  path: string,
  matrix: number[] | null,
  scale: number[] | null,
  tiepoints: number[] | null,
  pixelIsPoint: boolean,
): AffineTransform | null {
  let transform: AffineTransform;
  if (matrix) {
    const [b, c, , a, e, f, , d] = matrix;
    transform = { a, b, c, d, e, f };
  } else if (scale && tiepoints && tiepoints.length >= 6) {
    const [column, row, , x, y] = tiepoints;
    const [sx, sy] = scale;
    transform = { a: x - column * sx, b: sx, c: 0, d: y + row * sy, e: 0, f: -sy };
  } else if (tiepoints) {
    throw new DataError(path, `it is referenced by control points only; ${REMEDY}`);
  } else {
    return null;
  }
  const { a, b, c, d, e, f } = transform;
  if (![a, b, c, d, e, f].every(Number.isFinite) || b * f - c * e === 0) {
    throw new DataError(path, `its georeference is not a map of pixels to the ground; ${REMEDY}`);
  }
  if (!pixelIsPoint) return transform;
  // PixelIsPoint: the tags give the place of a pixel's centre.
  return { ...transform, a: a - (b + c) / 2, d: d - (e + f) / 2 };
}
