/**
 * What the cases of the tile store contract have in common.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tileBounds } from "../../src/core/mod.ts";
import {
  locationHash,
  type NewTile,
  type TileId,
  type TileMetadata,
  type TileMetadataStore,
  type TileStore,
  tileUuid,
} from "../../src/tiles/tile_contract/mod.ts";
import type { makeTile as makeAnyTile } from "./tile_fixture.ts";

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: TileStore;
  readonly metadata: TileMetadataStore;
}

/** What an implementation supports; everything unless stated otherwise. */
export interface Supports {
  /** False: tiles made in flight only. */
  readonly everySource?: boolean;
  readonly sidecars?: boolean;
  readonly uploads?: boolean;
  readonly eviction?: boolean;
}

export type Body = (cache: StoreUnderTest, makeTile: typeof makeAnyTile) => Promise<void>;

export const write = ({ store }: StoreUnderTest, tile: NewTile) =>
  store.writeTile(tile.metadata, tile.jpeg);

/** What was written, without the fields that the cache adds. */
export async function getById(
  { metadata }: StoreUnderTest,
  id: TileId,
): Promise<TileMetadata | null> {
  const found = await metadata.getById(id);
  if (found === null) return null;
  const { tileUuid: uuid, locationHash: hash, latitudeDeg, longitudeDeg, ...rest } = found;
  const { createdAt, accessedAt, uploadedAt, uploadAttempts, ...written } = rest;
  assert.equal(uuid, tileUuid(id));
  assert.equal(hash, locationHash(id));
  const { southDeg, northDeg, westDeg, eastDeg } = tileBounds(id);
  assert.ok(latitudeDeg > southDeg && latitudeDeg < northDeg);
  assert.ok(longitudeDeg > westDeg && longitudeDeg < eastDeg);
  assert.ok(createdAt instanceof Date);
  assert.deepEqual({ accessedAt, uploadedAt, uploadAttempts }, {
    accessedAt: null,
    uploadedAt: null,
    uploadAttempts: 0,
  });
  return written;
}
