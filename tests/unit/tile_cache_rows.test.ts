/**
 * Rows as the store reads them: no metadata is lost, an invalid row is refused by name, and a path
 * that holds something else than a regular file does not block reading.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import {
  TileDatabaseError,
  TileFsError,
  type TileMetadata,
} from "../../src/tiles/tile_contract/mod.ts";
import { openTileCache, type TileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { metadataOf, persistentOf } from "../../src/tiles/workstation/tile_cache/packed_row.ts";
import { rebuildRows } from "../../src/tiles/workstation/tile_cache/rebuild_rows.ts";
import { readPictureNow } from "../../src/tiles/workstation/tile_cache/read_now.ts";
import { readTileFile } from "../../src/tiles/workstation/tile_cache/tile_files.ts";
import { BULK_ZOOM, bulkBox, insertBulkRows } from "../support/tile_rows_bulk.ts";
import { FLIGHT_ID, makeTile } from "../contract/tile_fixture.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();

function onServer(body: (cache: TileCache, dataFolder: string) => Promise<void>): Promise<void> {
  return inFolder((dataFolder) =>
    postgres.database(async (dsn) => {
      await using cache = await openTileCache({ dataFolder, dsn });
      await body(cache, dataFolder);
    })
  );
}

function inFolder(body: (dataFolder: string) => Promise<void>): Promise<void> {
  return inScratch((folder) => body(`${folder}/cache`));
}

const QUALITY = {
  misplacementBoundM: Math.PI * 1e-4,
  sharpness: 1e-7,
  frameGsdM: 0.1 + 0.2,
  frameSequence: 7,
  "a\x1fnew\nfield": ["\x1f", null],
};
/** Texts with separators, which packing could damage. */
const ODD: readonly Partial<TileMetadata>[] = [
  { attribution: "a\x1fb\x1f\x1f\nc\\ 'd' \"e\" ✓", capturedAt: new Date(1717113600123) },
  { attribution: "", capturedAt: new Date(-1), sourceGsdM: 1 / 3, coverage: 0 },
  {
    attribution: "\x1f",
    capturedAt: new Date("9999-12-31T23:59:59.999Z"),
    freshnessLabel: "stale",
  },
];

Deno.test({
  name: "a row comes back as it was written, whatever its texts hold",
  ignore,
  fn: () =>
    onServer(async (cache) => {
      const tiles = ODD.map((change, x) => makeTile({ x: 77200 + x }, change));
      const onboard = { x: 77203, source: "onboard_ingest", flightId: FLIGHT_ID };
      tiles.push(makeTile(onboard, { votingStatus: "pending", quality: QUALITY }));
      await cache.store.writeTiles(tiles);
      for (const { metadata } of tiles) {
        const found = await cache.metadata.getById(metadata.tileId);
        assert.deepEqual({ ...found, ...metadata }, found);
        assert.equal(Math.abs(Date.now() - (found?.createdAt.getTime() ?? 0)) < 60_000, true);
      }
      const world = { southDeg: -80, westDeg: -180, northDeg: 80, eastDeg: 180 };
      assert.deepEqual(
        await cache.metadata.queryByBbox(world, 18),
        tiles.map(({ metadata }) => metadata),
      );
      // A row from a version without tile UUIDs is not a tile, and does not block the upload of
      // others.
      await cache.database.query(
        "INSERT INTO tiles (zoom, x, y, tile_size_px, source, flight_id, latitude_deg, " +
          "longitude_deg, source_gsd_m, voting_status) " +
          "VALUES (18, 1, 1, 256, 'onboard_ingest', $1, 1, 1, 1, 'pending')",
        [FLIGHT_ID],
      );
      assert.equal((await cache.metadata.pendingUploads(null)).length, 1);
    }),
});

Deno.test({
  name: "a box returns the same tiles by map rows, as one range, and over the antimeridian",
  ignore,
  fn: () =>
    onServer(async (cache) => {
      await insertBulkRows(cache.database, { from: 0, to: 400, side: 20 });
      const box = bulkBox(3, 4, 5, 6);
      const near = await cache.metadata.queryByBbox(box, BULK_ZOOM);
      assert.equal(near.length, 30);
      const key = ({ tileId }: TileMetadata) => `${tileId.y}/${tileId.x}`;
      assert.deepEqual(near.map(key), near.map(key).sort());
      // The same columns, with more map rows than are looked up one by one.
      const tall = await cache.metadata.queryByBbox(
        { ...box, northDeg: 70, southDeg: 0 },
        BULK_ZOOM,
      );
      assert.equal(tall.length, 100);
      const around = { ...box, westDeg: box.eastDeg - 1e-9, eastDeg: box.westDeg - 1 };
      const others = await cache.metadata.queryByBbox(around, BULK_ZOOM);
      assert.equal(others.length, 6 * (20 - 3 - 5 + 1));
    }),
});

