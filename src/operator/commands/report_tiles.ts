/**
 * Sources of the map in a flight report: a flight package, or the tile cache.
 *
 * @module
 */
import { EXIT, GdnError, NotPlainFileError, readPlainFile, ZOOM_MAX } from "../../core/mod.ts";
import { packageTilePath, readManifest } from "../../flight/flight_package/mod.ts";
import {
  mapBounds,
  mapFrame,
  type ReportPosition,
  SIDE_PX_MAX,
} from "../../workstation/flight_report/mod.ts";
import type { Bbox, TileId, TileMetadata, TilePixelHandle } from "../../tiles/tile_contract/mod.ts";
import type { CachePlace } from "../options.ts";

export interface ReportTiles {
  readonly zoom: number;
  /** null where there is none. */
  readTile(x: number, y: number): Promise<Uint8Array | null>;
}

/** The methods of the tile cache that a report needs. */
export interface ReportCache {
  queryByBbox(bbox: Bbox, zoom: number): Promise<readonly TileMetadata[]>;
  readTilePixels(tileId: TileId): Promise<TilePixelHandle>;
}

export interface ReportParts {
  openReportCache(place: CachePlace): Promise<ReportCache & AsyncDisposable>;
}

/** A tile of 256 pixels never has more. */
const TILE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Not verified, because a report is not a flight. @throws PackageError when it is not a package.
 */
export async function packageTiles(path: string): Promise<ReportTiles> {
  const root = path.length > 1 ? path.replace(/\/+$/, "") : path;
  const { zoom } = await readManifest(root);
  return {
    zoom,
    async readTile(x, y) {
      const file = `${root}/${packageTilePath({ zoom, x, y })}`;
      try {
        return await readPlainFile(file, { within: root, bytesMax: TILE_BYTES_MAX });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof NotPlainFileError) {
          return null;
        }
        throw error;
      }
    },
  };
}

/** The zoom in the cache whose pixels best match the picture; null when there is none. */
export async function cacheTiles(
  cache: ReportCache,
  positions: readonly ReportPosition[],
): Promise<ReportTiles | null> {
  for (const zoom of zoomsFor(positions)) {
    const bounds = mapBounds(mapFrame(positions, zoom));
    const found = newestOfEach(await cache.queryByBbox(bounds, zoom));
    if (found.size > 0) return tilesOf(cache, zoom, found);
  }
  return null;
}

/** An error when there is no cache: opening one would create it. */
export async function requireCache({ dataDirectory }: CachePlace): Promise<void> {
  try {
    await Deno.stat(`${dataDirectory}/cache.json`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GdnError(
      "NO_CACHE",
      `there is no tile cache in ${dataDirectory}; name another with --data, a flight package with ` +
        "--package, or neither for a report without tiles",
      { cause: error, exitCode: EXIT.noInput },
    );
  }
}

/** The best zoom first, then finer ones, then coarser ones. */
function zoomsFor(positions: readonly ReportPosition[]): number[] {
  const fits = (zoom: number) => {
    const { widthPx, heightPx, scale } = mapFrame(positions, zoom);
    return Math.max(widthPx, heightPx) / scale <= 1.5 * SIDE_PX_MAX;
  };
  let best = ZOOM_MAX;
  while (best > 0 && !fits(best)) best--;
  const finer = Array.from({ length: ZOOM_MAX - best + 1 }, (_, i) => best + i);
  const coarser = Array.from({ length: best }, (_, i) => best - 1 - i);
  return [...finer, ...coarser];
}

/** Tiles made in flight are used only where there is no other. */
function newestOfEach(tiles: readonly TileMetadata[]): Map<string, TileMetadata> {
  const best = new Map<string, TileMetadata>();
  const rank = (tile: TileMetadata) =>
    (tile.tileId.source === "onboard_ingest" ? "0" : "1") +
    (tile.capturedAt === null ? "" : new Date(tile.capturedAt).toISOString());
  for (const tile of tiles) {
    const key = `${tile.tileId.x}/${tile.tileId.y}`;
    const other = best.get(key);
    if (other === undefined || rank(tile) > rank(other)) best.set(key, tile);
  }
  return best;
}

function tilesOf(
  cache: ReportCache,
  zoom: number,
  found: ReadonlyMap<string, TileMetadata>,
): ReportTiles {
  return {
    zoom,
    async readTile(x, y) {
      const tile = found.get(`${x}/${y}`);
      if (tile === undefined) return null;
      using handle = await cache.readTilePixels(tile.tileId);
      return handle.jpeg.slice();
    },
  };
}
