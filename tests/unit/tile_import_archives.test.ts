/** MBTiles, PMTiles and tile folders: valid, damaged and malicious ones. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { inScratch } from "../support/scratch.ts";
import { DataError, GdnError, sha256Hex, UsageError } from "../../src/core/mod.ts";
import { exportPmtiles } from "../../src/tiles/workstation/tile_export/mod.ts";
import {
  type ArchiveSummary,
  importArchive,
  openArchive,
  type TileArchive,
} from "../../src/tiles/workstation/tile_import/mod.ts";
import {
  type NewTile,
  TileFsError,
  type TileId,
  TileMetadataError,
} from "../../src/tiles/tile_contract/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { makePicture, MemoryTiles } from "./tile_export_fixture.ts";
import { MemoryStore, toolkitOf, writePng } from "./tile_import_fixture.ts";

type Row = readonly [
  zoom: unknown,
  column: unknown,
  row: unknown,
  data: Uint8Array | string | null,
];

function writeMbtiles(
  path: string,
  rows: readonly Row[],
  metadata: Readonly<Record<string, string>> = { format: "jpg", attribution: "a survey" },
): void {
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE metadata (name text, value text)");
  // Without types: SQLite then keeps what it is given, whole numbers as 5.0.
  database.exec("CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)");
  const insert = database.prepare("INSERT INTO tiles VALUES (?, ?, ?, ?)");
  for (const row of rows) insert.run(...row as unknown as never[]);
  const say = database.prepare("INSERT INTO metadata VALUES (?, ?)");
  for (const [name, value] of Object.entries(metadata)) say.run(name, value);
  database.close();
}

async function open(path: string, zoom: number | null = null): Promise<TileArchive> {
  const archive = await openArchive(path, zoom);
  assert.ok(archive);
  return archive;
}

async function importFrom(
  path: string,
  zoom: number | null = null,
): Promise<{ summary: ArchiveSummary; store: MemoryStore }> {
  using vision = openVision();
  await using archive = await open(path, zoom);
  const store = new MemoryStore();
  const options = { source: "bing", capturedAt: null, attribution: "" };
  const summary = await importArchive(archive, store, toolkitOf(vision), options);
  return { summary, store };
}

Deno.test("an MBTiles file is imported with its rows counted from the north, PNG and WebP as JPEG", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/a.mbtiles`;
    const jpeg = await makePicture(1);
    const rows: Row[] = [
      [14, 8800, 2 ** 14 - 1 - 5373, jpeg],
      [14, 8801, 2 ** 14 - 1 - 5373, await makePicture(2, "png")],
      [3, 2, 0, await makePicture(3, "webp")],
    ];
    writeMbtiles(path, rows);
    const { summary, store } = await importFrom(path);
    assert.deepEqual([summary.written, summary.refused, summary.zooms], [3, 0, [3, 14]]);
    const tile = store.tiles.get("bing/14/8800/5373");
    assert.deepEqual(tile?.jpeg, jpeg, "JPEG bytes are taken over");
    assert.equal(tile?.metadata.attribution, "a survey");
    assert.equal(tile?.metadata.capturedAt, null);
    for (const key of ["bing/14/8801/5373", "bing/3/2/7"]) {
      const made = store.tiles.get(key);
      assert.deepEqual([...made?.jpeg.subarray(0, 2) ?? []], [0xff, 0xd8], key);
    }
    const one = await importFrom(path, 3);
    assert.deepEqual([...one.store.tiles.keys()], ["bing/3/2/7"]);
    await assert.rejects(
      openArchive(path, 5),
      (error) => error instanceof UsageError && /no zoom 5; it has/.test(error.message),
    );
    // Deduplicated files have a view in the place of the table.
    const view = `${folder}/view.mbtiles`;
    writeMbtiles(view, rows);
    const database = new DatabaseSync(view);
    database.exec(
      "ALTER TABLE tiles RENAME TO map; CREATE VIEW tiles AS SELECT * FROM map WHERE 1 = 1",
    );
    database.close();
    assert.equal((await importFrom(view)).summary.written, 3);
    // As most programs write it: places here, pictures there.
    const joined = `${folder}/joined.mbtiles`;
    writeMbtiles(joined, rows);
    {
      using database = new DatabaseSync(joined);
      database.exec(
        "CREATE TABLE map AS SELECT zoom_level, tile_column, tile_row, rowid || 'id' AS tile_id " +
          "FROM tiles; CREATE UNIQUE INDEX map_index ON map (zoom_level, tile_column, tile_row); " +
          "CREATE TABLE images AS SELECT rowid || 'id' AS tile_id, tile_data FROM tiles; " +
          "CREATE UNIQUE INDEX images_id ON images (tile_id); DROP TABLE tiles; " +
          "CREATE VIEW tiles AS SELECT map.zoom_level AS zoom_level, map.tile_column AS tile_column, " +
          "map.tile_row AS tile_row, images.tile_data AS tile_data FROM map " +
          "JOIN images ON images.tile_id = map.tile_id",
      );
    }
    assert.equal((await importFrom(joined)).summary.written, 3);
    assert.equal((await importFrom(joined, 3)).summary.written, 1);
  });
});

Deno.test("invalid tiles in an MBTiles file are refused by name, and the others are imported", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/bad.mbtiles`;
    const jpeg = await makePicture(1);
    const huge = jpeg.slice();
    const frame = huge.findIndex((byte, i) => byte === 0xff && huge[i + 1] === 0xc0);
    new DataView(huge.buffer).setUint16(frame + 5, 60_000);
    await writePng(`${folder}/pixel.png`, new Uint8Array(3), 1, 1);
    const rows: Row[] = [
      [5, 1, 1, jpeg],
      [5, 2, 1, new TextEncoder().encode("<html>502 Bad Gateway</html>")],
      [5, 3, 1, jpeg.subarray(0, jpeg.length - 500)],
      [5, 4, 1, huge],
      [5, 5, 1, await Deno.readFile(`${folder}/pixel.png`)],
      [5, 6, 1, new Uint8Array(5_000_000)],
      [5, 7, 1, null],
      [5, 8, 1, "text"],
      [5, 99, 1, jpeg],
      [5, 9, -1, jpeg],
      ["../../etc", 1, 1, jpeg],
      [40, 1, 1, jpeg],
      [5, 1, 1, jpeg],
      [5, 10, 1, new Uint8Array()],
    ];
    writeMbtiles(path, rows);
    // A hundred megabytes that is never read.
    const database = new DatabaseSync(path);
    database.exec("INSERT INTO tiles VALUES (5, 11, 1, zeroblob(120000000))");
    database.close();
    const before = Deno.memoryUsage().rss;
    const { summary, store } = await importFrom(path);
    assert.ok(Deno.memoryUsage().rss - before < 100e6, "the blob is not read");
    assert.deepEqual([...store.tiles.keys()], ["bing/5/1/30"]);
    assert.equal(summary.refused, rows.length);
    const told = summary.refusals.map(({ name, reason }) => `${name}: ${reason}`).join("\n");
    for (
      const words of [
        /5\/2\/30: no picture can be read/,
        /5\/3\/30: the tile is damaged/,
        /5\/4\/30: .*60000 pixels/,
        /5\/5\/30: 1×1 pixels/,
        /5\/6\/30: 5000000 bytes/,
        /5\/8\/30: its tile_data is not a blob/,
        /column 99, row 1: there is no such tile at zoom 5/,
        /row 11: its zoom, column or row is not a tile number/,
        /5\/1\/30: the tile is in the archive twice/,
        /5\/10\/30: it is empty/,
        /5\/11\/30: 120000000 bytes/,
      ]
    ) assert.match(told, words);
  });
});

Deno.test("a file that is not MBTiles is refused with the reason", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/a.mbtiles`;
    const refused = async (make: () => unknown, words: RegExp) => {
      await Deno.remove(path).catch(() => {});
      await make();
      await assert.rejects(
        async () => {
          const { summary } = await importFrom(path);
          throw new Error(`it came in: ${JSON.stringify(summary)}`);
        },
        (error) => error instanceof GdnError && error.exitCode === 65 && words.test(error.message),
        `${words}`,
      );
    };
    const sql = (text: string) => () => {
      const database = new DatabaseSync(path);
      database.exec(text);
      database.close();
    };
    await refused(
      () => Deno.writeTextFile(path, "no database"),
      /a\.mbtiles: it is not an SQLite file/,
    );
    await refused(() => Deno.writeTextFile(path, ""), /not an SQLite file/);
    await refused(
      () => Deno.writeTextFile(path, "SQLite format 3\0" + "x".repeat(5000)),
      /SQLite cannot read it/,
    );
    await refused(sql("CREATE TABLE planets (name text)"), /no table "tiles" \(tables: planets\)/);
    await refused(sql("CREATE TABLE tiles (a, b)"), /no such column/);
    await refused(() => writeMbtiles(path, []), /table tiles is empty/);
    await refused(() => writeMbtiles(path, [[1, 0, 0, "x"]], { format: "pbf" }), /vector tiles/);
    await refused(
      sql(
        "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) " +
          "SELECT 1 AS zoom_level, i AS tile_column, 0 AS tile_row, NULL AS tile_data FROM n",
      ),
      /"tiles" generates rows/,
    );
    const jpeg = await makePicture(1);
    await refused(async () => {
      const rows = Array.from({ length: 50 }, (_, x): Row => [9, x, 3, jpeg.with(30, x)]);
      writeMbtiles(path, rows);
      const bytes = await Deno.readFile(path);
      bytes.fill(0xa5, Math.floor(bytes.length / 3), Math.floor(2 * bytes.length / 3));
      await Deno.writeFile(path, bytes);
    }, /SQLite cannot read it.*(malformed|corrupt)/s);
  });
});

async function writePmtiles(path: string): Promise<MemoryTiles> {
  const tiles = new MemoryTiles();
  for (let i = 0; i < 6; i++) {
    tiles.add({ zoom: 17, x: 70_000 + i, y: 45_000 }, await makePicture(i % 3));
  }
  await exportPmtiles(tiles, { selection: { source: "bing" }, out: path, force: true, name: "a" });
  return tiles;
}

Deno.test("a PMTiles file is imported byte by byte, with its date and attribution", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/a.pmtiles`;
    const tiles = await writePmtiles(path);
    const { summary, store } = await importFrom(path);
    assert.deepEqual([summary.written, summary.refused], [6, 0]);
    for (const [key, { metadata }] of tiles.tiles) {
      const stored = store.tiles.get(`bing/${key}`)?.metadata;
      assert.equal(stored?.contentSha256, metadata.contentSha256);
      assert.equal(stored?.attribution, "a survey");
      assert.equal(stored?.capturedAt?.toISOString(), "2024-05-31T00:00:00.000Z");
    }
  });
});

Deno.test("a PMTiles file with invalid numbers is refused", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/a.pmtiles`;
    await writePmtiles(path);
    const good = await Deno.readFile(path);
    const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset);
    /** With another root directory, in the room of the old sections. */
    const withRoot = (numbers: number[], raw = false) => {
      const bytes = good.slice();
      const root = raw ? Uint8Array.from(numbers) : new Uint8Array(gzipSync(varints(numbers)));
      const at = bytes.length;
      const longer = new Uint8Array(at + root.length);
      longer.set(bytes);
      longer.set(root, at);
      view(longer).setBigUint64(8, BigInt(at), true);
      view(longer).setBigUint64(16, BigInt(root.length), true);
      return longer;
    };
    const changed = (change: (view: DataView) => void) => {
      const bytes = good.slice();
      change(view(bytes));
      return bytes;
    };
    const id = 5_726_623_061;
    for (
      const [bytes, words] of [
        [good.subarray(0, 60), /a PMTiles header alone has 127/],
        [good.subarray(0, good.length - 10), /the file ends at/],
        [changed((v) => v.setUint8(0, 0x51)), /not a PMTiles file/],
        [changed((v) => v.setUint8(7, 2)), /version 2, only version 3 is supported/],
        [changed((v) => v.setUint8(99, 1)), /no pictures/],
        [changed((v) => v.setUint8(97, 4)), /metadata cannot be read .*by how much its map/],
        [changed((v) => v.setUint8(98, 9)), /compression 9, which PMTiles version 3 does not know/],
        [changed((v) => v.setBigUint64(8, 2n ** 60n, true)), /root directory at byte/],
        [changed((v) => v.setBigUint64(56, 2n ** 50n, true)), /tiles at byte/],
        [withRoot([1, 2, 3], true), /directories are damaged/],
        [withRoot([2 ** 40]), /states \d+ entries/],
        [withRoot([0]), /Empty directory/],
        // Leaf that is the root's own place, leaf outside, ids that fall, a run without an end.
        [withRoot([1, id, 0, 5000, 1]), /a leaf stands at byte/],
        [withRoot([2, id, 0, 1, 1, 9, 9, 1, 10]), /tile id \d+ follows/],
        [withRoot([1, id, 2 ** 45, 9, 1]), /a run of/],
        [withRoot([1, 2 ** 50, 1, 9, 1]), /tile id/],
        [withRoot([1, 4_000_000_000, 60_000_000, 9, 1]), /more than 50000000 tiles/],
      ] as const
    ) {
      await Deno.writeFile(path, bytes);
      await assert.rejects(
        openArchive(path, null),
        (error) => error instanceof DataError && words.test(error.message),
        `${words}`,
      );
    }
    // Tiles that lie outside of the file, or are no pictures, are named; the good one comes in.
    const first = varintsOfFirstTile(good);
    await Deno.writeFile(path, withRoot([3, id, 1, 1, 1, 1, 1, first, 9000, 40, 1, 900_000, 3]));
    const { summary } = await importFrom(path);
    assert.equal(summary.refused, 2, JSON.stringify(summary.refusals));
    assert.match(summary.refusals[0].reason, /its directory puts it at byte/);
  });
});

