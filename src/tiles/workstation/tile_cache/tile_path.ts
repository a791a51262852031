/**
 * The path of a tile's picture.
 *
 * @module
 */
import type { TileId } from "../../tile_contract/mod.ts";

/**
 * Path of the picture relative to the data folder, with slashes. Only for ids that were checked.
 */
export function tilePath(id: TileId): string {
  const flight = id.flightId === undefined ? "" : `${id.flightId}/`;
  return `tiles/${id.source}/${flight}${id.zoom}/${id.x}/${id.y}.jpg`;
}
