/**
 * Detects the kind of SOURCE, and opens it.
 *
 * @module
 */
import { DataError, EXIT, GdnError, messageOf, UsageError } from "../../../core/mod.ts";
import type { PhotographPoses } from "../../../flight/photographs/mod.ts";
import type { TileToolkit } from "./canvas.ts";
import type { GeoReference, Imagery } from "./contract.ts";
import { centredReference } from "./projection/georeference.ts";
import { PhotographImagery } from "./photograph_imagery.ts";
import {
  AS_TAGGED,
  PhotographPixelCache,
  type PhotographSet,
  type PlacedPhotograph,
  readPhotographSet,
} from "./photograph_set.ts";
import { alignPhotographs, tagErrorM } from "./align_photographs.ts";
import { besideReference, tiffReference } from "./projection/geotiff_reference.ts";
import { readSidecars } from "./projection/sidecars.ts";
import { RasterImagery } from "./raster_imagery.ts";
import { openRaster, readRasterHeader } from "./raster_reader.ts";
import type { Stretch } from "./tiff/colour.ts";
import { openTiffRaster } from "./tiff/tiff_raster.ts";

interface OpenOptions {
  /** Centre of a picture without a georeference. */
  readonly centre: { readonly latitudeDeg: number; readonly longitudeDeg: number } | null;
  readonly gsdM: number | null;
  /** Altitude of the ground over sea level, for photographs without a height over take-off. */
  readonly groundAltitudeM: number | null;
  /** Whether the pose tags of photographs are trusted, or checked against the overlaps. */
  readonly headings: "trust" | "search";
  /** Poses of photographs, which go before their tags. */
  readonly poses?: PhotographPoses | null;
  /** 35 mm equivalent, millimetres, of photographs whose tags give no focal length. */
  readonly focalLength35Mm?: number | null;
  /** The first photograph that cannot be used is thrown; otherwise it is left out. */
  readonly strict?: boolean;
  /** Values of 16-bit samples that become 0 and 255; null: measured. */
  readonly stretch: Stretch | null;
  /** Folder for temporary copies of large pictures. */
  readonly scratchDirectory: string;
}

export type ImageryKind = "picture" | "geotiff" | "photographs";

interface OpenedImagery {
  readonly kind: ImageryKind;
  readonly imagery: Imagery;
  /** Photographs that cannot be used: file and reason. */
  readonly leftOut: readonly string[];
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
  const { groundAltitudeM, poses = null, focalLength35Mm = null, strict = false } = options;
  const leftOut: string[] = [];
  const onFault = (error: unknown) => {
    if (strict) throw error;
    leftOut.push(messageOf(error));
  };
  const cache = new PhotographPixelCache(toolkit);
  const set = await wholeOnes(
    await readPhotographSet(path, { groundAltitudeM, poses, focalLength35Mm, onFault }),
    cache,
    onFault,
  );
  const alignment = options.headings === "trust"
    ? {
      placements: set.photographs.map(() => AS_TAGGED),
      registrationErrorM: tagErrorM(set, null),
      notes: [],
    }
    : await alignPhotographs(set, toolkit, cache);
  const imagery = new PhotographImagery(set, alignment, toolkit, [
    ...alignment.notes,
    ...set.notes,
  ]);
  return { kind: "photographs", imagery, leftOut };
}

/** Those whose pictures can be decoded: small, as the check of their headings needs them. */
async function wholeOnes(
  set: PhotographSet,
  cache: PhotographPixelCache,
  onFault: (error: unknown) => void,
): Promise<PhotographSet> {
  const photographs: PlacedPhotograph[] = [];
  let first: unknown = null;
  for (const photograph of set.photographs) {
    try {
      await cache.get(photograph.file, 8);
      photographs.push(photograph);
    } catch (error) {
      first ??= error;
      onFault(error);
    }
  }
  if (photographs.length === 0) throw first;
  return { ...set, photographs };
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
  return await openTiffFile(path, toolkit, options) ?? await openPicture(path, toolkit, options);
}

/** null for a file that is no TIFF. */
async function openTiffFile(
  path: string,
  toolkit: TileToolkit,
  options: OpenOptions,
): Promise<OpenedImagery | null> {
  const raster = await openTiffRaster(path, options.stretch);
  if (raster === null) return null;
  await using resources = new AsyncDisposableStack();
  resources.use(raster);
  const own = tiffReference(path, raster.directory, await readSidecars(path), raster);
  // The tag does not turn a picture whose georeference says where each pixel lies.
  if (own === null && raster.orientation !== 1) {
    throw new DataError(
      path,
      `its Orientation tag says that it is turned (${raster.orientation}); write it upright first`,
    );
  }
  const { reference, notes } = chosenReference(path, own, raster, options);
  const imagery = new RasterImagery(raster, reference, toolkit, [...raster.notes, ...notes]);
  resources.move();
  return { kind: own ? "geotiff" : "picture", imagery, leftOut: [] };
}

async function openPicture(
  path: string,
  toolkit: TileToolkit,
  options: OpenOptions,
): Promise<OpenedImagery> {
  const header = await readRasterHeader(path);
  const own = besideReference(path, await readSidecars(path), header);
  const { reference, notes } = chosenReference(path, own, header, options);
  if (own !== null && header.turned) {
    throw new DataError(path, "its Orientation tag turns it against the files beside it");
  }
  const raster = await openRaster(header, { scratchDirectory: options.scratchDirectory });
  const imagery = new RasterImagery(raster, reference, toolkit, notes);
  return { kind: "picture", imagery, leftOut: [] };
}

interface Found {
  readonly reference: GeoReference;
  readonly notes: readonly string[];
}

/** The file's own reference, or the one that the command line gives. */
function chosenReference(
  path: string,
  own: Found | null,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
  { centre, gsdM }: OpenOptions,
): Found {
  if (own !== null) {
    if (centre === null && gsdM === null) return own;
    throw new UsageError(`${path} has its own georeference: leave --centre and --gsd out`);
  }
  if (!centre || gsdM === null) {
    throw new UsageError(
      `${path} has no georeference: give --centre LAT,LON (of its middle) and --gsd M ` +
        "(metres per pixel), north up",
    );
  }
  return { reference: centredReference({ widthPx, heightPx, ...centre, gsdM }), notes: [] };
}
