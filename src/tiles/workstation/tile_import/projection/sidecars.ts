/**
 * Files beside a picture that say where it lies: world files (.tfw, .pgw, .jgw, .wld), projections
 * (.prj), GDAL's .aux.xml.
 *
 * Source: https://gdal.org/drivers/raster/wld.html; GDAL's PAM (gcore/gdalpamdataset.cpp)
 *
 * @module
 */
import { DataError, filesBesideImagery, readPlainTextFile } from "../../../../core/mod.ts";
import type { AffineTransform } from "./georeference.ts";

const BYTES_MAX = 10_000_000;

export interface Sidecars {
  /** GDAL's: it counts before what the picture itself says. */
  readonly auxiliary: { readonly transform: AffineTransform | null; readonly wkt: string | null };
  /** World file and projection: they count where the picture says nothing. */
  readonly world: AffineTransform | null;
  readonly wkt: string | null;
}

export async function readSidecars(path: string): Promise<Sidecars> {
  const { auxiliary, worlds, projections } = filesBesideImagery(path);
  const xml = await textOf(auxiliary);
  const world = await firstOf(worlds);
  const projection = await firstOf(projections);
  return {
    auxiliary: xml === null ? { transform: null, wkt: null } : fromAuxiliary(auxiliary, xml),
    world: world === null ? null : fromWorld(world.path, world.text),
    wkt: projection?.text.trim() || null,
  };
}

async function firstOf(paths: readonly string[]) {
  for (const path of paths) {
    const text = await textOf(path);
    if (text !== null) return { path, text };
  }
  return null;
}

/** null where there is none. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readPlainTextFile(path, { bytesMax: BYTES_MAX });
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      // A program that was started with the picture alone may not read beside it.
      error instanceof Deno.errors.NotCapable;
    if (isAbsent) return null;
    throw error;
  }
}

/** Six numbers, one a line: of the centre of the first pixel. */
function fromWorld(path: string, text: string): AffineTransform {
  const numbers = text.trim().split(/\s+/).map((word) => Number(word.replace(",", ".")));
  const [b, e, c, f, x, y] = numbers;
  if (numbers.length < 6 || ![b, e, c, f, x, y].every(Number.isFinite)) {
    throw new DataError(path, "a world file has six numbers, one a line");
  }
  return { a: x - (b + c) / 2, b, c, d: y - (e + f) / 2, e, f };
}

function fromAuxiliary(path: string, xml: string): Sidecars["auxiliary"] {
  const [, numbers] = /<GeoTransform>([^<]*)<\/GeoTransform>/.exec(xml) ?? [];
  const [, wkt] = /<SRS\b[^>]*>([^<]*)<\/SRS>/.exec(xml) ?? [];
  if (numbers === undefined && /<GCPList\b/.test(xml)) {
    throw new DataError(
      path,
      "it gives control points only; rectify the picture first: gdalwarp -t_srs EPSG:3857 IN OUT.tif",
    );
  }
  let transform: AffineTransform | null = null;
  if (numbers !== undefined) {
    const [a, b, c, d, e, f] = numbers.split(",").map(Number);
    transform = { a, b, c, d, e, f };
    if (!Object.values(transform).every(Number.isFinite)) {
      throw new DataError(path, "its GeoTransform is not six numbers");
    }
  }
  const plain = wkt?.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&").trim();
  return { transform, wkt: plain || null };
}
