/**
 * Selects the tiles of a package: one for each place, at one zoom.
 *
 * @module
 */
import {
  clampMercatorLatitudeDeg,
  MERCATOR_LATITUDE_MAX_DEG,
  TILE_SIZE_PX,
  tileFromWgs,
  wgsFromWorldPixel,
  ZOOM_MAX,
  ZOOM_MIN,
} from "../../core/mod.ts";
import type { Bbox, TileMetadata } from "../../tiles/tile_contract/mod.ts";
import type { CachedTiles, LeftOut } from "./contract.ts";
import { ProvisioningError } from "./errors.ts";
import type { FreshTiles } from "./fresh_tiles.ts";

/** Tiles [xMin, xMax) × [yMin, yMax). */
export interface TileRectangle {
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
}

export interface TileSelection {
  readonly zoom: number;
  /** The area of the package: as requested, or the tiles' own bounds. */
  readonly area: Bbox;
  readonly rectangle: TileRectangle;
  /** Sorted by y, then x. */
  readonly tiles: readonly TileMetadata[];
  readonly holes: readonly { readonly x: number; readonly y: number }[];
}

/** Where the local frame of a package has its origin. */
export function middleOf(
  { area }: Pick<TileSelection, "area">,
): { latitudeDeg: number; longitudeDeg: number } {
  return {
    latitudeDeg: (area.southDeg + area.northDeg) / 2,
    longitudeDeg: (area.westDeg + area.eastDeg) / 2,
  };
}

const EVERYWHERE: Bbox = {
  southDeg: -MERCATOR_LATITUDE_MAX_DEG,
  westDeg: -180,
  northDeg: MERCATOR_LATITUDE_MAX_DEG,
  eastDeg: 180,
};
/** A rectangle of more tiles means a mistake in the area, or tiles far apart. */
const RECTANGLE_TILES_MAX = 4_000_000;

export async function selectTiles(
  cache: CachedTiles,
  area: Bbox | null,
  zoom: number | null,
  fresh: FreshTiles,
): Promise<TileSelection> {
  const box = area ?? EVERYWHERE;
  const where = area === null ? "the cache" : "the area";
  for (let z = zoom ?? ZOOM_MAX; z >= (zoom ?? ZOOM_MIN); z--) {
    const found = bestOfEach(await cache.queryByBbox(box, z), fresh);
    if (found.length > 0) return select(found, area, z);
  }
  const stale = fresh.leftOut.reduce((sum, { tiles }) => sum + tiles, 0);
  if (stale > 0) {
    throw new ProvisioningError(
      `${where} has ${stale} tiles, and all are too old for their sector on ` +
        `${fresh.flightAt.toISOString()} (${
          describeLeftOut(fresh.leftOut)
        }); import newer imagery, ` +
        "or see `operator cache freshness explain`",
    );
  }
  throw new ProvisioningError(
    `${where} has no tiles${zoom === null ? "" : ` at zoom ${zoom}`}; ` +
      "import some with `operator tiles import`",
  );
}

/** "12 active_conflict: older_than_rule". */
function describeLeftOut(leftOut: readonly LeftOut[]): string {
  return leftOut.map(({ tiles, classification, reason }) => `${tiles} ${classification}: ${reason}`)
    .join(", ");
}

/**
 * Tiles made in flight are excluded until they are trusted; of the others: the newest, then the
 * fullest, then by name.
 */
function bestOfEach(candidates: readonly TileMetadata[], fresh: FreshTiles): TileMetadata[] {
  const best = new Map<string, TileMetadata>();
  for (const tile of candidates) {
    if (tile.tileId.source === "onboard_ingest" || !fresh.take(tile)) continue;
    const key = `${tile.tileId.x}/${tile.tileId.y}`;
    const other = best.get(key);
    if (other === undefined || compareQuality(tile, other) < 0) best.set(key, tile);
  }
  return [...best.values()].sort((a, b) => a.tileId.y - b.tileId.y || a.tileId.x - b.tileId.x);
}

function compareQuality(a: TileMetadata, b: TileMetadata): number {
  return (b.capturedAt?.getTime() ?? -Infinity) - (a.capturedAt?.getTime() ?? -Infinity) ||
    b.coverage - a.coverage ||
    a.sourceGsdM - b.sourceGsdM ||
    (a.tileId.source < b.tileId.source ? -1 : 1);
}

function select(tiles: TileMetadata[], area: Bbox | null, zoom: number): TileSelection {
  const rectangle = area === null ? boundsOf(tiles) : rectangleOf(area, zoom);
  const { xMin, xMax, yMin, yMax } = rectangle;
  if ((xMax - xMin) * (yMax - yMin) > RECTANGLE_TILES_MAX) {
    throw new ProvisioningError(
      `its rectangle spans ${xMax - xMin}×${yMax - yMin} tiles at zoom ${zoom}, more than ` +
        `${RECTANGLE_TILES_MAX}; name a smaller one with --area or --centre and --radius`,
    );
  }
  const inside = tiles.filter(({ tileId: { x, y } }) =>
    x >= xMin && x < xMax && y >= yMin && y < yMax
  );
  const present = new Set(inside.map(({ tileId }) => `${tileId.x}/${tileId.y}`));
  const holes = [];
  for (let y = yMin; y < yMax; y++) {
    for (let x = xMin; x < xMax; x++) if (!present.has(`${x}/${y}`)) holes.push({ x, y });
  }
  return { zoom, area: area ?? areaOf(rectangle, zoom), rectangle, tiles: inside, holes };
}

function boundsOf(tiles: readonly TileMetadata[]): TileRectangle {
  const bounds = { xMin: Infinity, xMax: -Infinity, yMin: Infinity, yMax: -Infinity };
  for (const { tileId: { x, y } } of tiles) {
    bounds.xMin = Math.min(bounds.xMin, x);
    bounds.xMax = Math.max(bounds.xMax, x + 1);
    bounds.yMin = Math.min(bounds.yMin, y);
    bounds.yMax = Math.max(bounds.yMax, y + 1);
  }
  return bounds;
}

function rectangleOf(area: Bbox, zoom: number): TileRectangle {
  const northWest = tileFromWgs(
    { latitudeDeg: clampMercatorLatitudeDeg(area.northDeg), longitudeDeg: area.westDeg },
    zoom,
  );
  const southEast = tileFromWgs(
    { latitudeDeg: clampMercatorLatitudeDeg(area.southDeg), longitudeDeg: area.eastDeg },
    zoom,
  );
  return { xMin: northWest.x, xMax: southEast.x + 1, yMin: northWest.y, yMax: southEast.y + 1 };
}

function areaOf(rectangle: TileRectangle, zoom: number): Bbox {
  const { xMin, xMax, yMin, yMax } = rectangle;
  const northWest = wgsFromWorldPixel({ x: xMin * TILE_SIZE_PX, y: yMin * TILE_SIZE_PX }, zoom);
  const southEast = wgsFromWorldPixel({ x: xMax * TILE_SIZE_PX, y: yMax * TILE_SIZE_PX }, zoom);
  return {
    southDeg: southEast.latitudeDeg,
    westDeg: northWest.longitudeDeg,
    northDeg: northWest.latitudeDeg,
    eastDeg: southEast.longitudeDeg,
  };
}
