/**
 * Maintenance of a cache: links that lead out, orphans that belong to a tile again, sectors of a
 * lost database, refusals that must be recorded.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { ManualClock } from "../../src/core/mod.ts";
import { restoreSettings } from "../../src/tiles/workstation/tile_cache/freshness/kept_settings.ts";
import { moveOrphan } from "../../src/tiles/workstation/tile_cache/inspection/repair.ts";
import { TileFsError } from "../../src/tiles/tile_contract/mod.ts";
import {
  CacheBudgetExhaustedError,
  FreshnessRejectionError,
  openManagedTileCache,
  openTileCache,
  verifyCache,
} from "../../src/tiles/workstation/tile_cache/mod.ts";
import type { SqlDatabase } from "../../src/tiles/workstation/tile_cache/sql/database.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { emptyCache } from "../support/empty_cache.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();
const COLUMN = "tiles/local_import/18/77213";

function inFolder(body: (dataFolder: string) => Promise<void>): Promise<void> {
  return inScratch((folder) => body(`${folder}/cache`));
}

function onServer(name: string, body: (dataFolder: string, dsn: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: () => postgres.database((dsn) => inFolder((dataFolder) => body(dataFolder, dsn))),
  });
}

onServer("a sidecar is never written through a link that stands in its place", async (
  dataFolder,
  dsn,
) => {
  const precious = `${dataFolder}/../precious.txt`;
  await Deno.mkdir(`${dataFolder}/${COLUMN}`, { recursive: true });
  await Deno.writeTextFile(precious, "mine");
  await using cache = await openTileCache({ dataFolder, dsn });
  for (const suffix of [".json", ".sha256", ".jpg"]) {
    await Deno.symlink(precious, `${dataFolder}/${COLUMN}/106845${suffix}`);
  }
  const { metadata, jpeg } = makeTile({});
  await cache.store.writeTile(metadata, jpeg);
  assert.equal(await Deno.readTextFile(precious), "mine");
  for (const suffix of [".json", ".sha256", ".jpg"]) {
    assert.ok((await Deno.lstat(`${dataFolder}/${COLUMN}/106845${suffix}`)).isFile);
  }
  using pixels = await cache.store.readTilePixels(metadata.tileId);
  assert.deepEqual(pixels.jpeg, jpeg);
});

onServer("verify names a folder of tiles that is a link to another place", async (
  dataFolder,
  dsn,
) => {
  await using cache = await openTileCache({ dataFolder, dsn });
  const { metadata, jpeg } = makeTile({});
  await cache.store.writeTile(metadata, jpeg);
  await Deno.rename(`${dataFolder}/${COLUMN}`, `${dataFolder}/../elsewhere`);
  await Deno.symlink(`${dataFolder}/../elsewhere`, `${dataFolder}/${COLUMN}`);
  const report = await verifyCache({ database: cache.database, dataFolder }, {
    quick: true,
    repair: false,
    youngerThanMs: 0,
  });
  assert.equal(report.byKind.link, 1);
  await assert.rejects(cache.store.readTilePixels(metadata.tileId), TileFsError);
});

onServer("a file that got its row since it was judged an orphan stays", async (dataFolder, dsn) => {
  await using cache = await openTileCache({ dataFolder, dsn });
  const { metadata, jpeg } = makeTile({});
  await cache.store.writeTile(metadata, jpeg);
  const place = { database: cache.database, dataFolder };
  assert.equal(await moveOrphan(place, `${COLUMN}/106845.jpg`), false);
  using pixels = await cache.store.readTilePixels(metadata.tileId);
  assert.deepEqual(pixels.jpeg, jpeg);
  await Deno.writeTextFile(`${dataFolder}/${COLUMN}/7.jpg`, "nobody's");
  assert.equal(await moveOrphan(place, `${COLUMN}/7.jpg`), true);
});

onServer("tiles that find no room are recorded as not written", async (dataFolder, dsn) => {
  const kinds: string[] = [];
  await using cache = await openManagedTileCache({
    dataFolder,
    dsn,
    budgetBytes: 100,
    clock: new ManualClock({ startUtc: new Date("2026-07-01T00:00:00Z") }),
    fdr: {
      enqueue({ kind }) {
        kinds.push(kind);
        return "ok";
      },
    },
  });
  const { metadata, jpeg } = makeTile({}, { capturedAt: new Date("2026-06-01T00:00:00Z") });
  await assert.rejects(cache.store.writeTile(metadata, jpeg), CacheBudgetExhaustedError);
  assert.deepEqual(kinds, ["c6.write_failed"]);
});

Deno.test({
  name: "sectors and rules survive the loss of an embedded database, which is logged",
  // PGlite's own interval timers outlive its close.
  sanitizeOps: false,
  fn: () =>
    inFolder(async (dataFolder) => {
      await emptyCache(dataFolder);
      const bbox = { southDeg: 20, westDeg: -180, northDeg: 80, eastDeg: 180 };
      const front = { name: "front", classification: "active_conflict", bbox } as const;
      const rear = { name: "rear", classification: "stable_rear", bbox } as const;
      const told: string[] = [];
      const open = () =>
        openManagedTileCache({
          dataFolder,
          logger: { info: () => {}, warn: (event) => void told.push(event) },
        });
      const young = makeTile({ x: 1 }, { capturedAt: new Date() });
      const stale = makeTile({ x: 2 }, { capturedAt: new Date(Date.now() - 50 * 86_400_000) });
      {
        await using cache = await open();
        await cache.freshnessSettings.addSector(front);
        await cache.freshnessSettings.addSector(rear);
        await cache.freshnessSettings.setRule({
          classification: "active_conflict",
          maxAgeS: 30 * 86_400,
        });
        await cache.freshnessSettings.removeSector("rear");
        await cache.freshness.reload();
        await cache.store.writeTile(young.metadata, young.jpeg);
      }
      assert.deepEqual(told, []);
      await Deno.remove(`${dataFolder}/database`, { recursive: true });
      {
        await using cache = await open();
        assert.deepEqual(told, ["c6.store.rows_rebuilt"]);
        assert.deepEqual(await cache.freshnessSettings.sectors(), [front]);
        await assert.rejects(
          cache.store.writeTile(stale.metadata, stale.jpeg),
          FreshnessRejectionError,
        );
        assert.equal(await cache.store.tileExists(young.metadata.tileId), true);
      }
      // The kept copy is damaged: the cache must not open without its sectors. (It throws before it
      // queries the database.)
      await Deno.writeTextFile(`${dataFolder}/freshness.json`, "{");
      await assert.rejects(
        restoreSettings(dataFolder, {} as SqlDatabase),
        /holds the sectors of a database that was lost/,
      );
    }),
});
