/**
 * The tile cache beside its limits, on a PostgreSQL server with real durability:
 *
 * - a durable write of one tile against the bare loop "write + fsync + rename + fsync + one commit";
 * - a batch of 64 against 64 single writes;
 * - warm reads; box queries over 100,000 rows, with growing results; construction.
 *
 *     deno bench -q -P=tasks --allow-net tests/bench/tile_cache.bench.ts
 *
 * @module
 */
import { seededRandom, sha256Hex, syncPath, writeSynced } from "../../src/core/mod.ts";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import type { NewTile } from "../../src/tiles/tile_contract/mod.ts";
import { buildTileStore, openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { openPostgres } from "../../src/tiles/workstation/tile_cache/sql/postgres_database.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { BULK_ZOOM, bulkBox, insertBulkRows } from "../support/tile_rows_bulk.ts";

const TILE_BYTES = 20_000;
const BATCH = 64;

const server = await CrashablePostgres.start();
const folder = await Deno.makeTempDir({ prefix: "gdn-bench-" });
const dsn = server.dsn();
const cache = await openTileCache({ dataFolder: `${folder}/cache`, dsn });
const bare = await openPostgres(dsn);
await bare.query("CREATE TABLE bare (path text PRIMARY KEY, sha256 text NOT NULL)");
await Deno.mkdir(`${folder}/bare`);
await insertBulkRows(bare, { from: 0, to: 100_000, side: 316 });
await bare.query("VACUUM ANALYZE tiles");
// The server's own work after so many rows is over before anything is measured.
await bare.query("CHECKPOINT");
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const random = seededRandom(1);
let next = 0;

/** A tile of 20 kB: the fixture's structure around as many random bytes. */
function newTile(): NewTile {
  const small = makeTile({ x: next, y: 7 }, {}, next);
  const filler = new Uint8Array(TILE_BYTES - small.jpeg.length).map(() => random.integer(255));
  const jpeg = Uint8Array.from([...small.jpeg.subarray(0, -2), ...filler, 0xff, 0xd9]);
  next++;
  return {
    metadata: { ...small.metadata, contentSha256: sha256Hex(jpeg), diskBytes: jpeg.length },
    jpeg,
  };
}

// Its folders are there, and its statements are warm.
for (let i = 0; i < 20; i++) {
  const { metadata, jpeg } = newTile();
  await cache.store.writeTile({ ...metadata, tileId: { ...metadata.tileId, x: 1, y: i } }, jpeg);
}

let written = 0;
Deno.bench({
  name: "bare: write + fsync + rename + fsync + one commit",
  group: "one durable tile",
  baseline: true,
  n: 150,
  async fn(bench) {
    const { jpeg } = newTile();
    const path = `${folder}/bare/${written++}.jpg`;
    bench.start();
    await writeSynced(`${path}.tmp`, jpeg);
    await Deno.rename(`${path}.tmp`, path);
    await syncPath(`${folder}/bare`);
    await bare.transaction(async (sql) => {
      await sql.query("INSERT INTO bare VALUES ($1, $2)", [path, sha256Hex(jpeg)]);
    });
    bench.end();
  },
});

Deno.bench({
  name: "writeTile()",
  group: "one durable tile",
  n: 150,
  async fn(bench) {
    const { metadata, jpeg } = newTile();
    const tileId = { ...metadata.tileId, x: 1, y: 100 + written++ };
    bench.start();
    await cache.store.writeTile({ ...metadata, tileId }, jpeg);
    bench.end();
  },
});

Deno.bench({
  name: `writeTiles() of ${BATCH}: time of ${BATCH} tiles`,
  group: "one durable tile",
  n: 20,
  async fn(bench) {
    const tiles = Array.from({ length: BATCH }, () => {
      const { metadata, jpeg } = newTile();
      return {
        metadata: { ...metadata, tileId: { ...metadata.tileId, x: 2, y: written++ } },
        jpeg,
      };
    });
    bench.start();
    await cache.store.writeTiles(tiles);
    bench.end();
  },
});

const warm = { zoom: 18, x: 1, y: 3, source: "local_import" };
Deno.bench({
  name: "readTilePixels(), warm",
  group: "reads",
  n: 2000,
  async fn() {
    using _pixels = await cache.store.readTilePixels(warm);
  },
});

for (const [width, height] of [[1, 1], [4, 4], [10, 10], [32, 32]]) {
  Deno.bench({
    name: `queryByBbox() over 100,000 rows, result ${width * height}`,
    group: "box queries",
    n: 300,
    async fn(bench) {
      const box = bulkBox(random.integer(280), random.integer(280), width, height);
      bench.start();
      const found = await cache.metadata.queryByBbox(box, BULK_ZOOM);
      bench.end();
      if (found.length !== width * height) throw new Error(`${found.length} tiles`);
    },
  });
}

Deno.bench({
  name: "buildTileStore()",
  group: "construction",
  n: 1000,
  fn() {
    buildTileStore({ dataFolder: "/nowhere" });
  },
});

Deno.bench({
  name: "buildDescriptorIndex()",
  fn() {
    using _index = buildDescriptorIndex("places.index", () => {
      throw new Error("the library was asked for");
    });
  },
});
