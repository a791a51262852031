/** `operator cache …`: its output, and what it changes in the tile cache. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { type TileId, tileUuid } from "../../src/tiles/tile_contract/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { run } from "../faults/programs.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import {
  fill,
  FLIGHT,
  jpegOf,
  linesOf,
  operate,
  type Outcome,
  type Place,
} from "./operator_cache_fixture.ts";
import { emptyCache } from "../support/empty_cache.ts";

const postgres = postgresForFile();
const ignore = !postgresAvailable();

/** A cache on a server (which opens quickly), the options that name it, and a folder beside it. */
async function withCache(
  body: (place: Place, options: string[], folder: string) => Promise<void>,
): Promise<void> {
  await postgres.database((dsn) =>
    inScratch(async (folder) => {
      const place = { dataFolder: `${folder}/data`, dsn };
      await body(place, ["--data", place.dataFolder, "--dsn", dsn], folder);
    })
  );
}

const bing = (x: number, y: number, zoom = 10): TileId => ({ zoom, x, y, source: "bing" });

/** Twelve tiles of bing at zoom 10, two at 11, three of a flight that wait for their upload. */
async function fillSome(place: Place): Promise<void> {
  const jpegs = await Promise.all([10, 90, 170, 250].map(jpegOf));
  const grid = Array.from({ length: 12 }, (_, i) => bing(500 + i % 4, 300 + Math.floor(i / 4)));
  const deep = [bing(1000, 600, 11), bing(1001, 600, 11)];
  await fill(place, [...grid, ...deep].map((tileId, i) => ({ tileId, jpeg: jpegs[i % 4] })));
  const flown = [0, 1, 2].map((x) => ({
    tileId: { zoom: 12, x, y: 7, source: "onboard_ingest", flightId: FLIGHT },
    jpeg: jpegs[x],
  }));
  await fill(place, flown, { votingStatus: "pending", capturedAt: null });
}

const ok = (outcome: Outcome) => {
  assert.equal(outcome.code, 0, outcome.err);
  return outcome;
};

Deno.test({ name: "cache stats counts the tiles", ignore }, async () => {
  await withCache(async (place, options) => {
    await fillSome(place);
    const [stats] = linesOf(ok(await operate(["cache", "stats", ...options, "--json"])));
    assert.equal(stats.tiles, 17);
    assert.equal(stats.pendingUploads, 3);
    assert.equal(stats.undatedTiles, 3);
    assert.equal(stats.capturedOldest, "2024-05-31T00:00:00.000Z");
    assert.equal(stats.diskBytes, stats.countedBytes);
    assert.equal(stats.headroomBytes, Number(stats.budgetBytes) - Number(stats.diskBytes));
    const groups = stats.bySourceAndZoom as { source: string; zoom: number; tiles: number }[];
    assert.deepEqual(groups.map(({ source, zoom, tiles }) => [source, zoom, tiles]), [
      ["bing", 10, 12],
      ["bing", 11, 2],
      ["onboard_ingest", 12, 3],
    ]);
    const text = ok(await operate(["cache", "stats", ...options])).out;
    assert.match(text, /database +PostgreSQL server/);
    assert.match(text, /pending uploads +3/);
  });
});

Deno.test({ name: "cache ls pages through everything once, and filters", ignore }, async () => {
  await withCache(async (place, options) => {
    await fillSome(place);
    const names: unknown[] = [];
    for (let after: string[] = [];;) {
      const args = ["cache", "ls", ...options, "--json", "--limit", "5", ...after];
      const page = linesOf(ok(await operate(args)));
      names.push(...page.map(({ name }) => name));
      if (page.length < 5) break;
      after = ["--after", String(page.at(-1)?.name)];
    }
    assert.equal(names.length, 17);
    assert.equal(new Set(names).size, 17);
    assert.equal(names[0], "bing/10/500/300");
    assert.equal(names[16], `onboard_ingest/${FLIGHT}/12/2/7`);
    const count = async (...filter: string[]) =>
      linesOf(ok(await operate(["cache", "ls", ...options, "--json", ...filter]))).length;
    assert.equal(await count("--zoom", "11"), 2);
    assert.equal(await count("--source", `onboard_ingest/${FLIGHT}`), 3);
    assert.equal(await count("--source", "osm"), 0);
    // Tile 10/500/300 and the two of zoom 11 that are its upper half.
    assert.equal(await count("--bbox", "59.45,-4.2,59.5,-3.9"), 3);
    assert.equal(await count("--bbox", "59.45,-4.2,59.5,-3.9", "--zoom", "11"), 2);
    assert.equal(await count("--bbox", "-85,170,85,-170"), 3, "the flight's lie beside it");
    assert.equal(await count("--bbox", "59.45,170,59.5,-170"), 0);
    assert.equal(await count("--bbox", "59.45,170,59.5,-3.9"), 3, "over the antimeridian");
    const more = await operate(["cache", "ls", ...options, "--limit", "1"]);
    assert.match(more.err, /--after bing\/10\/500\/300/);
  });
});

