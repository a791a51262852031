/**
 * Where the picture of a tile lies.
 *
 * @module
 */
import type { TileId } from "../../tile_contract/mod.ts";

/** Path of the picture below the data folder, with slashes. Give it checked ids only. */
export function tilePath(id: TileId): string {
  const flight = id.flightId === undefined ? "" : `${id.flightId}/`;
  return `tiles/${id.source}/${flight}${id.zoom}/${id.x}/${id.y}.jpg`;
}
