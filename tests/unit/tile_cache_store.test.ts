/**
 * The SQL store beyond the contract: factories, recorder and times of use, lost sidecars and lost
 * databases.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { ManualClock } from "../../src/core/mod.ts";
import { checkProduced } from "../../src/flight/flight_recorder/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import {
  TileDatabaseError,
  TileMetadataError,
  type TileRecordSink,
} from "../../src/tiles/tile_contract/mod.ts";
import {
  buildTileMetadataStore,
  buildTileStore,
  openTileCache,
} from "../../src/tiles/workstation/tile_cache/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { emptyCache } from "../support/empty_cache.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();

function inFolder(body: (dataFolder: string) => Promise<void>): Promise<void> {
  return inScratch((folder) => body(`${folder}/cache`));
}

function recorder() {
  const records: { kind: string; payload: Record<string, unknown> }[] = [];
  const fdr: TileRecordSink = {
    enqueue: ({ kind, payload }) => {
      checkProduced(kind, payload);
      records.push({ kind, payload });
      return "ok";
    },
  };
  return { records, fdr };
}

Deno.test("the factories construct without any I/O, and throw when they are used unopened", async () => {
  await inFolder(async (dataFolder) => {
    const { metadata, jpeg } = makeTile({});
    await using store = buildTileStore({ dataFolder });
    await using metadataStore = buildTileMetadataStore({ dataFolder });
    await assert.rejects(store.writeTile(metadata, jpeg), TileDatabaseError);
    await assert.rejects(metadataStore.totalDiskBytes(), TileDatabaseError);
    await assert.rejects(Deno.stat(dataFolder), Deno.errors.NotFound);
  });
  const { fdr } = recorder();
  assert.throws(() => buildTileStore({ dataFolder: "/nowhere", fdr }), TypeError);
});

Deno.test("writes and failures are recorded, judged and timed by the injected clock", async () => {
  const clock = new ManualClock({ startUtc: new Date("2026-05-01T00:00:00Z") });
  const { records, fdr } = recorder();
  const freshnessGate = {
    admit: () => "downgraded" as const,
    judgeAt: ({ tileId }: { tileId: { x: number } }) => ({
      outcome: tileId.x === 1 ? "rejected" as const : "stale" as const,
    }),
  };
  const store = new FakeTileStore({ clock, fdr, freshnessGate });
  const tiles = [makeTile({ x: 1, y: 5 }), makeTile({ x: 2, y: 5 })];
  await store.writeTiles(tiles);
  await assert.rejects(store.writeTile(tiles[0].metadata, tiles[0].jpeg), TileMetadataError);
  assert.deepEqual(records.map(({ kind }) => kind), ["c6.write", "c6.write", "c6.write_failed"]);
  assert.equal(records[0].payload.freshnessLabel, "downgraded");
  const world = { southDeg: -85, northDeg: 86, westDeg: -180, eastDeg: 180 };
  const now = await store.queryByBbox(world, 18);
  assert.deepEqual(now.map(({ freshnessLabel }) => freshnessLabel), ["downgraded", "downgraded"]);
  const later = await store.queryByBbox(world, 18, new Date());
  assert.deepEqual(later.map(({ tileId, freshnessLabel }) => [tileId.x, freshnessLabel]), [
    [2, "stale"],
  ]);
  using _pixels = await store.readTilePixels(tiles[1].metadata.tileId);
  const stamped = await store.getById(tiles[1].metadata.tileId);
  assert.deepEqual(stamped?.accessedAt, new Date("2026-05-01T00:00:00Z"));
});

Deno.test({
  name: "a server's store records, stamps in batches, and accepts files that were restored",
  ignore,
  fn: () =>
    postgres.database((dsn) =>
      inFolder(async (dataFolder) => {
        const clock = new ManualClock({ startUtc: new Date("2026-05-01T00:00:00Z") });
        const { records, fdr } = recorder();
        await using cache = await openTileCache({ dataFolder, dsn, clock, fdr });
        const { metadata, jpeg } = makeTile({});
        await cache.store.writeTile(metadata, jpeg);
        await assert.rejects(cache.store.writeTile(metadata, jpeg), TileMetadataError);
        assert.deepEqual(records.map(({ kind }) => kind), ["c6.write", "c6.write_failed"]);
        using _pixels = await cache.store.readTilePixels(metadata.tileId);
        await cache.metadata.lruCandidates(1);
        const stamped = await cache.metadata.getById(metadata.tileId);
        assert.deepEqual(stamped?.accessedAt, new Date("2026-05-01T00:00:00Z"));
        await assert.rejects(cache.metadata.insertMetadata(metadata), TileMetadataError);
        await cache.database.query("DELETE FROM tiles WHERE zoom = $1", [18]);
        await cache.metadata.insertMetadata(metadata);
        assert.equal(await cache.store.tileExists(metadata.tileId), true);
      })
    ),
});

Deno.test({
  name: "sidecars lost with the power are written again from their rows",
  ignore,
  fn: () =>
    postgres.database((dsn) =>
      inFolder(async (dataFolder) => {
        const tiles = [1, 2, 3].map((x) => makeTile({ x, y: 5 }, {}, x));
        const at = (x: number) => `${dataFolder}/tiles/local_import/18/${x}/5`;
        let json = "";
        {
          await using cache = await openTileCache({ dataFolder, dsn });
          await cache.store.writeTiles(tiles);
          json = await Deno.readTextFile(`${at(1)}.json`);
        }
        await Deno.truncate(`${at(1)}.json`, 0);
        await Deno.remove(`${at(2)}.sha256`);
        await using cache = await openTileCache({ dataFolder, dsn, reconcile: "always" });
        assert.equal(await Deno.readTextFile(`${at(1)}.json`), json);
        assert.ok((await Deno.stat(`${at(2)}.sha256`)).size > 64);
        for (const { metadata, jpeg } of tiles) {
          using pixels = await cache.store.readTilePixels(metadata.tileId);
          assert.deepEqual(pixels.jpeg, jpeg);
        }
      })
    ),
});

Deno.test({
  name: "a PGlite database that is missing or broken is rebuilt from the sidecars",
  // PGlite's own interval timers outlive its close.
  sanitizeOps: false,
  fn: () =>
    inFolder(async (dataFolder) => {
      const quality = { misplacementBoundM: 2, frameGsdM: 0.1, frameSequence: 9 };
      const tiles = [
        makeTile({ x: 1 }, { capturedAt: new Date("2026-01-02T03:04:05.678Z") }, 1),
        makeTile({ x: 2, source: "onboard_ingest", flightId: crypto.randomUUID() }, { quality }, 2),
        makeTile({ x: 3 }, {}, 3),
      ];
      {
        await using cache = await openTileCache({ dataFolder: await emptyCache(dataFolder) });
        await cache.store.writeTiles(tiles);
      }
      const damage = [
        () => Deno.remove(`${dataFolder}/database`, { recursive: true }),
        () => Deno.truncate(`${dataFolder}/database/global/pg_control`, 100),
      ];
      for (const [round, harm] of damage.entries()) {
        await harm();
        // The content of one picture does not match its sidecar any more.
        if (round === 1) {
          await Deno.truncate(`${dataFolder}/tiles/local_import/18/3/106845.jpg`, 50);
        }
        await using cache = await openTileCache({ dataFolder });
        const there = tiles.slice(0, round === 0 ? 3 : 2);
        for (const { metadata, jpeg } of there) {
          using pixels = await cache.store.readTilePixels(metadata.tileId);
          assert.deepEqual(pixels.jpeg, jpeg);
          const found = await cache.metadata.getById(metadata.tileId);
          assert.deepEqual(found?.capturedAt, metadata.capturedAt);
          assert.deepEqual(found?.quality, metadata.quality);
        }
        assert.equal(await cache.store.tileExists(tiles[2].metadata.tileId), round === 0);
        assert.equal((await cache.metadata.pendingUploads(null)).length, 1);
      }
    }),
});