Deno.test({ name: "cache show and dump take a tile by either name", ignore }, async () => {
  await withCache(async (place, options, folder) => {
    await fillSome(place);
    const id = { zoom: 12, x: 1, y: 7, source: "onboard_ingest", flightId: FLIGHT };
    for (const name of [`onboard_ingest/${FLIGHT}/12/1/7`, tileUuid(id)]) {
      const [tile] = linesOf(ok(await operate(["cache", "show", name, ...options, "--json"])));
      assert.equal(tile.tileUuid, tileUuid(id));
      assert.deepEqual(tile.tileId, id);
      assert.equal((tile.file as { whole: boolean }).whole, true);
    }
    const out = `${folder}/tile.jpg`;
    const dump = ["cache", "dump", "bing/10/500/300", ...options, "--out", out];
    ok(await operate(dump));
    const jpeg = await jpegOf(10);
    assert.deepEqual(await Deno.readFile(out), jpeg);
    assert.equal((await operate(dump)).code, 73, "it exists");
    ok(await operate([...dump, "--force"]));
    for (
      const [args, code, words] of [
        [["show", "bing/10/1/1"], 66, /No tile bing\/10\/1\/1/],
        [["show", "bing/10/../1"], 64, /TILE must be SOURCE/],
        [["show", "../../etc/passwd"], 64, /TILE must be SOURCE/],
        [["show", "bing/10/5000/1"], 64, /must exist at the zoom/],
        [["show", "onboard_ingest/10/1/1"], 64, /flightId/],
        [["show"], 64, /one TILE/],
        [["ls", "--bbox", "1,2,3"], 64, /SOUTH,WEST,NORTH,EAST/],
        [["ls", "--source", "a/b"], 64, /--source/],
        [["ls", "--all", "--limit", "3"], 64, /exclude/],
        [["gc", "--to-bytes", "many"], 64, /--to-bytes/],
        [["export"], 64, /--out/],
        [["export", "--out", `${folder}/x`, "--format", "svg"], 64, /--format/],
        [["export", "--out", `${folder}/x.mbtiles`], 64, /2 sources.*--source/],
        [["export", "--out", `${folder}/x.mbtiles`, "--source", "osm"], 66, /no tile that fits/],
        [["export", "--out", `${folder}/x.tif`, "--source", "bing"], 64, /one zoom.*10, 11/],
      ] as const
    ) {
      const outcome = await operate(["cache", ...args, ...options]);
      assert.equal(outcome.code, code, `${args}: ${outcome.err}`);
      assert.match(outcome.err, words, `${args}`);
    }
    const none = await operate(["cache", "stats", "--data", `${folder}/none`]);
    assert.equal(none.code, 66);
    assert.match(none.err, /no tile cache in/);
  });
});