/** Length of the first picture: the archive's data begin with it. */
function varintsOfFirstTile(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = Number(view.getBigUint64(56, true));
  for (let at = start + 2;; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return at + 2 - start;
  }
}

function varints(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let value of numbers) {
    for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}

Deno.test("a tile folder is imported at every zoom; files that are not tiles are named", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/tiles`;
    const jpeg = await makePicture(1);
    for (const column of ["3/2", "4/5", "4/0099"]) {
      await Deno.mkdir(`${path}/${column}`, { recursive: true });
    }
    await Deno.writeFile(`${path}/3/2/1.jpg`, jpeg);
    await Deno.writeFile(`${path}/4/5/6.jpeg`, jpeg);
    await Deno.writeFile(`${path}/3/2/9.png`, jpeg);
    await Deno.writeFile(`${path}/3/2/notes.txt`, jpeg);
    await Deno.writeTextFile(`${folder}/secret.jpg`, "outside");
    await Deno.symlink(`${folder}/secret.jpg`, `${path}/3/2/0.jpg`);
    const { summary, store } = await importFrom(path);
    assert.deepEqual([...store.tiles.keys()].sort(), ["bing/3/2/1", "bing/4/5/6"]);
    const told = summary.refusals.map(({ name, reason }) => `${name}: ${reason}`).sort().join("\n");
    assert.equal(summary.refused, 2, told);
    assert.match(told, /3\/2\/0\.jpg: is a link that leads out/);
    assert.match(told, /3\/2\/9\.png: there is no such tile at zoom 3/);
    assert.deepEqual((await importFrom(path, 4)).summary.zooms, [4]);
    await assert.rejects(openArchive(path, 7), UsageError);
    assert.equal(sha256Hex(jpeg), store.tiles.get("bing/3/2/1")?.metadata.contentSha256);
  });
});

Deno.test("a tile that the store refuses is named, the others of its batch are imported; a failing store ends the import", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/a.mbtiles`;
    const jpeg = await makePicture(1);
    writeMbtiles(path, [0, 1, 2, 3].map((x): Row => [9, x, 3, jpeg]));
    using vision = openVision();
    const options = { source: "bing", capturedAt: null, attribution: "" };
    const importWith = async (refuse: (tile: NewTile) => Error | null) => {
      await using archive = await open(path);
      const store = new MemoryStore();
      const sink = {
        tileExists: (id: TileId) => store.tileExists(id),
        writeTiles: (tiles: readonly NewTile[]) => {
          const error = tiles.map(refuse).find((found) => found !== null);
          return error ? Promise.reject(error) : store.writeTiles(tiles);
        },
      };
      const summary = await importArchive(archive, sink, toolkitOf(vision), options);
      return { summary, store };
    };
    const stale = new TileMetadataError("Cannot take it: too old for where it lies");
    const { summary, store } = await importWith((t) => t.metadata.tileId.x === 2 ? stale : null);
    assert.deepEqual([summary.written, summary.refused, store.tiles.size], [3, 1, 3]);
    assert.match(summary.refusals[0].name, /9\/2\/508/);
    assert.match(summary.refusals[0].reason, /too old/);
    const full = new TileFsError("the disk is full");
    await assert.rejects(importWith(() => full), full);
  });
});

Deno.test("openArchive() returns null for other sources, and throws for a missing file", async () => {
  await inScratch(async (folder) => {
    await writePng(`${folder}/a.png`, new Uint8Array(30 * 30 * 3), 30, 30);
    assert.equal(await openArchive(`${folder}/a.png`, null), null);
    assert.equal(await openArchive(folder, null), null);
    await assert.rejects(
      openArchive(`${folder}/none.mbtiles`, null),
      (error) => error instanceof GdnError && error.exitCode === 66,
    );
    await Deno.writeTextFile(`${folder}/b.pmtiles`, "no");
    await assert.rejects(openArchive(`${folder}/b.pmtiles`, null), /is not a PMTiles file/);
  });
});
