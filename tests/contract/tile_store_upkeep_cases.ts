/**
 * Cases of the tile store contract: renewal, sizes, uploads, votes, eviction order.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type NewTile,
  sidecarBytes,
  TileCacheError,
  TileMetadataError,
  TileNotFoundError,
  type VotingStatus,
} from "../../src/tiles/tile_contract/mod.ts";
import { type Body, getById, write } from "./tile_store_cases.ts";
import { FLIGHT_ID, makeTile as makeAnyTile } from "./tile_fixture.ts";

const NEWER = { capturedAt: new Date("2026-03-01T00:00:00Z") };
const OLDER = { capturedAt: new Date("2024-03-01T00:00:00Z") };

export const renewing: Record<string, Body> = {
  "renewTile() swaps metadata and bytes for a newer capture": async (cache, makeTile) => {
    const old = makeTile({}, OLDER, 1), renewed = makeTile({}, NEWER, 2);
    const { tileId } = old.metadata;
    await write(cache, old);
    await cache.store.renewTile(renewed.metadata, renewed.jpeg);
    using pixels = await cache.store.readTilePixels(tileId);
    assert.deepEqual(pixels.jpeg, renewed.jpeg);
    assert.deepEqual(await getById(cache, tileId), renewed.metadata);
  },
  "renewTile() treats a known capture date as newer than an unknown one": async (
    cache,
    makeTile,
  ) => {
    const renewed = makeTile({}, OLDER, 2);
    await write(cache, makeTile({}, { capturedAt: null }, 1));
    await cache.store.renewTile(renewed.metadata, renewed.jpeg);
    assert.deepEqual(await getById(cache, renewed.metadata.tileId), renewed.metadata);
  },
  "renewTile() refuses a tile that is not newer, and one that does not exist": async (
    cache,
    makeTile,
  ) => {
    const tile = makeTile({}, NEWER, 1);
    const { tileId } = tile.metadata;
    await assert.rejects(cache.store.renewTile(tile.metadata, tile.jpeg), TileNotFoundError);
    await write(cache, tile);
    for (const capture of [NEWER, OLDER, { capturedAt: null }]) {
      const other = makeTile({}, capture, 2);
      await assert.rejects(cache.store.renewTile(other.metadata, other.jpeg), TileMetadataError);
    }
    const wrong = { ...makeTile({}, { capturedAt: new Date() }, 2).metadata };
    await assert.rejects(cache.store.renewTile(wrong, tile.jpeg), TileCacheError);
    using pixels = await cache.store.readTilePixels(tileId);
    assert.deepEqual(pixels.jpeg, tile.jpeg);
    assert.deepEqual(await getById(cache, tileId), tile.metadata);
  },
  "a reader during a renewal gets the old tile or the new one": async (
    cache,
    makeTile,
  ) => {
    const at = (day: number) => ({ capturedAt: new Date(Date.UTC(2025, 0, 1 + day)) });
    const tiles = Array.from({ length: 12 }, (_, day) => makeTile({}, at(day), day));
    await write(cache, tiles[0]);
    const { tileId } = tiles[0].metadata;
    let running = true;
    const reader = async () => {
      let last = 0;
      while (running) {
        using pixels = await cache.store.readTilePixels(tileId);
        const found = tiles.findIndex((tile) => equalBytes(tile.jpeg, pixels.jpeg));
        assert.ok(found >= last, `read ${found} after ${last}`);
        last = found;
        await sleep(0);
      }
    };
    const readers = Promise.all([reader(), reader()]);
    for (const tile of tiles.slice(1)) await cache.store.renewTile(tile.metadata, tile.jpeg);
    running = false;
    await readers;
    using pixels = await cache.store.readTilePixels(tileId);
    assert.deepEqual(pixels.jpeg, tiles[11].jpeg);
  },
};
export const withSidecars: Record<string, Body> = {
  "totalDiskBytes() counts pictures and sidecars": async (cache, makeTile) => {
    const total = () => cache.metadata.totalDiskBytes();
    assert.equal(await total(), 0);
    const tiles = [makeTile({ x: 1 }, {}, 1), makeTile({ x: 2 }, {}, 2)];
    const bytes = tiles.map((tile) => tile.jpeg.length + sidecarBytes(tile.metadata));
    await cache.store.writeTiles(tiles);
    assert.equal(await total(), bytes[0] + bytes[1]);
    await cache.store.deleteTile(tiles[0].metadata.tileId);
    assert.equal(await total(), bytes[1]);
  },
  "totalDiskBytes() follows a renewal": async (cache, makeTile) => {
    const old = makeTile({}, OLDER, 1), renewed = makeTile({}, NEWER, 2);
    await write(cache, old);
    await cache.store.renewTile(renewed.metadata, renewed.jpeg);
    const bytes = renewed.jpeg.length + sidecarBytes(renewed.metadata);
    assert.equal(await cache.metadata.totalDiskBytes(), bytes);
    await cache.store.deleteTile(old.metadata.tileId);
    assert.equal(await cache.metadata.totalDiskBytes(), 0);
  },
};

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const onboard = (x: number, flightId = FLIGHT_ID) =>
  makeAnyTile({ x, source: "onboard_ingest", flightId }, { quality: QUALITY }, x);
const QUALITY = { misplacementBoundM: 3.5, frameGsdM: 0.1, frameSequence: 77, laterField: "kept" };

export const uploading: Record<string, Body> = {
  "pendingUploads() are exactly the onboard tiles not uploaded yet": async (
    { store, metadata },
    makeTile,
  ) => {
    const other = "9c1f6c1e-8a55-4a55-9d59-0b6c2f0f6a11";
    const tiles = [onboard(1), onboard(2), onboard(3), onboard(4, other), makeTile({ x: 5 })];
    for (const tile of tiles) await store.writeTile(tile.metadata, tile.jpeg);
    const trusted = onboard(6);
    await store.writeTile({ ...trusted.metadata, votingStatus: "trusted" }, trusted.jpeg);
    await metadata.markUploaded(tiles[0].metadata.tileId);
    await metadata.updateVotingStatus(tiles[1].metadata.tileId, "upload_giveup");
    const pending = async (flight: string | null) =>
      (await metadata.pendingUploads(flight)).map(({ tileId }) => tileId.x).sort();
    assert.deepEqual(await pending(null), [3, 4]);
    assert.deepEqual(await pending(FLIGHT_ID.toUpperCase()), [3]);
    assert.deepEqual(await pending(other), [4]);
    assert.deepEqual(await pending(crypto.randomUUID()), []);
    await assert.rejects(metadata.pendingUploads("../x"), TileMetadataError);
    const [tile] = await metadata.pendingUploads(FLIGHT_ID);
    assert.deepEqual(tile.quality, QUALITY);
    assert.equal(tile.votingStatus, "pending");
  },
  "markUploaded() keeps the first time": async ({ store, metadata }) => {
    const tile = onboard(1);
    const { tileId } = tile.metadata;
    await assert.rejects(metadata.markUploaded(tileId), TileNotFoundError);
    await store.writeTile(tile.metadata, tile.jpeg);
    await metadata.markUploaded(tileId);
    const first = (await metadata.getById(tileId))?.uploadedAt;
    assert.ok(first instanceof Date);
    await metadata.markUploaded(tileId);
    assert.deepEqual((await metadata.getById(tileId))?.uploadedAt, first);
  },
  "updateVotingStatus() gives up and does nothing else": async ({ store, metadata }, makeTile) => {
    const [pending, trusted, rejected] = [1, 2, 3].map((x) => onboard(x));
    const plain = makeTile({ x: 4 });
    await store.writeTile(pending.metadata, pending.jpeg);
    await store.writeTile({ ...trusted.metadata, votingStatus: "trusted" }, trusted.jpeg);
    await store.writeTile({ ...rejected.metadata, votingStatus: "rejected" }, rejected.jpeg);
    await store.writeTile(plain.metadata, plain.jpeg);
    const set = (tile: NewTile, status: VotingStatus) =>
      metadata.updateVotingStatus(tile.metadata.tileId, status);
    const refused: [NewTile, VotingStatus][] = [
      [pending, "trusted"],
      [pending, "rejected"],
      [trusted, "pending"],
      [rejected, "upload_giveup"],
      [plain, "upload_giveup"],
      [plain, "pending"],
    ];
    for (const [tile, status] of refused) {
      await assert.rejects(set(tile, status), TileMetadataError, status);
    }
    for (const tile of [pending, trusted]) {
      await set(tile, "upload_giveup");
      await set(tile, "upload_giveup");
      await assert.rejects(set(tile, "pending"), TileMetadataError);
      const found = await metadata.getById(tile.metadata.tileId);
      assert.equal(found?.votingStatus, "upload_giveup");
    }
    await assert.rejects(set(makeTile({ x: 9 }), "upload_giveup"), TileNotFoundError);
  },
  "incrementUploadAttempts() loses no attempt": async ({ store, metadata }) => {
    const tile = onboard(1);
    const { tileId } = tile.metadata;
    await assert.rejects(metadata.incrementUploadAttempts(tileId), TileNotFoundError);
    await store.writeTile(tile.metadata, tile.jpeg);
    const counts = await Promise.all(
      Array.from({ length: 10 }, () => metadata.incrementUploadAttempts(tileId)),
    );
    assert.deepEqual(counts.sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.equal((await metadata.getById(tileId))?.uploadAttempts, 10);
  },
};

export const ageing: Record<string, Body> = {
  "lruCandidates() come least recently used first, without pending uploads": async (
    cache,
    makeTile,
  ) => {
    const { metadata } = cache;
    const tiles = [1, 2, 3, 4].map((x) => makeTile({ x }, {}, x));
    for (const tile of [...tiles, onboard(5)]) await write(cache, tile);
    const hour = (n: number) => new Date(Date.now() + n * 3_600_000);
    const order = [[3, 4], [1, 3], [4, 2], [2, 1]];
    for (const [x, n] of order) {
      await metadata.recordLruAccess(tiles[x - 1].metadata.tileId, hour(n));
    }
    await metadata.recordLruAccess(tiles[1].metadata.tileId, hour(-5));
    await metadata.recordLruAccess(makeTile({ x: 99 }).metadata.tileId, hour(9));
    const found = await metadata.lruCandidates(10);
    assert.deepEqual(found.map(({ tileId }) => tileId.x), [2, 4, 1, 3]);
    const { diskBytes, accessedAt } = found[0];
    assert.equal(diskBytes, tiles[1].jpeg.length + sidecarBytes(tiles[1].metadata));
    assert.ok(accessedAt !== null && accessedAt > new Date());
    const first = await metadata.lruCandidates(2);
    assert.deepEqual(first.map(({ tileId }) => tileId.x), [2, 4]);
  },
  "without a clock a read stores no time of use": async ({ store, metadata }, makeTile) => {
    const { metadata: { tileId }, jpeg, ...rest } = makeTile({});
    await store.writeTile({ ...makeTile({}).metadata, ...rest }, jpeg);
    using _pixels = await store.readTilePixels(tileId);
    await metadata.lruCandidates(1);
    assert.equal((await metadata.getById(tileId))?.accessedAt, null);
  },
};
