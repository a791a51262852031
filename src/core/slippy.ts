/**
 * Slippy-map mathematics (Web Mercator, EPSG:3857): zoom/x/y tiles of 256 pixels and the continuous
 * pixel plane of a zoom level ("world pixels": x east, y south, pixel centres at half integers).
 *
 * Source: https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames
 *
 * @module
 */
import proj4 from "proj4";
import { radiansFromDegrees } from "./units.ts";
import { WgsConversionError } from "./wgs.ts";

export const TILE_SIZE_PX = 256;
export const ZOOM_MIN = 0;
export const ZOOM_MAX = 22;
/** Latitude where the square Web Mercator world ends, degrees. */
export const MERCATOR_LATITUDE_MAX_DEG = 85.0511287798066;

/** The latitude, degrees, or the nearest one that Web Mercator has. */
export function clampMercatorLatitudeDeg(latitudeDeg: number): number {
  return Math.max(-MERCATOR_LATITUDE_MAX_DEG, Math.min(MERCATOR_LATITUDE_MAX_DEG, latitudeDeg));
}

const MERCATOR_RADIUS_M = 6_378_137;
const MERCATOR_HALF_WORLD_M = Math.PI * MERCATOR_RADIUS_M;
const mercator = proj4("EPSG:4326", "EPSG:3857");

export interface SlippyTile {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/** A position in the pixel plane of one zoom level. */
export interface WorldPixel {
  readonly x: number;
  readonly y: number;
}

export function checkZoom(zoom: number): number {
  if (!Number.isInteger(zoom) || zoom < ZOOM_MIN || zoom > ZOOM_MAX) {
    throw new WgsConversionError(
      `zoom must be an integer in [${ZOOM_MIN}, ${ZOOM_MAX}], got ${zoom}`,
    );
  }
  return zoom;
}

/** Throws unless the tile exists at its zoom level. */
export function checkTile(tile: SlippyTile): SlippyTile {
  const count = 2 ** checkZoom(tile.zoom);
  for (const [name, value] of [["x", tile.x], ["y", tile.y]] as const) {
    if (!Number.isInteger(value) || value < 0 || value >= count) {
      throw new WgsConversionError(
        `tile ${name} must be an integer in [0, ${count - 1}] at zoom ${tile.zoom}, got ${value}`,
      );
    }
  }
  return tile;
}

export function worldPixelFromWgs(
  position: { readonly latitudeDeg: number; readonly longitudeDeg: number },
  zoom: number,
): WorldPixel {
  checkZoom(zoom);
  const { latitudeDeg, longitudeDeg } = position;
  if (!(Math.abs(latitudeDeg) <= MERCATOR_LATITUDE_MAX_DEG)) {
    throw new WgsConversionError(
      `latitude must be within ±${MERCATOR_LATITUDE_MAX_DEG}° on a slippy map, got ${latitudeDeg}`,
    );
  }
  if (!(Math.abs(longitudeDeg) <= 180)) {
    throw new WgsConversionError(`longitude must be in [-180, 180] degrees, got ${longitudeDeg}`);
  }
  const [xM, yM] = mercator.forward([longitudeDeg, latitudeDeg]);
  // Fractions of the world first: then tile edges such as 0° come out on whole pixels.
  const worldM = 2 * MERCATOR_HALF_WORLD_M, worldPx = TILE_SIZE_PX * 2 ** zoom;
  return { x: (0.5 + xM / worldM) * worldPx, y: (0.5 - yM / worldM) * worldPx };
}

export function wgsFromWorldPixel(
  pixel: WorldPixel,
  zoom: number,
): { latitudeDeg: number; longitudeDeg: number } {
  checkZoom(zoom);
  const metresPerPixel = (2 * MERCATOR_HALF_WORLD_M) / (TILE_SIZE_PX * 2 ** zoom);
  const xM = pixel.x * metresPerPixel - MERCATOR_HALF_WORLD_M;
  const yM = MERCATOR_HALF_WORLD_M - pixel.y * metresPerPixel;
  if (
    !(Math.abs(xM) <= MERCATOR_HALF_WORLD_M + 1) || !(Math.abs(yM) <= MERCATOR_HALF_WORLD_M + 1)
  ) {
    throw new WgsConversionError(`pixel (${pixel.x}, ${pixel.y}) lies outside of zoom ${zoom}`);
  }
  const [longitudeDeg, latitudeDeg] = mercator.inverse([xM, yM]);
  // The map's edge comes back as 180.00000000000003, which is not a valid longitude.
  return { latitudeDeg, longitudeDeg: Math.max(-180, Math.min(180, longitudeDeg)) };
}

/** The tile under a world pixel; the map's last row and column include their outer edge. */
export function tileFromWorldPixel(pixel: WorldPixel, zoom: number): SlippyTile {
  const last = 2 ** checkZoom(zoom) - 1;
  const index = (value: number) => Math.min(last, Math.max(0, Math.floor(value / TILE_SIZE_PX)));
  return { zoom, x: index(pixel.x), y: index(pixel.y) };
}

export function tileFromWgs(
  position: { readonly latitudeDeg: number; readonly longitudeDeg: number },
  zoom: number,
): SlippyTile {
  return tileFromWorldPixel(worldPixelFromWgs(position, zoom), zoom);
}

/** Bounds of a tile in degrees. */
export function tileBounds(
  tile: SlippyTile,
): { southDeg: number; westDeg: number; northDeg: number; eastDeg: number } {
  checkTile(tile);
  const northWest = wgsFromWorldPixel(
    { x: tile.x * TILE_SIZE_PX, y: tile.y * TILE_SIZE_PX },
    tile.zoom,
  );
  const southEast = wgsFromWorldPixel(
    { x: (tile.x + 1) * TILE_SIZE_PX, y: (tile.y + 1) * TILE_SIZE_PX },
    tile.zoom,
  );
  return {
    southDeg: southEast.latitudeDeg,
    westDeg: northWest.longitudeDeg,
    northDeg: northWest.latitudeDeg,
    eastDeg: southEast.longitudeDeg,
  };
}

/** Metres on the ground per pixel at a latitude (spherical Web Mercator; the ellipsoid adds ≤ 0.7 %). */
export function groundSampleDistanceM(latitudeDeg: number, zoom: number): number {
  checkZoom(zoom);
  return (2 * MERCATOR_HALF_WORLD_M * Math.cos(radiansFromDegrees(latitudeDeg))) /
    (TILE_SIZE_PX * 2 ** zoom);
}

/** The zoom whose ground sample distance is nearest to `gsdM` (in octaves), within the zoom range. */
export function zoomForGsd(latitudeDeg: number, gsdM: number): number {
  if (!(gsdM > 0)) {
    throw new WgsConversionError(`ground sample distance must be > 0 m, got ${gsdM}`);
  }
  const zoom = Math.round(Math.log2(groundSampleDistanceM(latitudeDeg, 0) / gsdM));
  return Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, zoom));
}
