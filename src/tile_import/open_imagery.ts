/**
 * Finds out what SOURCE is, and opens it.
 *
 * @module
 */
import { DataError, UsageError } from "../core/mod.ts";
import type { TileToolkit } from "./canvas.ts";
import type { Imagery } from "./contract.ts";
import { centredReference } from "./georeference.ts";
import { readGeoTiff } from "./geotiff_reference.ts";
import { RasterImagery } from "./raster_imagery.ts";
import { openRaster, readRasterHeader } from "./raster_reader.ts";

export interface OpenOptions {
  /** Middle of a picture without a georeference. */
  readonly centre: { readonly latitudeDeg: number; readonly longitudeDeg: number } | null;
  readonly gsdM: number | null;
  /** For temporary copies of large pictures. */
  readonly scratchDirectory: string;
}

export type ImageryKind = "picture" | "geotiff" | "tile_folder" | "photographs";

export interface OpenedImagery {
  readonly kind: ImageryKind;
  readonly imagery: Imagery;
}

/**
 * Opens a picture, a GeoTIFF, a `{z}/{x}/{y}` folder or a folder of photographs.
 *
 * @throws DataError for what cannot be imported; UsageError where the centre is missing or too much.
 */
export async function openImagery(
  path: string,
  toolkit: TileToolkit,
  options: OpenOptions,
): Promise<OpenedImagery> {
  const info = await statSource(path);
  if (info.isDirectory) {
    throw new DataError(path, "a folder without {z}/{x}/{y} tiles and without photographs");
  }
  return await openFile(path, toolkit, options);
}

async function statSource(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new DataError(path, "there is no such file or folder", { cause: error });
    }
    throw error;
  }
}

async function openFile(
  path: string,
  toolkit: TileToolkit,
  options: OpenOptions,
): Promise<OpenedImagery> {
  const header = await readRasterHeader(path);
  const geoTiff = header.format === "tiff" ? await readGeoTiff(path) : null;
  if (geoTiff && (options.centre || options.gsdM !== null)) {
    throw new UsageError(`${path} has its own georeference: leave --centre and --gsd out`);
  }
  if (geoTiff === null && !(options.centre && options.gsdM !== null)) {
    throw new UsageError(
      `${path} does not say where it lies: give --centre LAT,LON (of its middle) and --gsd M ` +
        "(metres per pixel), north up",
    );
  }
  const { widthPx, heightPx } = header;
  const reference = geoTiff?.reference ??
    centredReference({ widthPx, heightPx, ...options.centre!, gsdM: options.gsdM! });
  const raster = await openRaster(header, {
    scratchDirectory: options.scratchDirectory,
    noData: geoTiff?.noData ?? null,
  });
  const imagery = new RasterImagery(raster, reference, toolkit);
  return { kind: geoTiff ? "geotiff" : "picture", imagery };
}
