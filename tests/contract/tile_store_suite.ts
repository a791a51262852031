/**
 * The contract suite that every tile store must pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tileBounds } from "../../src/core/mod.ts";
import {
  ContentHashMismatchError,
  TileMetadataError,
  type TileMetadataStore,
  TileNotFoundError,
} from "../../src/tiles/tile_contract/mod.ts";
import {
  type Body,
  getById,
  type StoreUnderTest,
  type Supports,
  write,
} from "./tile_store_cases.ts";
import { ageing, renewing, uploading, withSidecars } from "./tile_store_upkeep_cases.ts";
import { FLIGHT_ID, makeTile as makeAnyTile } from "./tile_fixture.ts";

/** For stores that accept only tiles made in flight. */
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
  { supports = {}, ...options }: {
    ignore?: boolean;
    sanitizeOps?: boolean;
    sanitizeResources?: boolean;
    supports?: Supports;
  } = {},
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

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const writing: Record<string, Body> = {
  "writeTile() stores metadata and bytes": async (cache, makeTile) => {
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
  "writeTile() refuses an invalid tile": async (cache, makeTile) => {
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
  "writeTiles() refuses a tile that is twice in the batch": async (cache, makeTile) => {
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

const ofEverySource: Record<string, Body> = {
  "tiles of one place and several sources and flights exist beside each other": async (
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

const reading: Record<string, Body> = {
  "readTilePixels() of a tile that is not there is TileNotFoundError": async (cache, makeTile) => {
    await assert.rejects(
      cache.store.readTilePixels(makeTile({}).metadata.tileId),
      TileNotFoundError,
    );
  },
  "readTilePixels() returns bytes that are not shared": async (cache, makeTile) => {
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
  "deleteTile() frees the key": async (cache, makeTile) => {
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
  "queryByBbox() refuses invalid boxes": async (cache) => {
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
  "tilesInArea() returns every tile with its bytes": async (cache, makeTile) => {
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
