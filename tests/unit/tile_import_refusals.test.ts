/**
 * An import of which the store refuses some tiles, and one of very many tiles.
 *
 * @module
 */
import assert from "node:assert/strict";
import { tileBounds } from "../../src/core/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import { TileDatabaseError } from "../../src/tiles/tile_contract/mod.ts";
import { FreshnessRejectionError } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { type Imagery, importTiles } from "../../src/tiles/workstation/tile_import/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";

const ZOOM = 18;
const OPTIONS = { zoom: ZOOM, source: "local_import", capturedAt: null, attribution: "" };

/** A row of tiles that all look alike. */
function rowOfTiles(count: number): Imagery {
  const { jpeg } = makeTile({});
  return {
    gsdM: 0.5,
    registrationErrorM: 0,
    latitudeDeg: 50,
    capturedAt: null,
    tiles: () => Array.from({ length: count }, (_, x) => ({ zoom: ZOOM, x, y: 88_000 })),
    paint: () => Promise.resolve({ jpeg: jpeg.slice(), coverage: 1 }),
    notes: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const tooOldFor = (x: number) =>
  new FreshnessRejectionError({ zoom: ZOOM, x, y: 88_000, source: "local_import" }, {
    outcome: "rejected",
    reason: "no_capture_date",
    ageS: null,
    rule: { classification: "active_conflict", maxAgeS: 86_400 },
    sectors: [],
    refusedAfter: null,
  });

Deno.test("importTiles(): what is too old for its sector is named, the others go in", async () => {
  const store = new FakeTileStore({
    freshnessGate: {
      admit({ tileId: { x } }) {
        if (x === 3 || x === 70) throw tooOldFor(x);
        return "fresh";
      },
      judgeAt: () => ({ outcome: "fresh" }),
    },
  });
  const summary = await importTiles(rowOfTiles(80), store, OPTIONS);
  assert.equal(summary.written, 78);
  assert.equal(summary.refused, 2);
  assert.deepEqual(summary.refusals.map(({ name }) => name), [
    `tile ${ZOOM}/3/88000`,
    `tile ${ZOOM}/70/88000`,
  ]);
  assert.match(summary.refusals[0].reason, /the capture date of its picture is unknown/);
  assert.equal((await store.statistics())[0].tiles, 78);
});

Deno.test("importTiles(): a database that fails ends the import", async () => {
  const store = {
    tileExists: () => Promise.resolve(false),
    writeTiles: () => Promise.reject(new TileDatabaseError("gone")),
  };
  await assert.rejects(importTiles(rowOfTiles(2), store, OPTIONS), TileDatabaseError);
});

Deno.test("importTiles() of more tiles than a function takes arguments", async () => {
  const store = {
    tileExists: () => Promise.resolve(true),
    writeTiles: () => Promise.reject(new Error("nothing is new")),
  };
  const summary = await importTiles(rowOfTiles(200_000), store, OPTIONS);
  assert.equal(summary.kept, 200_000);
  assert.equal(summary.bounds?.westDeg, -180);
  const last = tileBounds({ zoom: ZOOM, x: 199_999, y: 88_000 });
  assert.equal(summary.bounds?.eastDeg, last.eastDeg);
});
