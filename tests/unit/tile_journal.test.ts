/**
 * Tiles made in flight: the journal after a cut, damage and a reboot, the package store over it, and
 * the merge into a cache.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { openFlightPackage } from "../../src/flight/flight_package/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import {
  ContentHashMismatchError,
  type NewTile,
  NotImplementedError,
  TileFsError,
} from "../../src/tiles/tile_contract/mod.ts";
import {
  buildPackageTileStore,
  mergeJournal,
  TileJournal,
} from "../../src/tiles/tile_journal/mod.ts";
import { FLIGHT_ID, makeTile } from "../contract/tile_fixture.ts";
import { fc } from "../support/properties.ts";
import { TILES, writePackage, ZOOM } from "./flight_package_fixture.ts";

const onboard = (x: number, day = 1, seed = x) =>
  makeTile({ x, y: 9, source: "onboard_ingest", flightId: FLIGHT_ID }, {
    capturedAt: new Date(Date.UTC(2026, 0, day)),
    votingStatus: "pending",
  }, seed);

async function writeJournal(path: string, tiles: readonly NewTile[]): Promise<void> {
  using journal = await TileJournal.open(path);
  for (const tile of tiles) await journal.append("write", [tile]);
}

const FOUR = [1, 2, 3, 4].map((x) => onboard(x));

Deno.test("a journal that was cut anywhere keeps the tiles before the cut, and accepts more", () =>
  inScratch(async (folder) => {
    const path = `${folder}/journal`;
    await writeJournal(path, FOUR);
    const whole = await Deno.readFile(path);
    const ends: number[] = [];
    for (let count = 1; count <= 4; count++) {
      await Deno.remove(path);
      await writeJournal(path, FOUR.slice(0, count));
      ends.push((await Deno.stat(path)).size);
    }
    const known = [0, 3, 11, 44, ...ends, ...ends.map((end) => end - 1)];
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (cut) => {
        await Deno.writeFile(path, whole.subarray(0, cut));
        const kept = ends.filter((end) => end <= cut).length;
        {
          using journal = await TileJournal.open(path);
          assert.equal([...journal.tiles()].length, kept, `cut at ${cut}`);
          await journal.append("write", [onboard(7)]);
        }
        using again = await TileJournal.open(path);
        assert.equal(again.damagedBytes, 0);
        assert.equal([...again.tiles()].length, kept + 1);
        for (const tile of again.tiles()) await again.read(tile);
      }),
      { numRuns: 25, examples: known.map((cut) => [cut]) },
    );
  }));

Deno.test("a file that is not a journal is refused and left unchanged", () =>
  inScratch(async (folder) => {
    const path = `${folder}/mission.yaml`;
    const text = "name: somebody's mission\nwaypoints: []\n";
    await Deno.writeTextFile(path, text);
    await assert.rejects(
      TileJournal.open(path),
      (error) => error instanceof TileFsError && /is not a tile journal/.test(error.message),
    );
    assert.equal(await Deno.readTextFile(path), text);
    // A journal with one entry, damaged inside: it is not discarded either.
    const other = `${folder}/journal`;
    await writeJournal(other, FOUR.slice(0, 1));
    const bytes = await Deno.readFile(other);
    bytes[100] ^= 1;
    await Deno.writeFile(other, bytes);
    await assert.rejects(TileJournal.open(other), TileFsError);
    assert.deepEqual(await Deno.readFile(other), bytes);
  }));

Deno.test("a damaged entry is skipped, those behind it are read", () =>
  inScratch(async (folder) => {
    const path = `${folder}/journal`;
    await writeJournal(path, FOUR);
    const whole = await Deno.readFile(path);
    for (let at = 0; at < whole.length; at += 97) {
      const damaged = whole.slice();
      damaged[at] ^= 0x10;
      await Deno.writeFile(path, damaged);
      const cache = new FakeTileStore();
      const report = await mergeJournal(cache, path);
      assert.equal(report.entries, 3, `byte ${at}`);
      assert.equal(report.written, 3);
      assert.ok(report.damagedBytes > 0);
    }
  }));

Deno.test("mergeJournal() copies every tile once, renews older ones, and changes nothing when repeated", () =>
  inScratch(async (folder) => {
    const path = `${folder}/journal`;
    const better = onboard(2, 5, 22), deleted = onboard(3);
    {
      using journal = await TileJournal.open(path);
      await journal.append("write", FOUR);
      await journal.append("renew", [better]);
      await journal.append("delete", [deleted]);
    }
    const cache = new FakeTileStore();
    await cache.writeTile(onboard(1, 0, 99).metadata, onboard(1, 0, 99).jpeg);
    const first = await mergeJournal(cache, path);
    assert.deepEqual(first, {
      entries: 6,
      damagedBytes: 0,
      written: 2,
      renewed: 1,
      kept: 0,
      refused: [],
    });
    assert.equal(await cache.tileExists(deleted.metadata.tileId), false);
    for (const tile of [FOUR[0], better, FOUR[3]]) {
      using pixels = await cache.readTilePixels(tile.metadata.tileId);
      assert.deepEqual(pixels.jpeg, tile.jpeg);
    }
    const bytes = await cache.totalDiskBytes();
    const second = await mergeJournal(cache, path);
    assert.deepEqual(second, { ...first, written: 0, renewed: 0, kept: 3 });
    assert.equal(await cache.totalDiskBytes(), bytes);
    assert.equal((await cache.pendingUploads(FLIGHT_ID)).length, 3);
    await assert.rejects(mergeJournal(cache, `${folder}/absent`), TileFsError);
  }));

Deno.test("a journal has one writer", () =>
  inScratch(async (folder) => {
    using _journal = await TileJournal.open(`${folder}/journal`);
    await assert.rejects(TileJournal.open(`${folder}/journal`), TileFsError);
  }));

Deno.test("a package store reads its package, refuses to change it, and keeps flight tiles over a reboot", () =>
  inScratch(async (folder) => {
    await writePackage(`${folder}/package`);
    const options = {
      flightPackage: await openFlightPackage(`${folder}/package`),
      journalPath: `${folder}/journal`,
    };
    const packaged = { zoom: ZOOM, ...TILES[1], source: "local_import" };
    const mine = onboard(5);
    {
      using store = buildPackageTileStore(options);
      await assert.rejects(store.tileExists(packaged), TileFsError, "not open yet");
      await store.open();
      using pixels = await store.readTilePixels(packaged);
      assert.equal(pixels.jpeg.length, 1001);
      const metadata = await store.getById(packaged);
      assert.equal(metadata?.diskBytes, 1001);
      const world = { southDeg: -85, northDeg: 85, westDeg: -180, eastDeg: 180 };
      const found = await store.queryByBbox(world, ZOOM);
      assert.deepEqual(found.map(({ tileId: { x, y } }) => ({ x, y })), TILES);
      await store.writeTile(mine.metadata, mine.jpeg);
      const plain = makeTile({ x: 8 });
      const refusals = [
        store.deleteTile(packaged),
        store.writeTile(plain.metadata, plain.jpeg),
        store.renewTile(plain.metadata, plain.jpeg),
        store.incrementUploadAttempts(mine.metadata.tileId),
        store.markUploaded(mine.metadata.tileId),
        store.updateVotingStatus(mine.metadata.tileId, "upload_giveup"),
        store.insertMetadata(mine.metadata),
      ];
      for (const refusal of refusals) await assert.rejects(refusal, NotImplementedError);
    }
    using store = buildPackageTileStore(options);
    await store.open();
    using pixels = await store.readTilePixels(mine.metadata.tileId);
    assert.deepEqual(pixels.jpeg, mine.jpeg);
    assert.equal((await store.pendingUploads(null)).length, 1);
    await Deno.writeFile(
      `${folder}/package/tiles/${ZOOM}/${TILES[1].x}/${TILES[1].y}.jpg`,
      mine.jpeg,
    );
    await assert.rejects(store.readTilePixels(packaged), ContentHashMismatchError);
  }));

Deno.test("a package store without a journal accepts no tiles", () =>
  inScratch(async (folder) => {
    await writePackage(`${folder}/package`);
    using store = buildPackageTileStore({
      flightPackage: await openFlightPackage(`${folder}/package`),
    });
    await store.open();
    const { metadata, jpeg } = onboard(1);
    await assert.rejects(store.writeTile(metadata, jpeg), NotImplementedError);
  }));
