/**
 * The disk budget on a PostgreSQL server and on PGlite: what is evicted, what is kept, and the
 * accounting.
 */
import assert from "node:assert/strict";
import { ManualClock } from "../../src/core/mod.ts";
import type { FdrSink, NewRecord } from "../../src/flight/flight_recorder/mod.ts";
import {
  CacheBudgetExhaustedError,
  type ManagedTileCache,
  type ManagedTileCacheOptions,
  openManagedTileCache,
} from "../../src/tiles/workstation/tile_cache/budget/mod.ts";
import { BudgetLedger } from "../../src/tiles/workstation/tile_cache/budget/ledger.ts";
import { ContentHashMismatchError, TileMetadataError } from "../../src/tiles/tile_contract/mod.ts";
import { FLIGHT_ID, makeTile } from "../contract/tile_fixture.ts";
import { bytesBelow } from "../support/disk_use.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { emptyCache } from "../support/empty_cache.ts";

const postgres = postgresForFile();
const ROOMY = 1024 ** 3;

interface Told {
  readonly logged: Record<string, unknown>[];
  readonly recorded: NewRecord[];
}

type Open = (change?: Partial<ManagedTileCacheOptions>) => Promise<ManagedTileCache & Told>;

/** `open` may be called repeatedly and opens the same cache. */
async function inCache(dsn: string | undefined, body: (open: Open) => Promise<void>) {
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-budget-" });
  try {
    if (dsn === undefined) await emptyCache(dataFolder);
    await body(async (change = {}) => {
      const logged: Record<string, unknown>[] = [], recorded: NewRecord[] = [];
      const info = (event: string, fields: Readonly<Record<string, unknown>>) =>
        void logged.push({ event, ...fields });
      const fdr = {
        enqueue(record: NewRecord) {
          recorded.push(record);
          return "ok";
        },
      } as Pick<FdrSink, "enqueue">;
      const cache = await openManagedTileCache({
        dataFolder,
        dsn,
        logger: { info, warn: info },
        fdr,
        budgetBytes: ROOMY,
        ...change,
      });
      return { ...cache, logged, recorded };
    });
  } finally {
    await Deno.remove(dataFolder, { recursive: true });
  }
}

const numbered = (x: number, change = {}) => makeTile({ x, y: 7 }, change, x);
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

async function present({ store }: ManagedTileCache, xs: readonly number[]): Promise<number[]> {
  const there = await Promise.all(xs.map((x) => store.tileExists(numbered(x).metadata.tileId)));
  return xs.filter((_, i) => there[i]);
}

/** Accounting, rows and disk agree, and nothing is reserved. */
async function assertInOrder(cache: ManagedTileCache, dataFolder: string): Promise<void> {
  const state = await cache.budget.state();
  assert.equal(state.diskBytes, await bytesBelow(`${dataFolder}/tiles`));
  assert.equal(await cache.metadata.totalDiskBytes(), state.diskBytes);
  assert.deepEqual([state.writingBytes, state.leavingBytes], [0, 0]);
}

const folderOf = ({ logged }: Told) =>
  logged.find(({ event }) => event === "c6.store.construct")?.dataFolder as string;