Deno.test({ name: "cache verify finds every kind of damage, and repairs it", ignore }, async () => {
  await withCache(async (place, options) => {
    await fillSome(place);
    const tiles = `${place.dataFolder}/tiles/bing/10`;
    ok(await operate(["cache", "verify", ...options]));
    const old = new Date(Date.now() - 3_600_000);
    await Deno.remove(`${tiles}/500/300.jpg`);
    await Deno.truncate(`${tiles}/501/300.jpg`, 100);
    const flipped = await Deno.readFile(`${tiles}/502/300.jpg`);
    flipped[300] ^= 1;
    await Deno.writeFile(`${tiles}/502/300.jpg`, flipped);
    await Deno.remove(`${tiles}/503/300.jpg`);
    await Deno.symlink("/etc/hostname", `${tiles}/503/300.jpg`);
    await Deno.remove(`${tiles}/500/301.json`);
    for (const name of ["500/999.jpg", "500/302.jpg.tmp-1234", "500/page.html"]) {
      await Deno.writeTextFile(`${tiles}/${name}`, "<html>");
      await Deno.utime(`${tiles}/${name}`, old, old);
    }
    await Deno.writeTextFile(`${tiles}/500/998.jpg`, "somebody is writing it");
    const found = await operate(["cache", "verify", ...options, "--json"]);
    assert.equal(found.code, 3, found.err);
    const summary = linesOf(found).at(-1);
    assert.deepEqual(summary?.byKind, {
      missing_file: 1,
      wrong_size: 1,
      wrong_hash: 1,
      link: 1,
      missing_sidecar: 1,
      orphan_file: 2,
      temporary_file: 1,
    });
    assert.deepEqual([summary?.young, summary?.repaired, summary?.brokenTiles], [1, 0, 4]);
    const show = await operate(["cache", "show", "bing/10/502/300", ...options]);
    assert.equal(show.code, 65);
    assert.match(show.out, /FAULT/);
    assert.equal((await operate(["cache", "dump", "bing/10/502/300", ...options])).code, 65);

    const repaired = await operate(["cache", "verify", ...options, "--repair"]);
    assert.equal(repaired.code, 3, repaired.err);
    assert.match(repaired.out, /all repaired/);
    await Deno.remove(`${tiles}/500/998.jpg`);
    assert.match(ok(await operate(["cache", "verify", ...options])).out, /13 tiles.*whole/);
    // What lies behind a tile: the last of its row, two at zoom 11, three of the flight.
    const rest = await operate(["cache", "verify", ...options, "--after", "bing/10/502/302"]);
    assert.match(ok(rest).out, /^6 tiles, 39 files/);
    assert.equal(await Deno.readTextFile("/etc/hostname").then(() => true), true);
    const orphaned = `${place.dataFolder}/orphaned/bing/10`;
    assert.deepEqual(await Deno.readFile(`${orphaned}/502/300.jpg`), flipped);
    assert.equal(await Deno.readTextFile(`${orphaned}/500/page.html`), "<html>");
    await using cache = await openTileCache(place);
    assert.equal(await cache.store.tileExists(bing(502, 300)), false);
    assert.equal(await cache.store.tileExists(bing(500, 301)), true);
  });
});

Deno.test(
  { name: "cache gc evicts the oldest, never pending or pinned tiles", ignore },
  async () => {
    await withCache(async (place, options) => {
      await fillSome(place);
      const { pinned, bytes } = await pinOne(place, bing(500, 300));
      const gc = async (...args: string[]) =>
        await operate(["cache", "gc", ...options, "--json", ...args]);
      const size = Math.round(bytes / 2);
      const [planned] = linesOf(ok(await gc("--to-bytes", `${size}`, "--dry-run")));
      const [done] = linesOf(ok(await gc("--to-bytes", `${size}`)));
      const evicted = done.evicted as { tiles: number; bytes: number };
      assert.ok(
        evicted.tiles >= (planned.evicted as { tiles: number }).tiles && evicted.tiles < 14,
      );
      assert.ok((done.left as { bytes: number }).bytes <= size);
      const nothing = await gc("--to-bytes", "0");
      assert.equal(nothing.code, 1);
      assert.match(nothing.err, /pending uploads and tiles pinned/);
      await using cache = await openTileCache(place);
      assert.equal(await cache.store.tileExists(pinned), true);
      assert.equal((await cache.metadata.pendingUploads(null)).length, 3);
      await cache[Symbol.asyncDispose]();
      ok(await operate(["cache", "verify", ...options]));
    });
  },
);

async function pinOne(place: Place, id: TileId): Promise<{ pinned: TileId; bytes: number }> {
  await using cache = await openTileCache(place);
  await cache.database.query(
    "INSERT INTO tile_pins (mission, tile_uuid) VALUES ('kyiv', $1::text::uuid)",
    [tileUuid(id)],
  );
  const [row] = await cache.database.query<{ bytes: number }>(
    "SELECT sum(disk_bytes + sidecar_bytes)::float8 AS bytes FROM tiles",
  );
  return { pinned: id, bytes: row.bytes };
}

