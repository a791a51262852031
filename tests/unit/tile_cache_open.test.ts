/**
 * Opening a cache: locks, identity of folder and database, reconciliation. With two real server
 * databases and PGlite.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import {
  CacheIdentityError,
  CacheLockedError,
  ContentHashMismatchError,
  TileDatabaseError,
  TileFsError,
} from "../../src/tiles/tile_contract/mod.ts";
import { openTileCache, type TileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { REPOSITORY } from "../support/paths.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";

const ignore = !postgresAvailable();
const postgres = postgresForFile();

/** A folder and the DSN of an empty database on a server. */
function test(name: string, body: (dataFolder: string, dsn: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: () => postgres.database((dsn) => inScratch((dataFolder) => body(dataFolder, dsn))),
  });
}

const write = (cache: TileCache, tile = makeTile({})) =>
  cache.store.writeTile(tile.metadata, tile.jpeg);

const STEM = "tiles/local_import/18/77213/106845";

async function names(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(folder)) found.push(entry.name);
  return found.sort();
}

Deno.test("openTileCache() on PGlite refuses a second process and names the first", () =>
  inScratch(async (dataFolder) => {
    const held = await Deno.open(`${dataFolder}/cache.lock`, { create: true, write: true });
    try {
      await held.lock(true);
      await held.write(new TextEncoder().encode("4711\n"));
      await assert.rejects(
        openTileCache({ dataFolder }),
        (error) => error instanceof CacheLockedError && /process 4711/.test(error.message),
      );
      assert.deepEqual(await names(dataFolder), ["cache.lock"]);
    } finally {
      held.close();
    }
  }));

Deno.test("openTileCache() names a folder that cannot be made", () =>
  inScratch(async (folder) => {
    const dataFolder = `${folder}/file/cache`;
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(
      openTileCache({ dataFolder }),
      (error) => error instanceof TileFsError && error.message.includes(dataFolder),
    );
  }));

Deno.test("openTileCache() names a server that cannot be reached, but not its password", () =>
  inScratch(async (dataFolder) => {
    const dsn = "postgresql://pilot:secret@127.0.0.1:1/tiles";
    await assert.rejects(
      openTileCache({ dataFolder, dsn }),
      (error) => error instanceof TileDatabaseError && !/secret/.test(error.message),
    );
  }));

test(
  "a cache on a server is shared, and one writer's tiles are the other's",
  async (dataFolder, dsn) => {
    await using one = await openTileCache({ dataFolder, dsn });
    await using other = await openTileCache({ dataFolder, dsn });
    await write(one);
    assert.equal(await other.store.tileExists(makeTile({}).metadata.tileId), true);
    await assert.rejects(openTileCache({ dataFolder }), CacheLockedError);
  },
);

test(
  "openTileCache() refuses files and databases that do not belong together",
  async (folder, dsn) => {
    await inScratch(async (otherFolder) => {
      {
        await using cache = await openTileCache({ dataFolder: folder, dsn });
        await write(cache);
      }
      await assert.rejects(openTileCache({ dataFolder: otherFolder, dsn }), CacheIdentityError);
      await postgres.database(async (otherDsn) => {
        await assert.rejects(
          openTileCache({ dataFolder: folder, dsn: otherDsn }),
          CacheIdentityError,
        );
      });
      await using again = await openTileCache({ dataFolder: folder, dsn });
      assert.equal(await again.store.tileExists(makeTile({}).metadata.tileId), true);
    });
  },
);

test("a tile is three files, and none are left after deletion", async (dataFolder, dsn) => {
  await using cache = await openTileCache({ dataFolder, dsn });
  await write(cache);
  const folder = `${dataFolder}/tiles/local_import/18/77213`;
  assert.deepEqual(await names(folder), ["106845.jpg", "106845.json", "106845.sha256"]);
  const { metadata } = makeTile({});
  assert.equal(
    await Deno.readTextFile(`${dataFolder}/${STEM}.sha256`),
    `${metadata.contentSha256}  106845.jpg\n`,
  );
  const json = JSON.parse(await Deno.readTextFile(`${dataFolder}/${STEM}.json`));
  assert.deepEqual(json.tileId, metadata.tileId);
  await cache.store.deleteTile(metadata.tileId);
  assert.deepEqual(await names(folder), []);
});

