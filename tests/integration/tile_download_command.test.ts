/**
 * `operator tiles download` against the real provider: the shipped command under its permission
 * set, and in this process.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inScratch } from "../support/scratch.ts";
import type { DownloadReport } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { BATCH_MAX } from "../../src/tiles/workstation/tile_manager/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { run } from "../faults/programs.ts";
import { type Block, boxOf, boxText, layTiles, ZOOM } from "../support/download_rig.ts";
import { operate } from "./operator_cache_fixture.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import { emptyCache } from "../support/empty_cache.ts";

const postgres = postgresForFile();

const WORLD: Block = { x: 152_000, y: 88_000, columns: 8, rows: 8 };

Deno.test("interrupted, resumed with a tile that fails, then only that tile: each is fetched once", () =>
  inScratch(async (folder) => {
    await layTiles(`${folder}/tiles`, WORLD);
    await emptyCache(`${folder}/data`);
    await using provider = await ProviderProcess.start(["--tiles", `${folder}/tiles`]);
    const place = ["--url", provider.url, "--data", `${folder}/data`, "--rate", "0"];
    const area = ["--zoom", `${ZOOM}`, "--bbox", boxText(WORLD)];
    const grants = {
      write: [folder],
      net: [new URL(provider.url).host],
      env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN },
    };
    const requests = async () => (await provider.state()).requests.tiles ?? 0;

    const args = ["--quiet", "tiles", "download", ...place, ...area, "--rate", "25"];
    const { command, args: all } = operatorCommand(args, grants);
    const interrupted = new Deno.Command(command, {
      args: all,
      env: { NO_COLOR: "1", ...grants.env },
      stdout: "null",
      stderr: "null",
    }).spawn();
    while (await requests() < 12) await sleep(20);
    interrupted.kill("SIGINT");
    assert.equal((await interrupted.status).code, 130);
    const arrived = await requests();
    assert(arrived < 64, `${arrived} requests before the interruption`);

    // One tile fails permanently: five answers of 500 without Retry-After.
    const headers = { "retry-after": "0" };
    await provider.misbehave({
      route: "tiles",
      after: 5,
      times: 5,
      act: { kind: "status", status: 500, headers },
    });
    const list = `${folder}/failed.json`;
    const download = ["tiles", "download", ...place, "--concurrency", "1", "--json"];
    const nowhere = [...download, ...area, "--failed", `${folder}/absent/failed.json`];
    assert.equal((await run("operator", nowhere, grants)).code, 66);
    assert.equal(await requests(), arrived, "refused before the download");
    const second = await run("operator", [...download, ...area, "--failed", list], grants);
    assert.equal(second.code, 75, second.err);
    const report = JSON.parse(second.out);
    assert.deepEqual([report.kept, report.fetched], [arrived, 63 - arrived]);
    assert.equal(JSON.parse(await Deno.readTextFile(list)).length, 1);
    assert.equal(await requests(), 64 + 4, "each tile once, and the failing one five times");

    const third = await run("operator", [...download, "--retry", list], grants);
    assert.equal(third.code, 0, third.err);
    assert.equal(JSON.parse(third.out).fetched, 1);
    assert.equal(await requests(), 64 + 5);

    const beside = ["--zoom", `${ZOOM}`, "--bbox", boxText({ ...WORLD, x: WORLD.x + 20, rows: 1 })];
    const asked = ["tiles", "download", "--url", `${provider.url}tiles/{z}/{x}/{y}`, ...beside];
    const nothing = await run("operator", [...asked, "--data", `${folder}/data`], grants);
    assert.equal(nothing.code, 3, "nothing at all is no success");
    assert.match(nothing.err, /has none of the 8 tiles: check the area.*\{-y\}/s);
  }));

/** `tiles download` in this process. */
async function downloaded(args: readonly string[], exitCode = 0): Promise<DownloadReport> {
  Deno.env.set("GDN_SATELLITE_TOKEN", CLIENT_TOKEN);
  try {
    const { code, out, err } = await operate(["tiles", "download", "--json", ...args]);
    assert.equal(code, exitCode, err);
    return JSON.parse(out);
  } finally {
    Deno.env.delete("GDN_SATELLITE_TOKEN");
  }
}