const BODIES: Record<string, (open: Open) => Promise<void>> = {
  "the least recently used are evicted first, in batches, each logged": async (open) => {
    // The order of use is the order of writing, except for x = 3, which is read long afterwards.
    const clock = new ManualClock({ startUtc: new Date("2100-01-01T00:00:00Z") });
    let full: number;
    {
      await using cache = await open({ clock });
      for (const x of range(1, 20)) await cache.store.writeTiles([numbered(x)]);
      using _read = await cache.store.readTilePixels(numbered(3).metadata.tileId);
      full = await cache.metadata.totalDiskBytes();
    }
    await using cache = await open({ clock, budgetBytes: full, evictionBatchSize: 7 });
    await cache.store.writeTiles([numbered(21)]);
    assert.deepEqual(await present(cache, range(1, 21)), [3, ...range(9, 21)]);
    const told = cache.logged.filter(({ event }) => event === "c6.evicted");
    assert.deepEqual(told.map(({ tileId }) => (tileId as { x: number }).x), [1, 2, 4, 5, 6, 7, 8]);
    const batches = cache.recorded.filter(({ kind }) => kind === "c6.eviction_batch");
    assert.equal(batches.length, 1);
    const payload = batches[0].payload as unknown as {
      evictedCount: number;
      tileIds: { x: number }[];
    };
    assert.equal(payload.evictedCount, 7);
    assert.deepEqual(payload.tileIds.map(({ x }) => x), [1, 2, 4, 5, 6]);
    await assertInOrder(cache, folderOf(cache));
  },
  "tiles of missions and pending uploads are kept, and a write that cannot fit evicts nothing":
    async (
      open,
    ) => {
      const pending = makeTile({ x: 50, y: 7, source: "onboard_ingest", flightId: FLIGHT_ID });
      let full: number;
      {
        await using cache = await open();
        await cache.store.writeTile(pending.metadata, pending.jpeg);
        for (const x of range(1, 10)) await cache.store.writeTiles([numbered(x)]);
        const mission = range(1, 8).map((x) => numbered(x).metadata.tileId);
        const unknown = numbered(999).metadata.tileId;
        assert.equal(await cache.pins.pinTiles("valley", [...mission, unknown]), 8);
        assert.equal(await cache.pins.pinTiles("other", mission.slice(0, 1)), 1);
        full = await cache.metadata.totalDiskBytes();
      }
      await using cache = await open({ budgetBytes: full });
      const three = range(21, 23).map((x) => numbered(x));
      await assert.rejects(cache.store.writeTiles(three), CacheBudgetExhaustedError);
      assert.deepEqual(await present(cache, range(1, 10)), range(1, 10), "nothing was sacrificed");
      await cache.store.writeTiles([numbered(31)]);
      assert.deepEqual(await present(cache, [...range(1, 10), 31]), [...range(1, 8), 31]);
      assert.ok(await cache.store.tileExists(pending.metadata.tileId));
      assert.equal(await cache.pins.unpinMission("valley"), 8);
      await cache.store.writeTiles(three);
      assert.deepEqual(await present(cache, [1, 2]), [1], "another mission still holds it");
      assert.ok(await cache.store.tileExists(pending.metadata.tileId));
      await cache.metadata.markUploaded(pending.metadata.tileId);
      await cache.pins.unpinMission("other");
      await cache.store.deleteTile(numbered(1).metadata.tileId);
      await assertInOrder(cache, folderOf(cache));
    },
  "tiles that would be refused anyway, or exist already, evict nothing": async (open) => {
    let full: number;
    {
      await using cache = await open();
      await cache.store.writeTiles(range(1, 10).map((x) => numbered(x)));
      full = await cache.metadata.totalDiskBytes();
    }
    await using cache = await open({ budgetBytes: full });
    const all = range(1, 10).map((x) => numbered(x));
    assert.deepEqual(await cache.store.writeTiles(all, { existing: "keep" }), {
      written: 0,
      kept: 10,
    });
    await assert.rejects(cache.store.writeTiles([numbered(3), numbered(11)]), TileMetadataError);
    const wrong = numbered(12, { contentSha256: "0".repeat(64) });
    await assert.rejects(
      cache.store.writeTile(wrong.metadata, wrong.jpeg),
      ContentHashMismatchError,
    );
    const huge = numbered(13);
    await assert.rejects(cache.budget.reserveHeadroom(full + 1), CacheBudgetExhaustedError);
    assert.equal(await cache.store.tileExists(huge.metadata.tileId), false);
    assert.equal((await present(cache, range(1, 10))).length, 10);
    await assertInOrder(cache, folderOf(cache));
  },
  "a stale tile of a conflict sector evicts nothing": async (open) => {
    let full: number;
    {
      await using cache = await open();
      await cache.store.writeTiles(range(1, 5).map((x) => numbered(x)));
      full = await cache.metadata.totalDiskBytes();
      const bbox = { southDeg: -90, westDeg: -180, northDeg: 90, eastDeg: 180 };
      const sector = { name: "world", classification: "active_conflict", bbox } as const;
      await cache.freshnessSettings.addSector(sector);
    }
    await using cache = await open({ budgetBytes: full });
    await assert.rejects(cache.store.writeTiles([numbered(6)]), { code: "FRESHNESS_REJECTION" });
    assert.equal((await present(cache, range(1, 5))).length, 5);
    assert.ok(cache.recorded.some(({ kind }) => kind === "c6.freshness.rejected"));
    await cache.freshnessSettings.removeSector("world");
  },
  "reserved space is not given to another owner until its lease ends": async (open) => {
    await using cache = await open({ budgetBytes: 10_000 });
    const other = new BudgetLedger(cache.database, 1);
    assert.ok(await other.tryReserve(6_000, 10_000));
    assert.equal(await cache.budget.tryReserveHeadroom(6_000), null);
    {
      await using _small = await cache.budget.tryReserveHeadroom(4_000);
      assert.equal((await cache.budget.state()).writingBytes, 10_000);
    }
    assert.equal((await cache.budget.state()).writingBytes, 6_000);
    // The other owner does not renew its lease of one second, as if its process had died.
    const begin = performance.now();
    await using _room = await cache.budget.reserveHeadroom(6_000);
    assert.ok(performance.now() - begin > 500, "it waited for the lease");
    assert.equal((await cache.budget.state()).writingBytes, 6_000);
  },
  "deleting and renewing keep the accounting right, and rows of an older version get their sidecars counted":
    async (
      open,
    ) => {
      let folder: string;
      {
        await using cache = await open();
        folder = folderOf(cache);
        await cache.store.writeTiles(range(1, 6).map((x) => numbered(x)));
        await cache.store.deleteTile(numbered(2).metadata.tileId);
        const newer = makeTile({ x: 4, y: 7 }, { capturedAt: new Date("2026-01-01") }, 400);
        await cache.store.renewTile(newer.metadata, newer.jpeg);
        await assertInOrder(cache, folder);
        await cache.database.query("UPDATE tiles SET sidecar_bytes = NULL WHERE x < 4");
        assert.ok(await cache.metadata.totalDiskBytes() < await bytesBelow(`${folder}/tiles`));
      }
      await using cache = await open();
      await assertInOrder(cache, folder);
    },
};

for (const [title, body] of Object.entries(BODIES)) {
  Deno.test({
    name: `PostgreSQL: ${title}`,
    ignore: !postgresAvailable(),
    fn: () => postgres.database((dsn) => inCache(dsn, body)),
  });
}

Deno.test({
  name: "PGlite: the same for missions and reserved space",
  // PGlite's own interval timers outlive its close.
  sanitizeOps: false,
  fn: () =>
    inCache(undefined, async (open) => {
      // Opening a PGlite takes a second: only the cases that differ most from a server are run.
      const titles = Object.keys(BODIES).filter((_, i) => i === 1 || i === 4);
      for (const [title, body] of Object.entries(BODIES)) {
        if (!titles.includes(title)) continue;
        try {
          await body(open);
        } catch (error) {
          throw new Error(title, { cause: error });
        }
        // One database serves all of them: each case leaves it empty.
        await using cache = await open();
        for (const mission of await cache.pins.missions()) {
          await cache.pins.unpinMission(mission.mission);
        }
        for (const { tileId } of await cache.catalogue.listTiles({ limit: 1000 })) {
          await cache.store.deleteTile(tileId);
        }
        await assertInOrder(cache, folderOf(cache));
      }
    }),
});