Deno.test({ name: "cache gc removes temporary files and old orphans", ignore }, async () => {
  await withCache(async (place, options) => {
    await fillSome(place);
    const half = `${place.dataFolder}/tiles/bing/10/500/300.jpg.tmp-1`;
    const orphan = `${place.dataFolder}/orphaned/bing/1.jpg`;
    await Deno.mkdir(`${place.dataFolder}/orphaned/bing`, { recursive: true });
    for (const path of [half, orphan]) await Deno.writeTextFile(path, "x");
    const old = new Date(Date.now() - 2 * 3_600_000);
    await Deno.utime(half, old, old);
    ok(await operate(["cache", "gc", ...options]));
    assert.equal(await Deno.stat(orphan).then(() => true), true, "younger than 30 days");
    await assert.rejects(Deno.stat(half));
    const [report] = linesOf(
      ok(await operate(["cache", "gc", ...options, "--orphan-days", "0", "--json"])),
    );
    assert.equal((report.tidied as { orphanFiles: number }).orphanFiles, 1);
    await assert.rejects(Deno.stat(orphan));
  });
});

/** Name and hash of every tile. */
async function hashes(options: string[]): Promise<Map<unknown, unknown>> {
  const lines = linesOf(ok(await operate(["cache", "ls", "--all", "--json", ...options])));
  return new Map(lines.map(({ name, contentSha256 }) => [name, contentSha256]));
}

Deno.test({ name: "what is exported and imported again has the same hashes", ignore }, async () => {
  await withCache(async (place, options, folder) => {
    await fillSome(place);
    const wanted = await hashes([...options, "--source", "bing"]);
    assert.equal(wanted.size, 14);
    for (const name of ["a.mbtiles", "a.pmtiles", "tiles"]) {
      const out = `${folder}/${name}`;
      const exported = ["cache", "export", "--out", out, "--source", "bing", ...options, "--json"];
      const [summary] = linesOf(ok(await operate(exported)));
      assert.deepEqual([summary.tiles, summary.zooms], [14, [10, 11]]);
      await postgres.database(async (dsn) => {
        const empty = ["--data", `${folder}/empty-${name}`, "--dsn", dsn];
        ok(await operate(["cache", "import", out, "--source", "bing", ...empty]));
        assert.deepEqual(await hashes(empty), wanted, name);
        const [again] = linesOf(
          ok(await operate(["cache", "import", out, "--source", "bing", ...empty, "--json"])),
        );
        assert.deepEqual([again.written, again.kept], [0, 14]);
        const [tile] = linesOf(
          ok(await operate(["cache", "show", "bing/10/500/300", ...empty, "--json"])),
        );
        assert.equal(tile.attribution, "a survey");
        assert.equal(tile.capturedAt, "2024-05-31T00:00:00.000Z");
      });
    }
  });
});

Deno.test("the launched operator exports, imports and verifies under its permission set", async () => {
  await inScratch(async (folder) => {
    const jpegs = await Promise.all([10, 90].map(jpegOf));
    await Deno.mkdir(`${folder}/tiles/9/100`, { recursive: true });
    for (const [y, jpeg] of jpegs.entries()) {
      await Deno.writeFile(`${folder}/tiles/9/100/${y}.jpg`, jpeg);
    }
    const data = ["--data", await emptyCache(`${folder}/data`)];
    const grants = { write: [folder] };
    const good = async (...args: string[]) => {
      const outcome = await run("operator", args, grants);
      assert.equal(outcome.code, 0, `${args}: ${outcome.err}`);
      return outcome.out;
    };
    await good("cache", "import", `${folder}/tiles`, ...data);
    const out = `${folder}/a.mbtiles`;
    await good("cache", "export", "--out", out, ...data);
    await good("cache", "import", out, "--source", "osm", ...data);
    assert.match(await good("cache", "verify", ...data), /4 tiles.*whole/);
    assert.deepEqual(await Deno.readFile(`${folder}/data/tiles/osm/9/100/1.jpg`), jpegs[1]);
  });
});
