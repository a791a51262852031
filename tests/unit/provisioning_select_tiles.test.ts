import assert from "node:assert/strict";
import { UsageError } from "../../src/core/mod.ts";
import { provisionCommand } from "../../src/operator/commands/provision.ts";
import { ProvisioningError } from "../../src/workstation/provisioning/mod.ts";
import { FreshTiles } from "../../src/workstation/provisioning/fresh_tiles.ts";
import { selectTiles } from "../../src/workstation/provisioning/select_tiles.ts";
import type { TileMetadata } from "../../src/tiles/tile_contract/mod.ts";

function tile(x: number, y: number, change: Partial<TileMetadata> = {}, source = "bing") {
  return {
    tileId: { zoom: 16, x, y, source },
    tileSizePx: 256,
    sourceGsdM: 0.5,
    capturedAt: new Date("2020-01-01"),
    contentSha256: "0".repeat(64),
    diskBytes: 1,
    coverage: 1,
    attribution: "",
    ...change,
  } as const satisfies TileMetadata;
}

function cacheOf(tiles: readonly TileMetadata[]) {
  return {
    queryByBbox: (_: unknown, zoom: number) =>
      Promise.resolve(tiles.filter(({ tileId }) => tileId.zoom === zoom)),
    readTilePixels: () => Promise.reject(new Error("no pixels are needed to choose")),
  };
}

const FLIGHT_AT = new Date("2026-01-01");

/** A gate that refuses what `stale` says, and lets the others expire on one day. */
function freshUnless(stale: (tile: TileMetadata) => boolean): FreshTiles {
  return new FreshTiles({
    now: () => FLIGHT_AT,
    judgeAt: (tile) => ({
      outcome: stale(tile) ? "rejected" : "fresh",
      reason: "older_than_rule",
      rule: { classification: "active_conflict" },
      refusedAfter: new Date("2026-03-01"),
    }),
  }, null);
}
const allFresh = () => freshUnless(() => false);

Deno.test("selectTiles() takes the newest, then the fullest tile of each place, in a fixed order", async () => {
  const newer = tile(101, 200, { capturedAt: new Date("2022-01-01"), coverage: 0.5 }, "esri");
  const full = tile(100, 200, { coverage: 1 }, "googlemaps");
  const tiles = [tile(101, 200), newer, tile(100, 200, { coverage: 0.7 }), full, tile(102, 202)];
  tiles.push(tile(102, 202, { capturedAt: null }, "aaa"));
  for (const order of [tiles, [...tiles].reverse()]) {
    const selection = await selectTiles(cacheOf(order), null, null, allFresh());
    assert.deepEqual(selection.tiles, [full, newer, tile(102, 202)]);
    assert.deepEqual(selection.rectangle, { xMin: 100, xMax: 103, yMin: 200, yMax: 203 });
    assert.equal(selection.holes.length, 6);
    assert.deepEqual(selection.holes[0], { x: 102, y: 200 });
  }
});

Deno.test("selectTiles() leaves tiles made in flight out, and says when nothing is left", async () => {
  const onboard = tile(1, 1, {}, "onboard_ingest");
  await assert.rejects(selectTiles(cacheOf([onboard]), null, null, allFresh()), ProvisioningError);
  await assert.rejects(
    selectTiles(cacheOf([tile(1, 1)]), null, 12, allFresh()),
    /no tiles at zoom 12/,
  );
});

Deno.test("selectTiles() leaves stale tiles out, counts them, and never falls back on them", async () => {
  const old = tile(100, 200), newer = tile(101, 200, { capturedAt: new Date("2025-12-01") });
  const fresh = freshUnless(({ capturedAt }) => capturedAt === null || capturedAt < FLIGHT_AT_LESS);
  const undated = tile(101, 200, { capturedAt: null, coverage: 1 }, "esri");
  const selection = await selectTiles(cacheOf([old, undated, newer]), null, null, fresh);
  assert.deepEqual(selection.tiles, [newer]);
  assert.deepEqual(fresh.leftOut, [
    { classification: "active_conflict", reason: "older_than_rule", tiles: 2 },
  ]);
  assert.equal(fresh.expiryOf(newer), "2026-03-01T00:00:00.000Z");
  const none = freshUnless(() => true);
  await assert.rejects(
    selectTiles(cacheOf([old, newer]), null, null, none),
    /2 tiles, and all are too old for their sector on 2026-01-01.*active_conflict/,
  );
});
const FLIGHT_AT_LESS = new Date("2025-07-02");

Deno.test("selectTiles() refuses tiles so far apart that their rectangle is no area", async () => {
  const far = [tile(0, 0), tile(60_000, 60_000)];
  await assert.rejects(selectTiles(cacheOf(far), null, null, allFresh()), /--area or --centre/);
});

Deno.test("provision refuses wrong options before it opens anything", async () => {
  const command = provisionCommand({
    openQueue: () => Promise.reject(new Error("without --workers there is no queue")),
    openTools: () => Promise.reject(new Error("nothing may be opened")),
  });
  const wrong = [
    [],
    ["--out", "p", "--area", "1,2,3"],
    ["--out", "p", "--area", "3,2,1,4"],
    ["--out", "p", "--area", "-10,179,10,-179"],
    ["--out", "p", "--centre", "50,30"],
    ["--out", "p", "--centre", "0,179.999", "--radius", "5000"],
    ["--out", "p", "--centre", "50,30", "--radius", "100", "--area", "1,2,3,4"],
    ["--out", "p", "--zoom", "23"],
    ["--out", "p", "--agl", "130", "--footprint", "100"],
    ["--out", "p", "--agl", "130,"],
    ["--out", "p", "--map-sigma", "0"],
    ["--out", "p", "--name", " "],
    ["--out", "p", "--flight-at", "tomorrow"],
    ["--out", "p", "extra"],
  ];
  for (const args of wrong) {
    // deno-lint-ignore no-explicit-any
    await assert.rejects(command.run(args, {} as any), UsageError, args.join(" "));
  }
});
