/**
 * The tiles that a download is about, a part at a time: memory does not grow with the area.
 *
 * @module
 */
import {
  groundSampleDistanceM,
  type SlippyTile,
  tileBounds,
  UsageError,
} from "../../../../core/mod.ts";
import type { Area, DownloadRequest } from "../contract.ts";
import { ResolutionRejectionError } from "../errors.ts";
import { consideredTileCount, tilesOfArea } from "./area.ts";
import { keyOf } from "./tile_bands.ts";

/** 20 GB of pictures, and six hours at 50 requests a second. */
const TILES_MAX = 1_000_000;
/** Looked up in the cache, listed by the provider and fetched together. */
const PART_TILES = 16_384;

type Wanted = Pick<DownloadRequest, "area" | "zooms" | "only">;

/** @throws UsageError where there are more than anybody means */
export function checkTileCount({ area, zooms, only }: Wanted): void {
  if (only !== undefined) return;
  const count = zooms.reduce((sum, zoom) => sum + consideredTileCount(area, zoom), 0);
  if (count <= TILES_MAX) return;
  throw new UsageError(
    `the area has about ${count.toPrecision(3)} tiles at zoom ${zooms.join(", ")}, at most ` +
      `${TILES_MAX} are fetched at once; take a smaller area or a lower zoom`,
  );
}

/** @throws ResolutionRejectionError where the first tile of a zoom is coarser than `gsdMaxM` */
export function checkResolution({ area, zooms, only }: Wanted, gsdMaxM: number): void {
  for (const zoom of zooms) {
    const tile = only?.find((one) => one.zoom === zoom) ?? firstTile(area, zoom);
    if (tile === undefined) continue;
    const { northDeg, southDeg } = tileBounds(tile);
    const gsdM = groundSampleDistanceM((northDeg + southDeg) / 2, zoom);
    if (gsdM <= gsdMaxM) continue;
    throw new ResolutionRejectionError(
      `Cannot use zoom ${zoom} here: ${gsdM.toFixed(2)} m per pixel is coarser than the ` +
        `limit of ${gsdMaxM} m; choose a higher zoom, or raise --gsd-max`,
    );
  }
}

function firstTile(area: Area, zoom: number): SlippyTile | undefined {
  for (const tile of tilesOfArea(area, zoom)) return tile;
  return undefined;
}

/** Zoom by zoom, in the order of the cache's folders, so that each batch writes into few of them. */
export function* partsOf(wanted: Wanted): Generator<readonly SlippyTile[]> {
  let part: SlippyTile[] = [];
  for (const tile of tilesOf(wanted)) {
    if (part.push(tile) < PART_TILES) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** How many tiles {@link partsOf} gives. */
export function countTiles(wanted: Wanted): number {
  return Iterator.from(tilesOf(wanted)).reduce((count) => count + 1, 0);
}

function* tilesOf({ area, zooms, only }: Wanted): Generator<SlippyTile> {
  if (only === undefined) {
    for (const zoom of zooms) yield* tilesOfArea(area, zoom);
    return;
  }
  const once = new Map(only.map((tile) => [keyOf(tile), tile])).values();
  yield* [...once].sort((a, b) => a.zoom - b.zoom || a.x - b.x || a.y - b.y);
}