Deno.test({
  name:
    "rows are rebuilt from the sidecars of a later version too, and the sidecars stay unchanged",
  ignore,
  fn: () =>
    onServer(async (cache, dataFolder) => {
      const capturedAt = new Date("2026-01-02T03:04:05.678Z");
      const own = makeTile({ x: 1 }, { capturedAt, freshnessLabel: "fresh" });
      const onboard = makeTile({ x: 2, source: "onboard_ingest", flightId: FLIGHT_ID }, {
        quality: QUALITY,
      });
      const broken = makeTile({ x: 3 });
      await cache.store.writeTiles([own, onboard, broken]);
      const change = async (path: string, words: Record<string, unknown>) => {
        const file = `${dataFolder}/tiles/${path}.json`;
        const document = JSON.parse(await Deno.readTextFile(file));
        const tileId = { ...document.tileId, layer: null };
        const text = JSON.stringify({ ...document, tileId, season: "winter", ...words });
        await Deno.writeTextFile(file, text);
        return { file, text };
      };
      const later = await change("local_import/18/1/106845", { freshnessLabel: "suspect" });
      await change(`onboard_ingest/${FLIGHT_ID}/18/2/106845`, { votingStatus: "withdrawn" });
      await change("local_import/18/3/106845", { tileSizePx: 512 });
      await cache.database.query("DELETE FROM tiles");
      assert.deepEqual(await rebuildRows(dataFolder, cache.database), {
        rowsRebuilt: 2,
        sidecarsUnusable: 1,
      });
      const found = await cache.metadata.getById(own.metadata.tileId);
      assert.deepEqual({ ...found, ...own.metadata, freshnessLabel: "stale" }, found);
      const flown = await cache.metadata.getById(onboard.metadata.tileId);
      assert.deepEqual([flown?.votingStatus, flown?.quality], ["pending", QUALITY]);
      assert.equal(await Deno.readTextFile(later.file), later.text);
      // Their sizes are counted as they are, so that reconciliation does not rewrite them.
      let bytes = 0;
      for (const { metadata: { tileId: { source, x, flightId } } } of [own, onboard]) {
        const folder = [source, flightId].filter((part) => part !== undefined).join("/");
        for (const suffix of ["jpg", "json", "sha256"]) {
          const path = `${dataFolder}/tiles/${folder}/18/${x}/106845.${suffix}`;
          bytes += (await Deno.stat(path)).size;
        }
      }
      assert.equal(await cache.metadata.totalDiskBytes(), bytes);
    }),
});

Deno.test("an invalid row is refused, and the column is named", () => {
  const sha256 = "0".repeat(64);
  const own = ["1", "2", sha256, "20000"], uuid = "a".repeat(36);
  const common = [
    "18",
    "256",
    "bing",
    "0.5",
    "1717113600.5",
    "1",
    "",
    "2.5",
    "",
    "",
    "",
    "someone",
  ];
  const known = [uuid, uuid, "30", "-97", "1717113600", "", "", "0"];
  const row = (cells: readonly string[], index = -1, cell = "") => ({
    tile: cells.map((old, i) => i === index ? cell : old).join("\x1f"),
  });
  assert.deepEqual(metadataOf(row([...own, ...common])).capturedAt, new Date(1717113600500));
  assert.equal(metadataOf(row([...own, ...common])).registrationErrorM, 2.5);
  assert.equal(metadataOf(row([...own, ...common], 11)).registrationErrorM, undefined);
  assert.equal(persistentOf(row([...own, ...known, ...common])).uploadAttempts, 0);
  for (
    const [index, cell, column] of [
      [2, "", "content_sha256"],
      [3, "", "disk_bytes"],
      [0, "one", "x"],
      [8, "Infinity", "captured_at"],
      [7, "", "source_gsd_m"],
    ] as const
  ) {
    assert.throws(
      () => metadataOf(row([...own, ...common], index, cell)),
      (error) => error instanceof TileDatabaseError && error.message.includes(column),
      column,
    );
  }
  assert.throws(() => persistentOf(row([...own, ...known, ...common], 4, "")), /its tile_uuid/);
  assert.throws(() => persistentOf(row([...own, ...known, ...common], 8, "")), /its created_at/);
  assert.throws(() => metadataOf({ tile: "1" }), TileDatabaseError);
});

Deno.test("a pipe, a link and a file too large are refused without blocking", async () => {
  await inFolder(async (dataFolder) => {
    const { metadata, jpeg } = makeTile({});
    const { zoom, x, y, source } = metadata.tileId;
    const folder = `${dataFolder}/tiles/${source}/${zoom}/${x}`, path = `${folder}/${y}.jpg`;
    await Deno.mkdir(folder, { recursive: true });
    const read = () => readPictureNow(dataFolder, metadata.tileId, metadata.contentSha256);
    assert.equal(read(), null);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    assert.equal(read(), null);
    await assert.rejects(readTileFile(dataFolder, metadata), TileFsError);
    await Deno.remove(path);
    await Deno.writeFile(`${dataFolder}/elsewhere`, jpeg);
    await Deno.symlink(`${dataFolder}/elsewhere`, path);
    assert.equal(read(), null);
    await Deno.remove(path);
    await Deno.writeFile(path, new Uint8Array(5_000_000));
    assert.equal(read(), null);
    await Deno.writeFile(path, jpeg);
    const first = read();
    assert.deepEqual(first, jpeg);
    assert.notEqual(first?.buffer, read()?.buffer);
  });
});
