/**
 * What every tile store does, whatever it is made of.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tileBounds } from "../../src/core/mod.ts";
import {
  ContentHashMismatchError,
  locationHash,
  type NewTile,
  TileCacheError,
  type TileId,
  type TileMetadata,
  TileMetadataError,
  type TileMetadataStore,
  TileNotFoundError,
  type TileStore,
  tileUuid,
  type VotingStatus,
} from "../../src/tile_cache/mod.ts";
import { sidecarBytes } from "../../src/tile_cache/sidecars.ts";
import { FLIGHT_ID, makeTile as makeAnyTile } from "./tile_fixture.ts";

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: TileStore;
  readonly metadata: TileMetadataStore;
}

/** What an implementation has; all of it unless told otherwise. */
export interface Supports {
  /** False: tiles made in flight only. */
  readonly everySource?: boolean;
  readonly sidecars?: boolean;
  readonly uploads?: boolean;
  readonly eviction?: boolean;
}

type Body = (cache: StoreUnderTest, makeTile: typeof makeAnyTile) => Promise<void>;

/** For stores that take tiles made in flight only. */
const makeOnboardTile: typeof makeAnyTile = (tileId, change, seed, size) =>
  makeAnyTile(
    { source: "onboard_ingest", flightId: FLIGHT_ID, ...tileId },
    { votingStatus: "pending", ...change },
    seed,
    size,
  );

/** Every test gets a fresh, empty cache from `make`. */
export function tileStoreSuite(
  name: string,
  make: () => Promise<StoreUnderTest>,
  { supports = {}, ...options }: { ignore?: boolean; sanitizeOps?: boolean; supports?: Supports } =
    {},
): void {
  const makeTile = supports.everySource === false ? makeOnboardTile : makeAnyTile;
  for (
    const [title, body] of Object.entries({
      ...writing,
      ...renewing,
      ...reading,
      ...asking,
      ...(supports.everySource === false ? {} : ofEverySource),
      ...(supports.sidecars === false ? {} : withSidecars),
      ...(supports.uploads === false ? {} : uploading),
      ...(supports.eviction === false ? {} : ageing),
    })
  ) {
    Deno.test({
      name: `${name}: ${title}`,
      ...options,
      fn: async () => {
        await using cache = await make();
        await body(cache, makeTile);
      },
    });
  }
}

const write = ({ store }: StoreUnderTest, tile: NewTile) =>
  store.writeTile(tile.metadata, tile.jpeg);

