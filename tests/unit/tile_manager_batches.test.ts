/** BatchWriter: writes the tiles that a download fetched into the cache. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { BATCH_MAX } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { BatchWriter } from "../../src/tiles/workstation/tile_manager/download/batch_writer.ts";
import { Tally } from "../../src/tiles/workstation/tile_manager/download/tally.ts";
import { FreshnessRejectionError } from "../../src/tiles/workstation/tile_cache/freshness/mod.ts";
import { SystemClock } from "../../src/core/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import {
  type NewTile,
  type TileId,
  TileMetadataError,
  WriteJournal,
} from "../../src/tiles/tile_contract/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";

interface Write {
  readonly xs: readonly number[];
  readonly end: (error?: unknown) => void;
}

/** A cache whose writes end when the test says so, and a clock that the test sets. */
function makeRig() {
  const writes: Write[] = [], tally = new Tally();
  const clock = { nowMs: 0 };
  const writer = new BatchWriter(
    {
      writeTiles(tiles) {
        const { promise, resolve, reject } = Promise.withResolvers<{ written: number }>();
        const end = (error?: unknown) =>
          error === undefined ? resolve({ written: tiles.length }) : reject(error);
        writes.push({ xs: tiles.map(({ metadata }) => metadata.tileId.x), end });
        return promise;
      },
    },
    tally,
    () => clock.nowMs,
  );
  return { writes, tally, clock, writer };
}

const { jpeg, metadata } = makeTile({ x: 0, y: 7 }, {}, 1);
const tile = (x: number): NewTile => ({
  jpeg,
  metadata: { ...metadata, tileId: { ...metadata.tileId, x } },
});
const tooOld = (x: number) =>
  new FreshnessRejectionError({ ...metadata.tileId, x }, {
    outcome: "rejected",
    ageS: 1e8,
    reason: "older_than_rule",
    sectors: [],
    refusedAfter: null,
    rule: { classification: "active_conflict", maxAgeS: 1 },
  });
const settled = () => sleep(0);

Deno.test("BatchWriter.add() returns during a write until the next batch is full, then waits", async () => {
  const { writer, writes, tally } = makeRig();
  let added = 0;
  const adding = (async () => {
    for (; added < 2000; added++) await writer.add(tile(added));
  })();
  await settled();
  const begun = writes[0].xs.length;
  assert.equal(writes.length, 1);
  assert.equal(added, begun + BATCH_MAX - 1, "the last one waits for room");
  writes[0].end();
  await settled();
  assert.equal(writes[1].xs.length, BATCH_MAX);
  for (let next = 1; tally.fetched < 2000 && next < 20; next++) {
    writes[next]?.end();
    await settled();
    if (added === 2000) void writer.flush();
  }
  await adding;
  assert.deepEqual(
    writes.flatMap(({ xs }) => xs),
    Array.from({ length: 2000 }, (_, x) => x),
    "each once, in order",
  );
});

Deno.test("BatchWriter writes a small batch when its tiles have waited for long", async () => {
  const { writer, writes, clock } = makeRig();
  await writer.add(tile(1));
  clock.nowMs = 499;
  await writer.add(tile(2));
  assert.equal(writes.length, 0);
  clock.nowMs = 500;
  await writer.add(tile(3));
  assert.deepEqual(writes[0].xs, [1, 2, 3]);
  writes[0].end();
  await writer.flush();
});

Deno.test("BatchWriter: a tile that is too old splits its batch and does not affect the others", async () => {
  const { writer, writes, tally } = makeRig();
  for (let x = 0; x < 10; x++) await writer.add(tile(x));
  const flushed = writer.flush();
  writes[0].end(tooOld(4));
  await settled();
  writes[1].end();
  await settled();
  writes[2].end(tooOld(9));
  await settled();
  writes[3].end();
  await flushed;
  assert.deepEqual(
    writes.slice(1).map(({ xs }) => xs),
    [[0, 1, 2, 3], [5, 6, 7, 8, 9], [5, 6, 7, 8]],
  );
  assert.deepEqual(tally.refused.map(({ tileId }) => tileId.x), [4, 9]);
  assert.equal(tally.fetched, 8);
});

Deno.test("BatchWriter: after a fault nothing more is written, and every later call throws it", async () => {
  const { writer, writes } = makeRig();
  for (let x = 0; x < 300; x++) await writer.add(tile(x));
  writes[0].end(new Error("the disk is full"));
  await settled();
  await assert.rejects(writer.add(tile(300)), /the disk is full/);
  await assert.rejects(writer.flush(), /the disk is full/);
  assert.equal(writes.length, 1);
});

Deno.test("the record names each refused tile once, each written one once, and all tiles of a batch that fails as a whole", async () => {
  const refusedXs = new Set([40, 50, 60]), damagedXs = new Set<number>();
  const recorded: [kind: string, x: number][] = [];
  const store = new FakeTileStore({
    clock: new SystemClock(),
    fdr: {
      enqueue: ({ kind, payload: { tileId } }) => void recorded.push([kind, (tileId as TileId).x]),
    },
    freshnessGate: {
      admit({ tileId: { x } }) {
        if (refusedXs.has(x)) throw tooOld(x);
        return "fresh";
      },
      judgeAt: () => ({ outcome: "fresh" }),
    },
    decodePicture: (_jpeg, name) =>
      damagedXs.has(Number(name.split("/")[1]))
        ? Promise.reject(new Error("it is damaged inside"))
        : Promise.resolve(),
  });
  const tally = new Tally(), writer = new BatchWriter(store, tally);
  for (let x = 0; x < 64; x++) await writer.add(tile(x));
  await writer.flush();
  assert.equal(tally.fetched, 61);
  const xsOf = (kind: string) =>
    recorded.filter(([other]) => other === kind).map(([, x]) => x).sort((a, b) => a - b);
  assert.deepEqual(xsOf("c6.write_failed"), [...refusedXs]);
  const others = Array.from({ length: 64 }, (_, x) => x).filter((x) => !refusedXs.has(x));
  assert.deepEqual(xsOf("c6.write"), others);

  // A damaged picture counts as one tile too.
  recorded.length = 0;
  damagedXs.add(102);
  await assert.rejects(store.writeTiles([101, 102, 103].map(tile)), TileMetadataError);
  assert.deepEqual(recorded, [["c6.write_failed", 102]]);

  // A fault of a tile of another batch, and a fault that concerns all tiles: none was written.
  for (const fault of [tooOld(7), new TileMetadataError("no tile at all"), new Error("disk")]) {
    recorded.length = 0;
    const all = [201, 202, 203].map(tile);
    const journal = new WriteJournal({
      clock: new SystemClock(),
      fdr: { enqueue: ({ payload: { tileId } }) => recorded.push(["", (tileId as TileId).x]) },
    });
    await assert.rejects(journal.watch(all, () => Promise.reject(fault)));
    assert.deepEqual(recorded.map(([, x]) => x), [201, 202, 203]);
  }
});