test(
  "a batch whose files cannot be written leaves neither rows nor files",
  async (dataFolder, dsn) => {
    await using cache = await openTileCache({ dataFolder, dsn });
    const tiles = Array.from({ length: 30 }, (_, x) => makeTile({ x, y: 9 }, {}, x));
    await Deno.mkdir(`${dataFolder}/tiles/local_import/18`, { recursive: true });
    // A file stands where a folder is needed: writing x = 20 fails in the middle.
    await Deno.writeTextFile(`${dataFolder}/tiles/local_import/18/20`, "");
    await assert.rejects(cache.store.writeTiles(tiles), TileFsError);
    await Deno.remove(`${dataFolder}/tiles/local_import/18/20`);
    assert.equal(await cache.metadata.totalDiskBytes(), 0);
    for await (const entry of Deno.readDir(`${dataFolder}/tiles/local_import/18`)) {
      assert.deepEqual(await names(`${dataFolder}/tiles/local_import/18/${entry.name}`), []);
    }
    assert.deepEqual(await cache.store.writeTiles(tiles), { written: 30, kept: 0 });
  },
);

test("reading a tile whose file was changed or deleted throws", async (dataFolder, dsn) => {
  await using cache = await openTileCache({ dataFolder, dsn });
  const tile = makeTile({});
  await write(cache, tile);
  const changed = tile.jpeg.slice();
  changed[100] ^= 1;
  await Deno.writeFile(`${dataFolder}/${STEM}.jpg`, changed);
  await assert.rejects(cache.store.readTilePixels(tile.metadata.tileId), ContentHashMismatchError);
  await Deno.remove(`${dataFolder}/${STEM}.jpg`);
  await assert.rejects(cache.store.readTilePixels(tile.metadata.tileId), TileFsError);
  await cache.store.deleteTile(tile.metadata.tileId);
  await write(cache, tile);
});

test(
  "reconciliation drops rows without file, moves orphans, deletes temporary files",
  async (folder, dsn) => {
    const tiles = [1, 2, 3].map((x) => makeTile({ x }, {}, x));
    {
      await using cache = await openTileCache({ dataFolder: folder, dsn });
      await cache.store.writeTiles(tiles);
    }
    const at = (x: number) => `${folder}/tiles/local_import/18/${x}/106845`;
    await Deno.remove(`${at(1)}.jpg`);
    await Deno.truncate(`${at(2)}.jpg`, 100);
    await Deno.writeFile(`${at(3)}.jpg.tmp-123`, new Uint8Array(5));
    await Deno.mkdir(`${folder}/tiles/osm/18/7`, { recursive: true });
    await Deno.writeFile(`${folder}/tiles/osm/18/7/7.jpg`, tiles[0].jpeg);

    await using cache = await openTileCache({ dataFolder: folder, dsn, reconcile: "always" });
    const exists = await Promise.all(
      tiles.map((tile) => cache.store.tileExists(tile.metadata.tileId)),
    );
    assert.deepEqual(exists, [false, false, true]);
    assert.deepEqual(await names(`${folder}/tiles/local_import/18/3`), [
      "106845.jpg",
      "106845.json",
      "106845.sha256",
    ]);
    assert.deepEqual(await names(`${folder}/tiles/osm/18/7`), []);
    assert.deepEqual(await Deno.readFile(`${folder}/orphaned/osm/18/7/7.jpg`), tiles[0].jpeg);
    await cache.store.writeTiles(tiles.slice(0, 2));
  },
);

Deno.test("openTileCache() reads its migrations from beside the program", async () => {
  const { MIGRATIONS_FOLDER } = await import(
    "../../src/tiles/workstation/tile_cache/sql/migrations.ts"
  );
  assert.equal(MIGRATIONS_FOLDER.pathname, `${REPOSITORY}/migrations/`);
});

Deno.test("openTileCache() on PGlite names the permission that it lacks", () =>
  inScratch(async (folder) => {
    const program = `${folder}/program.ts`;
    await Deno.writeTextFile(
      program,
      `import { openTileCache } from "${REPOSITORY}/src/tiles/workstation/tile_cache/mod.ts";
      await openTileCache({ dataFolder: "${folder}/cache" });`,
    );
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--cached-only",
        `--config=${REPOSITORY}/deno.json`,
        "--allow-env",
        `--allow-read=${folder},${REPOSITORY}/migrations`,
        `--allow-write=${folder}`,
        program,
      ],
    }).output();
    const message = new TextDecoder().decode(stderr);
    assert.match(message, /TileDatabaseError.*PGlite may not read its own files in .*--allow-read/);
  }));
