/**
 * Errors of a store for failed writes and unknown keys.
 *
 * @module
 */
import {
  type NewTile,
  type TileId,
  tileKey,
  TileMetadataError,
  TileNotFoundError,
} from "../../tile_contract/mod.ts";
import { databaseFault, SQLSTATE, sqlStateOf } from "./sql/database.ts";

export function writeFault(error: unknown, tiles: readonly NewTile[]): Error {
  if (sqlStateOf(error) !== SQLSTATE.uniqueViolation) return databaseFault(error);
  const one = tiles.length === 1 ? tileKey(tiles[0].metadata.tileId) : `one of ${tiles.length}`;
  const { detail } = error as { detail?: string };
  return new TileMetadataError(
    `Cannot write tile ${one}: it exists already and is never overwritten` +
      `${tiles.length > 1 && detail ? ` (${detail})` : ""}; delete it first, or keep it`,
    { cause: error },
  );
}

export function notFound(id: TileId): TileNotFoundError {
  return new TileNotFoundError(`No tile ${tileKey(id)} in the cache`);
}
