/**
 * Detects the kind of SOURCE, and opens it.
 *
 * @module
 */
import { DataError, EXIT, GdnError, UsageError } from "../../../core/mod.ts";
import type { TileToolkit } from "./canvas.ts";
import type { GeoReference, Imagery } from "./contract.ts";
import { centredReference } from "./georeference.ts";
import { PhotographImagery } from "./photograph_imagery.ts";
import { AS_TAGGED, readPhotographSet } from "./photograph_set.ts";
import { alignPhotographs } from "./align_photographs.ts";
import { type GeoTiffTags, readGeoTiff } from "./geotiff_reference.ts";
import { RasterImagery } from "./raster_imagery.ts";
import { openRaster, type RasterHeader, readRasterHeader } from "./raster_reader.ts";

interface OpenOptions {
  /** Centre of a picture without a georeference. */
  readonly centre: { readonly latitudeDeg: number; readonly longitudeDeg: number } | null;
  readonly gsdM: number | null;
  /** Altitude of the ground over sea level, for photographs without a height over take-off. */
  readonly groundAltitudeM: number | null;
  /** Whether the pose tags of photographs are trusted, or checked against the overlaps. */
  readonly headings: "trust" | "search";
  /** Folder for temporary copies of large pictures. */
  readonly scratchDirectory: string;
}

export type ImageryKind = "picture" | "geotiff" | "photographs";

interface OpenedImagery {
  readonly kind: ImageryKind;
  readonly imagery: Imagery;
}

/**
 * Opens a picture, a GeoTIFF or a folder of photographs (for tiles that are cut already see
 * openArchive).
 *
 * @throws DataError for what cannot be imported; UsageError when the centre is missing or not
 * allowed.
 */
export async function openImagery(
  path: string,
  toolkit: TileToolkit,
  options: OpenOptions,
): Promise<OpenedImagery> {
  const info = await statSource(path);
  if (info.isDirectory) return await openDirectory(path, toolkit, options);
  return await openFile(path, toolkit, options);
}

async function openDirectory(
  path: string,
  toolkit: TileToolkit,
  options: OpenOptions,
): Promise<OpenedImagery> {
  if (options.centre || options.gsdM !== null) {
    throw new UsageError(`${path} is a folder: --centre and --gsd are for single pictures`);
  }
  if (!await holdsPhotographs(path)) {
    throw new DataError(path, "the folder holds neither {z}/{x}/{y} tiles nor photographs (*.jpg)");
  }
  const set = await readPhotographSet(path, options.groundAltitudeM);
  const alignment = options.headings === "trust"
    ? { placements: set.photographs.map(() => AS_TAGGED), notes: [] }
    : await alignPhotographs(set, toolkit);
  const imagery = new PhotographImagery(set, alignment.placements, toolkit, alignment.notes);
  return { kind: "photographs", imagery };
}

async function holdsPhotographs(path: string): Promise<boolean> {
  for await (const entry of Deno.readDir(path)) {
    if (/\.jpe?g$/i.test(entry.name)) return true;
  }
  return false;
}

async function statSource(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new GdnError("NO_INPUT", `${path}: there is no such file or folder`, {
        cause: error,
        exitCode: EXIT.noInput,
      });
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
  const reference = geoTiff
    ? ownReference(path, geoTiff, options)
    : givenReference(header, options);
  const raster = await openRaster(header, {
    scratchDirectory: options.scratchDirectory,
    noData: geoTiff?.noData ?? null,
  });
  const imagery = new RasterImagery(raster, reference, toolkit);
  return { kind: geoTiff ? "geotiff" : "picture", imagery };
}

function ownReference(path: string, geoTiff: GeoTiffTags, options: OpenOptions): GeoReference {
  if (options.centre || options.gsdM !== null) {
    throw new UsageError(`${path} has its own georeference: leave --centre and --gsd out`);
  }
  return geoTiff.reference;
}

function givenReference(header: RasterHeader, options: OpenOptions): GeoReference {
  const { path, widthPx, heightPx } = header;
  const { centre, gsdM } = options;
  if (!centre || gsdM === null) {
    throw new UsageError(
      `${path} has no georeference: give --centre LAT,LON (of its middle) and --gsd M ` +
        "(metres per pixel), north up",
    );
  }
  return centredReference({ widthPx, heightPx, ...centre, gsdM });
}