async function refreshed(dsn: string, folder: string): Promise<void> {
  const row: Block = { ...WORLD, columns: 4, rows: 1 };
  await layTiles(`${folder}/tiles`, row);
  await using provider = await ProviderProcess.start(["--tiles", `${folder}/tiles`]);
  const args = [
    ...["--url", `${provider.url}tiles/{z}/{x}/{y}`, "--rate", "0", "--dsn", dsn],
    ...["--data", `${folder}/data`, "--zoom", `${ZOOM}`, "--bbox", boxText(row)],
  ];
  const unchanged = async () => (await provider.state()).requests.tiles_unchanged ?? 0;
  assert.equal((await downloaded(args)).fetched, 4);

  // Three cases: touched (newer by date, the same by ETag); renewed; replaced by an older picture,
  // as by a provider that restored a backup, which a date alone would not reveal.
  const path = (column: number) => `${folder}/tiles/${ZOOM}/${row.x + column}/${row.y}.jpg`;
  const later = new Date(Date.now() + 60_000), longAgo = new Date("2020-01-01T00:00:00Z");
  await Deno.utime(path(0), later, later);
  for (const [to, from, date] of [[1, 3, later], [2, 0, longAgo]] as const) {
    await Deno.copyFile(path(from), path(to));
    await Deno.utime(path(to), date, date);
  }
  const before = await unchanged();
  const report = await downloaded([...args, "--refresh"], 65);
  assert.deepEqual([report.fetched, report.unchanged], [1, 2]);
  assert.equal(await unchanged() - before, 2, "304 without a body, the touched one too");
  assert.deepEqual(report.refused.map(({ tileId }) => tileId.x - row.x), [2]);
  assert.match(report.refused[0].reason, /captured 2020-01-01.*the tile in the cache is newer/);

  const muchLater = new Date(Date.now() + 600_000);
  for (const column of [0, 1, 3]) await Deno.utime(path(column), muchLater, muchLater);
  await downloaded([...args, "--refresh"], 65);
  assert.equal(await unchanged() - before, 5, "the mark of the renewed one is known as well");
}

Deno.test({
  name: "a refresh sends the provider's ETag, which is more exact than a date",
  ignore: !postgresAvailable(),
  fn: () => postgres.database((dsn) => inScratch((folder) => refreshed(dsn, folder))),
});

Deno.test("killed and started again: every tile is there once, and at most two batches are fetched twice", () =>
  inScratch(async (folder) => {
    await emptyCache(`${folder}/data`);
    // Killed with at least 120 tiles kept: two batches may not be.
    const world: Block = { ...WORLD, columns: 40, rows: 36 };
    const count = world.columns * world.rows, concurrency = 8;
    await using provider = await ProviderProcess.start(["--synthetic", "4"]);
    const grants = {
      write: [folder],
      net: [new URL(provider.url).host],
      env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN },
    };
    const requests = async () => (await provider.state()).requests.tiles ?? 0;
    const download = [
      ...["tiles", "download", "--url", provider.url, "--data", `${folder}/data`, "--rate", "0"],
      ...["--zoom", `${ZOOM}`, "--bbox", boxText(world), "--json"],
      ...["--concurrency", `${concurrency}`],
    ];
    const { command, args } = operatorCommand(download, grants);
    const killed = new Deno.Command(command, {
      args,
      env: grants.env,
      stdout: "null",
      stderr: "null",
    }).spawn();
    while (await requests() < 2 * BATCH_MAX + 128) await sleep(5);
    killed.kill("SIGKILL");
    assert.equal((await killed.status).signal, "SIGKILL", "it was still at work");
    const before = await requests();

    const second = await run("operator", download, grants);
    assert.equal(second.code, 0, second.err);
    const { kept, fetched } = JSON.parse(second.out);
    assert.equal(kept + fetched, count);
    assert.equal(await requests() - before, fetched, "what is there is not fetched again");
    const twice = before + fetched - count;
    assert(twice >= 0 && twice <= 2 * BATCH_MAX + concurrency, `${twice} of ${before} again`);

    await using cache = await openTileCache({ dataFolder: `${folder}/data` });
    const found = new Set<string>();
    for await (const { metadata } of cache.store.tilesInArea(boxOf(world), ZOOM)) {
      found.add(`${metadata.tileId.x}/${metadata.tileId.y}`);
    }
    assert.equal(found.size, count, "rows whose pictures are whole");
    const statistics = await cache.catalogue.statistics();
    assert.equal(statistics.reduce((sum, { tiles }) => sum + tiles, 0), count, "rows");
    console.log(`${twice} of ${before} tiles were fetched again after the kill`);
  }));

Deno.test("a plan reports corridor and box; a wrong token ends the command", () =>
  inScratch(async (folder) => {
    await emptyCache(`${folder}/data`);
    await using provider = await ProviderProcess.start(["--synthetic", "2"]);
    const args = [
      ...["tiles", "download", "--url", provider.url, "--data", `${folder}/data`],
      ...["--zoom", "18", "--route", "50.40,30.40;50.45,30.50", "--width", "600"],
      ...["--dry-run", "--json"],
    ];
    const withToken = async (token: string) => {
      Deno.env.set("GDN_SATELLITE_TOKEN", token);
      try {
        return await operate(args);
      } finally {
        Deno.env.delete("GDN_SATELLITE_TOKEN");
      }
    };
    const plan = await withToken(CLIENT_TOKEN);
    assert.equal(plan.code, 0, plan.err);
    const { tiles, boxTiles, toFetch, bytes, headroomBytes } = JSON.parse(plan.out);
    assert.equal(toFetch, tiles);
    assert(tiles > 100 && tiles < boxTiles / 4, `${tiles} of ${boxTiles}`);
    assert(bytes > 1000 * tiles && headroomBytes !== undefined);

    const refused = await withToken("no-such-token");
    assert.equal(refused.code, 77, refused.err);
    assert.match(refused.err, /GDN_SATELLITE_TOKEN/);
    assert(!refused.err.includes("no-such-token"));
  }));
