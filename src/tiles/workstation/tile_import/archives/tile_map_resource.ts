/**
 * tilemapresource.xml of OSGeo's Tile Map Service, which gdal2tiles writes beside its tiles: rows count
 * from the south.
 *
 * Source: https://wiki.osgeo.org/wiki/Tile_Map_Service_Specification
 *
 * @module
 */
import { DataError, readPlainTextFile } from "../../../../core/mod.ts";
import type { DegreeBox } from "./grid.ts";

const BYTES_MAX = 1_000_000;
const EARTH_HALF_M = 20_037_508.342789244;
const WEB_MERCATOR = /^(EPSG:3857|EPSG:900913|EPSG:3785|OSGEO:41001)$/i;

/** null where there is none. @throws DataError for tiles of another grid than the slippy map's */
export async function readTileMapResource(
  folder: string,
): Promise<{ readonly bounds: DegreeBox | null } | null> {
  const path = `${folder}/tilemapresource.xml`;
  let xml: string;
  try {
    xml = await readPlainTextFile(path, { within: folder, bytesMax: BYTES_MAX });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const [, system = ""] = /<SRS>\s*([^<]*?)\s*<\/SRS>/.exec(xml) ?? [];
  const [, profile = ""] = /<TileSets\b[^>]*\bprofile="([^"]*)"/.exec(xml) ?? [];
  const isMercator = /^(global-)?mercator$/i.test(profile) || profile === "";
  if (!isMercator || system !== "" && !WEB_MERCATOR.test(system)) {
    throw new DataError(
      folder,
      `its tilemapresource.xml says that the tiles are not those of the slippy map (profile ` +
        `${profile || "none"}, ${system || "no SRS"}); cut them anew: gdal2tiles.py ` +
        "--profile=mercator --xyz IN OUT",
    );
  }
  const [, box = ""] = /<BoundingBox\b([^>]*)>/.exec(xml) ?? [];
  const [west, south, east, north] = ["minx", "miny", "maxx", "maxy"].map((name) =>
    Number(new RegExp(`\\b${name}="([^"]*)"`).exec(box)?.[1] ?? NaN)
  );
  return { bounds: degrees(west, south, east, north) };
}

/** The specification has metres; gdal2tiles writes degrees, in older versions latitudes as x. */
function degrees(west: number, south: number, east: number, north: number): DegreeBox | null {
  const all = [west, south, east, north];
  if (!all.every(Number.isFinite)) return null;
  if (all.every((value) => Math.abs(value) <= 180)) {
    const isOrdered = Math.abs(south) <= 90 && Math.abs(north) <= 90;
    return isOrdered ? { southDeg: south, westDeg: west, northDeg: north, eastDeg: east } : null;
  }
  const latitude = (y: number) => Math.atan(Math.sinh(Math.PI * y / EARTH_HALF_M)) * 180 / Math.PI;
  const longitude = (x: number) => 180 * x / EARTH_HALF_M;
  return {
    southDeg: latitude(south),
    westDeg: longitude(west),
    northDeg: latitude(north),
    eastDeg: longitude(east),
  };
}