/** What was written, without what the cache adds. */
async function getById({ metadata }: StoreUnderTest, id: TileId): Promise<TileMetadata | null> {
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

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const writing: Record<string, Body> = {
  "writeTile() keeps metadata and bytes": async (cache, makeTile) => {
    const tile = makeTile({ x: 5, y: 6 }, { capturedAt: new Date("2024-05-06T07:08:09.123Z") });
    await write(cache, tile);
    assert.deepEqual(await getById(cache, tile.metadata.tileId), tile.metadata);
    using pixels = await cache.store.readTilePixels(tile.metadata.tileId);
    assert.deepEqual(pixels.jpeg, tile.jpeg);
  },
  "writeTile() copies the bytes before it returns": async (cache, makeTile) => {
    const tile = makeTile({});
    const buffer = tile.jpeg.slice();
    const written = cache.store.writeTile(tile.metadata, buffer);
    buffer.fill(0);
    await written;
    using pixels = await cache.store.readTilePixels(tile.metadata.tileId);
    assert.deepEqual(pixels.jpeg, tile.jpeg);
  },
  "writeTile() refuses a key that exists and leaves the first as it was": async (
    cache,
    makeTile,
  ) => {
    const first = makeTile({}, {}, 1), second = makeTile({}, {}, 2);
    await write(cache, first);
    await assert.rejects(write(cache, second), TileMetadataError);
    using pixels = await cache.store.readTilePixels(first.metadata.tileId);
    assert.deepEqual(pixels.jpeg, first.jpeg);
    assert.deepEqual(await getById(cache, first.metadata.tileId), first.metadata);
  },
  "writeTile() refuses bytes of another hash": async (cache, makeTile) => {
    const tile = makeTile({});
    const metadata = { ...tile.metadata, contentSha256: "0".repeat(64) };
    await assert.rejects(cache.store.writeTile(metadata, tile.jpeg), ContentHashMismatchError);
    assert.equal(await cache.store.tileExists(tile.metadata.tileId), false);
  },
  "writeTile() refuses what is no tile": async (cache, makeTile) => {
    const { metadata, jpeg } = makeTile({});
    const bytesBefore = await cache.metadata.totalDiskBytes();
    const wrong: [Partial<typeof metadata>, Uint8Array][] = [
      [{}, new TextEncoder().encode("no picture at all")],
      [{}, jpeg.subarray(0, jpeg.length - 2)],
      [{}, makeTile({}, {}, 0, { widthPx: 128, heightPx: 256 }).jpeg],
      [{ diskBytes: jpeg.length + 1 }, jpeg],
      [{ coverage: 1.5 }, jpeg],
      [{ sourceGsdM: Number.NaN }, jpeg],
      [{ tileId: { ...metadata.tileId, zoom: 23 } }, jpeg],
      [{ tileId: { ...metadata.tileId, x: 2 ** 18 } }, jpeg],
      [{ tileId: { ...metadata.tileId, y: -1 } }, jpeg],
      [{ tileId: { ...metadata.tileId, x: 1.5 } }, jpeg],
      [{ tileId: { ...metadata.tileId, source: "../escape" } }, jpeg],
      [{ tileId: { ...metadata.tileId, source: "onboard_ingest", flightId: undefined } }, jpeg],
      [{ tileId: { ...metadata.tileId, source: "osm", flightId: FLIGHT_ID } }, jpeg],
    ];
    for (const [change, bytes] of wrong) {
      await assert.rejects(
        cache.store.writeTile({ ...metadata, ...change }, bytes),
        TileMetadataError,
        JSON.stringify(change),
      );
    }
    assert.equal(await cache.metadata.totalDiskBytes(), bytesBefore);
  },
  "writeTiles() writes all or none": async (cache, makeTile) => {
    const old = makeTile({ x: 3 });
    await write(cache, old);
    const batch = [1, 2, 3, 4].map((x) => makeTile({ x }, {}, x));
    await assert.rejects(cache.store.writeTiles(batch), TileMetadataError);
    for (const x of [1, 2, 4]) {
      assert.equal(await cache.store.tileExists(makeTile({ x }).metadata.tileId), false);
    }
    using pixels = await cache.store.readTilePixels(old.metadata.tileId);
    assert.deepEqual(pixels.jpeg, old.jpeg);
  },
  "writeTiles() with keep leaves what exists and writes the rest": async (cache, makeTile) => {
    const old = makeTile({ x: 3 });
    await write(cache, old);
    const batch = [1, 2, 3, 4].map((x) => makeTile({ x }, {}, x));
    const summary = await cache.store.writeTiles(batch, { existing: "keep" });
    assert.deepEqual(summary, { written: 3, kept: 1 });
    using pixels = await cache.store.readTilePixels(old.metadata.tileId);
    assert.deepEqual(pixels.jpeg, old.jpeg);
  },
  "writeTiles() refuses a tile that stands twice in the batch": async (cache, makeTile) => {
    const tile = makeTile({});
    await assert.rejects(cache.store.writeTiles([tile, tile]), TileMetadataError);
    assert.equal(await cache.store.tileExists(tile.metadata.tileId), false);
    assert.deepEqual(await cache.store.writeTiles([]), { written: 0, kept: 0 });
  },
  "of many writers of one key exactly one wins": async (cache, makeTile) => {
    const tiles = [1, 2, 3, 4, 5].map((seed) => makeTile({}, {}, seed));
    const ends = await Promise.allSettled(tiles.map((tile) => write(cache, tile)));
    const winners = ends.flatMap((end, index) => end.status === "fulfilled" ? [index] : []);
    assert.equal(winners.length, 1);
    for (const end of ends) {
      if (end.status === "rejected") assert.ok(end.reason instanceof TileMetadataError);
    }
    using pixels = await cache.store.readTilePixels(tiles[0].metadata.tileId);
    assert.deepEqual(pixels.jpeg, tiles[winners[0]].jpeg);
  },
};

const NEWER = { capturedAt: new Date("2026-03-01T00:00:00Z") };
const OLDER = { capturedAt: new Date("2024-03-01T00:00:00Z") };

const renewing: Record<string, Body> = {
  "renewTile() swaps metadata and bytes for a newer capture": async (cache, makeTile) => {
    const old = makeTile({}, OLDER, 1), renewed = makeTile({}, NEWER, 2);
    const { tileId } = old.metadata;
    await write(cache, old);
    await cache.store.renewTile(renewed.metadata, renewed.jpeg);
    using pixels = await cache.store.readTilePixels(tileId);
    assert.deepEqual(pixels.jpeg, renewed.jpeg);
    assert.deepEqual(await getById(cache, tileId), renewed.metadata);
  },
  "renewTile() takes a known capture for newer than an unknown one": async (cache, makeTile) => {
    const renewed = makeTile({}, OLDER, 2);
    await write(cache, makeTile({}, { capturedAt: null }, 1));
    await cache.store.renewTile(renewed.metadata, renewed.jpeg);
    assert.deepEqual(await getById(cache, renewed.metadata.tileId), renewed.metadata);
  },
  "renewTile() refuses what is not newer, and what is not there": async (cache, makeTile) => {
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
  "whoever reads while a tile is renewed gets the old one or the new one": async (
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
        await new Promise((resolve) => setTimeout(resolve, 0));
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

const ofEverySource: Record<string, Body> = {
  "tiles of one place and several sources and flights stand beside each other": async (
    cache,
    makeTile,
  ) => {
    const flights = [FLIGHT_ID, "9c1f6c1e-8a55-4a55-9d59-0b6c2f0f6a11"];
    const tiles = [
      makeTile({ source: "osm" }, {}, 1),
      makeTile({ source: "bing" }, {}, 2),
      ...flights.map((flightId, i) => makeTile({ source: "onboard_ingest", flightId }, {}, 3 + i)),
    ];
    for (const tile of tiles) await write(cache, tile);
    for (const tile of tiles) {
      using pixels = await cache.store.readTilePixels(tile.metadata.tileId);
      assert.deepEqual(pixels.jpeg, tile.jpeg);
    }
  },
};

const withSidecars: Record<string, Body> = {
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

const uploading: Record<string, Body> = {
  "pendingUploads() are exactly the onboard tiles that wait": async (
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

const ageing: Record<string, Body> = {
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
  "without a clock a read leaves no stamp": async ({ store, metadata }, makeTile) => {
    const { metadata: { tileId }, jpeg, ...rest } = makeTile({});
    await store.writeTile({ ...makeTile({}).metadata, ...rest }, jpeg);
    using _pixels = await store.readTilePixels(tileId);
    await metadata.lruCandidates(1);
    assert.equal((await metadata.getById(tileId))?.accessedAt, null);
  },
};

const reading: Record<string, Body> = {
  "readTilePixels() of a tile that is not there is TileNotFoundError": async (cache, makeTile) => {
    await assert.rejects(
      cache.store.readTilePixels(makeTile({}).metadata.tileId),
      TileNotFoundError,
    );
  },
  "readTilePixels() hands out bytes that nobody shares": async (cache, makeTile) => {
    const tile = makeTile({});
    await write(cache, tile);
    {
      using pixels = await cache.store.readTilePixels(tile.metadata.tileId);
      pixels.jpeg.fill(0);
    }
    const pixels = await cache.store.readTilePixels(tile.metadata.tileId);
    assert.deepEqual(pixels.jpeg, tile.jpeg);
    pixels[Symbol.dispose]();
    assert.throws(() => pixels.jpeg, TypeError);
  },
  "deleteTile() makes room for the same key": async (cache, makeTile) => {
    const first = makeTile({}, {}, 1), second = makeTile({}, {}, 2);
    const { tileId } = first.metadata;
    await assert.rejects(cache.store.deleteTile(tileId), TileNotFoundError);
    await write(cache, first);
    await cache.store.deleteTile(tileId);
    assert.equal(await cache.store.tileExists(tileId), false);
    assert.equal(await cache.metadata.getById(tileId), null);
    await write(cache, second);
    using pixels = await cache.store.readTilePixels(tileId);
    assert.deepEqual(pixels.jpeg, second.jpeg);
  },
  "writing and deleting one key at the same time leaves a whole tile or none": async (
    cache,
    makeTile,
  ) => {
    const tile = makeTile({});
    const { tileId } = tile.metadata;
    for (let round = 0; round < 4; round++) {
      await Promise.allSettled([
        write(cache, tile),
        cache.store.deleteTile(tileId),
        write(cache, tile),
        cache.store.deleteTile(tileId),
      ]);
      if (await cache.store.tileExists(tileId)) {
        using pixels = await cache.store.readTilePixels(tileId);
        assert.deepEqual(pixels.jpeg, tile.jpeg);
      }
    }
  },
};

const asking: Record<string, Body> = {
  "queryByBbox() finds the tiles that touch the box, in order": async (cache, makeTile) => {
    const tiles = [[10, 20], [11, 20], [12, 20], [10, 21], [11, 21], [12, 21]];
    await cache.store.writeTiles(tiles.map(([x, y]) => makeTile({ x, y }, {}, x + y)));
    await write(cache, makeTile({ x: 5, y: 10, zoom: 17 }));
    const ask = async (box: Parameters<TileMetadataStore["queryByBbox"]>[0]) =>
      (await cache.metadata.queryByBbox(box, 18)).map(({ tileId }) => [tileId.x, tileId.y]);
    const box = tileBounds({ zoom: 18, x: 11, y: 20 });
    assert.deepEqual(await ask(box), [[11, 20]]);
    const wider = { ...box, westDeg: box.westDeg - 1e-4, southDeg: box.southDeg - 1e-4 };
    assert.deepEqual(await ask(wider), [[10, 20], [11, 20], [10, 21], [11, 21]]);
    const middle = {
      southDeg: (box.southDeg + box.northDeg) / 2,
      northDeg: (box.southDeg + box.northDeg) / 2,
      westDeg: (box.westDeg + box.eastDeg) / 2,
      eastDeg: (box.westDeg + box.eastDeg) / 2,
    };
    assert.deepEqual(await ask(middle), [[11, 20]]);
    assert.deepEqual(await ask({ southDeg: 0, northDeg: 1, westDeg: 0, eastDeg: 1 }), []);
  },
  "queryByBbox() crosses the antimeridian": async (cache, makeTile) => {
    const last = 2 ** 18 - 1, y = 90_000;
    for (const x of [0, 1, 2, last - 1, last, 70_000]) await write(cache, makeTile({ x, y }));
    const { southDeg, northDeg, eastDeg } = tileBounds({ zoom: 18, x: 1, y });
    const { westDeg } = tileBounds({ zoom: 18, x: last, y });
    const found = await cache.metadata.queryByBbox({ southDeg, northDeg, westDeg, eastDeg }, 18);
    assert.deepEqual(found.map(({ tileId }) => tileId.x), [0, 1, last]);
  },
  "queryByBbox() refuses boxes that are none": async (cache) => {
    const good = { southDeg: 40, northDeg: 41, westDeg: 10, eastDeg: 11 };
    const bad = [{ southDeg: 42 }, { northDeg: 91 }, { westDeg: -181 }, { eastDeg: Number.NaN }];
    for (const change of bad) {
      await assert.rejects(
        cache.metadata.queryByBbox({ ...good, ...change }, 18),
        TileMetadataError,
      );
    }
    await assert.rejects(cache.metadata.queryByBbox(good, 23), TileMetadataError);
    assert.deepEqual(await cache.metadata.queryByBbox(good, 18), []);
  },
  "tilesInArea() gives every tile with its bytes": async (cache, makeTile) => {
    const tiles = Array.from({ length: 30 }, (_, i) => makeTile({ x: i, y: 7 }, {}, i));
    await cache.store.writeTiles(tiles);
    const north = { southDeg: 80, northDeg: 90, westDeg: -180, eastDeg: 180 };
    assert.deepEqual(await collect(cache.store.tilesInArea(north, 18)), tiles);
    for await (const tile of cache.store.tilesInArea(north, 18)) {
      assert.equal(tile.metadata.tileId.x, 0);
      break;
    }
  },
};
