/**
 * Keys of tiles, and the boxes by which the cache is queried for them.
 *
 * @module
 */
import { type SlippyTile, tileBounds } from "../../../../core/mod.ts";
import type { Bbox } from "../../../tile_contract/mod.ts";

export function keyOf({ zoom, x, y }: SlippyTile): string {
  return `${zoom}/${x}/${y}`;
}

/** Boxes of runs of columns, so that a long diagonal does not query its whole bounding box. */
export function* bandsOf(
  tiles: readonly SlippyTile[],
): Generator<{ readonly zoom: number; readonly box: Bbox }> {
  const COLUMNS = 16;
  const bands = new Map<string, SlippyTile[]>();
  for (const tile of tiles) {
    const key = `${tile.zoom}/${Math.floor(tile.x / COLUMNS)}`;
    const band = bands.get(key) ?? [];
    band.push(tile);
    bands.set(key, band);
  }
  for (const band of bands.values()) {
    const { zoom } = band[0];
    let west = Infinity, east = -Infinity, north = Infinity, south = -Infinity;
    for (const { x, y } of band) {
      west = Math.min(west, x);
      east = Math.max(east, x);
      north = Math.min(north, y);
      south = Math.max(south, y);
    }
    const first = tileBounds({ zoom, x: west, y: north });
    const last = tileBounds({ zoom, x: east, y: south });
    yield {
      zoom,
      box: {
        southDeg: last.southDeg,
        westDeg: first.westDeg,
        northDeg: first.northDeg,
        eastDeg: last.eastDeg,
      },
    };
  }
}
