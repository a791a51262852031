/**
 * The tile cache with a million rows on a PostgreSQL server: opening, totals, statistics, box queries
 * and pages at the beginning and at the end of the run, the memory of this process, and a durable
 * write against the bare loop, turn by turn so that both see the same machine.
 *
 * @module
 */
import {
  GarbageBound,
  mean,
  percentile,
  sha256Hex,
  syncPath,
  writeSynced,
} from "../../src/core/mod.ts";
import { openTileCache, type TileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { openPostgres } from "../../src/tiles/workstation/tile_cache/sql/postgres_database.ts";
import { makeTile } from "../../tests/contract/tile_fixture.ts";
import { CrashablePostgres } from "../../tests/support/postgres_crashable.ts";
import { BULK_ZOOM, bulkBox, insertBulkRows } from "../../tests/support/tile_rows_bulk.ts";
import type { PartHost, PartResult } from "./part.ts";

const ROWS = Number(Deno.env.get("GDN_CACHE_ROWS") ?? 1_000_000);
const SIDE = 1000;
const STEP_ROWS = 50_000;
const TURNS = 200;
const MEMORY_GROWTH_MAX = 1.05;
const RATIO_MIN = 0.7;

export async function tileCacheSize(_host: PartHost): Promise<PartResult> {
  await using server = await CrashablePostgres.start();
  const folder = await Deno.makeTempDir({ prefix: "gdn-cache-size-" });
  try {
    return await measure(server, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measure(server: CrashablePostgres, folder: string): Promise<PartResult> {
  const dataFolder = `${folder}/cache`, dsn = server.dsn();
  const failures: string[] = [];
  {
    await using cache = await openTileCache({ dataFolder, dsn });
    const ratio = await durableRatio(cache, folder, dsn);
    if (ratio < RATIO_MIN) failures.push(`a durable write reaches ${ratio.toFixed(2)} of the loop`);
    await using sql = await openPostgres(dsn);
    const beginMs = performance.now();
    for (let from = 0; from < ROWS; from += STEP_ROWS) {
      await insertBulkRows(sql, { from, to: Math.min(ROWS, from + STEP_ROWS), side: SIDE });
    }
    await sql.query("ANALYZE tiles");
    console.log(`${ROWS} rows inserted in ${seconds(beginMs)}`);
  }
  const openMs = performance.now();
  await using cache = await openTileCache({ dataFolder, dsn });
  console.log(`open: ${(performance.now() - openMs).toFixed(0)} ms`);
  await once("totalDiskBytes", () => cache.metadata.totalDiskBytes());
  await once("statistics", () => cache.catalogue.statistics());
  await once("lruCandidates(32)", () => cache.metadata.lruCandidates(32));
  await boxes(cache);
  const growth = await pages(cache);
  if (growth > MEMORY_GROWTH_MAX) failures.push(`memory grew ${growth.toFixed(3)}-fold`);
  return { failures, runs: 1 };
}

const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

async function once(name: string, work: () => Promise<unknown>): Promise<void> {
  const beginMs = performance.now();
  await work();
  console.log(`${name}: ${(performance.now() - beginMs).toFixed(1)} ms`);
}

async function boxes(cache: TileCache): Promise<void> {
  for (const side of [1, 4, 10, 32]) {
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const box = bulkBox((i * 37) % 900, (i * 53) % Math.max(1, ROWS / SIDE - 40), side, side);
      const beginMs = performance.now();
      const found = await cache.metadata.queryByBbox(box, BULK_ZOOM);
      times.push(performance.now() - beginMs);
      if (found.length !== side * side) {
        throw new Error(`${found.length} tiles, not ${side * side}`);
      }
    }
    const [p50, p99] = [0.5, 0.99].map((part) => percentile(times, part)?.toFixed(2));
    console.log(`queryByBbox of ${side * side} tiles: p50 ${p50} ms, p99 ${p99} ms`);
  }
}

/** Every row, page by page; returns how the memory of the last tenth compares with the first. */
async function pages(cache: TileCache): Promise<number> {
  const memory: number[] = [], times: number[] = [];
  let after: string | undefined, rows = 0;
  // As the commands do that walk all rows.
  const garbage = new GarbageBound();
  const beginMs = performance.now();
  for (;;) {
    const pageMs = performance.now();
    const page = await cache.catalogue.listTiles({ limit: 1000, after });
    times.push(performance.now() - pageMs);
    if (page.length === 0) break;
    rows += page.length;
    garbage.add(page.length);
    after = page.at(-1)?.tileUuid;
    if (times.length % 10 === 0) memory.push(Deno.memoryUsage().rss);
  }
  const tenth = Math.ceil(memory.length / 10);
  const first = mean(memory.slice(0, tenth)) ?? NaN, last = mean(memory.slice(-tenth)) ?? NaN;
  const pageOf = (from: number, to: number) =>
    (percentile(times.slice(from, to), 0.5) ?? NaN).toFixed(1);
  console.log(
    `${rows} rows in pages of 1000: ${seconds(beginMs)}; a page ${pageOf(0, 50)} ms at the ` +
      `beginning, ${pageOf(-50, -1)} ms at the end; memory ${
        (first / 2 ** 20).toFixed(0)
      } MiB in ` +
      `the first tenth, ${(last / 2 ** 20).toFixed(0)} MiB in the last`,
  );
  return last / first;
}

/** Median of the bare loop's time over that of `writeTile`. */
async function durableRatio(cache: TileCache, folder: string, dsn: string): Promise<number> {
  await using sql = await openPostgres(dsn);
  await sql.query("CREATE TABLE bare (path text PRIMARY KEY, sha256 text NOT NULL)");
  await Deno.mkdir(`${folder}/bare`);
  const filler = crypto.getRandomValues(new Uint8Array(19_000)).map((byte) => byte % 255);
  const bare: number[] = [], ours: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    const small = makeTile({ x: 1, y: turn }, {}, turn);
    const jpeg = Uint8Array.from([...small.jpeg.subarray(0, -2), ...filler, 0xff, 0xd9]);
    const truth = { contentSha256: sha256Hex(jpeg), diskBytes: jpeg.length };
    const path = `${folder}/bare/${turn}.jpg`;
    const bareMs = performance.now();
    await writeSynced(`${path}.tmp`, jpeg);
    await Deno.rename(`${path}.tmp`, path);
    await syncPath(`${folder}/bare`);
    await sql.transaction((session) =>
      session.query("INSERT INTO bare VALUES ($1, $2)", [path, sha256Hex(jpeg)])
    );
    const oursMs = performance.now();
    await cache.store.writeTile({ ...small.metadata, ...truth }, jpeg);
    bare.push(oursMs - bareMs);
    ours.push(performance.now() - oursMs);
  }
  const [barely, wholly] = [percentile(bare, 0.5) ?? NaN, percentile(ours, 0.5) ?? NaN];
  console.log(
    `durable write: bare loop ${barely.toFixed(2)} ms, writeTile ${
      wholly.toFixed(2)
    } ms (medians of ` +
      `${TURNS}, turn by turn): ${(barely / wholly).toFixed(2)} of the bare loop's rate`,
  );
  return barely / wholly;
}
