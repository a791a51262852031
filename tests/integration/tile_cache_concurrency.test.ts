/**
 * Four writers and four readers on one cache that is far too small for them: no torn read, never a
 * byte over the quota, and the accounting equals the disk.
 *
 * The same writers, killed with kill -9 during evictions, leave complete tiles and correct
 * accounting.
 *
 * The disk is measured exactly: all programs are stopped (SIGSTOP), the files are counted, and the
 * programs continue. A count beside running programs could include a tile that is being deleted and
 * the one that replaces it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../src/core/mod.ts";
import { openManagedTileCache } from "../../src/tiles/workstation/tile_cache/budget/mod.ts";
import { FLIGHT_ID, makeTile } from "../contract/tile_fixture.ts";
import { bytesBelow } from "../support/disk_use.ts";
import { REPOSITORY } from "../support/paths.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import {
  type ChildOptions,
  type ChildReport,
  tileNumbered,
} from "./tile_cache_concurrency_child.ts";
import { emptyCache } from "../support/empty_cache.ts";

/** The campaign runs more. */
const KILLS = Number(Deno.env.get("GDN_EVICTION_KILLS") ?? 2);
const SECONDS = Number(Deno.env.get("GDN_CONCURRENCY_SECONDS") ?? 1);
/** Runs until this much is done, however slow the machine is. */
const EVICTED_MIN = 64;
const READ_MIN = 10;
const PATIENCE_S = 120;
const KEYS = 300;
const BUDGET_BYTES = 120_000;
const PAUSE_MS = 250;
const postgres = postgresForFile();

class Program {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<string>;
  readonly ready: Promise<void>;
  /** Numbers so far, from the child's last line. */
  progress = { evicted: 0, read: 0 };

  constructor(options: ChildOptions) {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--cached-only",
        `--config=${REPOSITORY}/deno.json`,
        `${REPOSITORY}/tests/integration/tile_cache_concurrency_child.ts`,
        JSON.stringify(options),
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#child = child;
    let ready = () => {};
    this.ready = new Promise((resolve) => ready = resolve);
    this.#output = (async () => {
      let text = "";
      for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += piece;
        if (text.includes("ready\n")) ready();
        const [last] = [...text.matchAll(/^progress (\d+) (\d+)$/gm)].slice(-1);
        if (last !== undefined) this.progress = { evicted: Number(last[1]), read: Number(last[2]) };
        // Only the last line is needed.
        text = text.slice(-2000);
      }
      ready();
      return text;
    })();
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#output;
    await this.#child.stdin.close().catch(() => {});
  }

  async end(): Promise<ChildReport> {
    await this.#child.stdin.close();
    const text = await this.#output;
    assert.equal((await this.#child.status).code, 0, text);
    return JSON.parse(text.trim().split("\n").at(-1) ?? "") as ChildReport;
  }
}

interface Watch {
  samples: number;
  bytesMax: number;
}

/** What is on the disk while no program runs. */
async function sample(programs: readonly Program[], folder: string, watch: Watch): Promise<void> {
  for (const program of programs) program.signal("SIGSTOP");
  try {
    // A system call that was under way ends before the stop shows.
    await sleep(5);
    const bytes = await bytesBelow(`${folder}/tiles`);
    watch.samples++;
    watch.bytesMax = Math.max(watch.bytesMax, bytes);
  } finally {
    for (const program of programs) program.signal("SIGCONT");
  }
}

const KEPT = Array.from({ length: 15 }, (_, i) => tileNumbered(KEYS + i));
const PENDING = makeTile({ x: 5, y: 9, source: "onboard_ingest", flightId: FLIGHT_ID });

/** Tiles of a mission and a pending upload, which must survive everything. */
async function prepare(dataFolder: string, dsn: string | undefined): Promise<void> {
  if (dsn === undefined) await emptyCache(dataFolder);
  await using cache = await openManagedTileCache({ dataFolder, dsn, budgetBytes: BUDGET_BYTES });
  await cache.store.writeTiles([...KEPT, PENDING]);
  await cache.pins.pinTiles("mission", KEPT.map(({ metadata }) => metadata.tileId));
}

async function inspect(
  dataFolder: string,
  dsn: string | undefined,
  killed = false,
): Promise<number> {
  let opened: Readonly<Record<string, unknown>> = {};
  const info = (event: string, fields: typeof opened) => {
    if (event === "c6.store.construct") opened = fields;
  };
  await using cache = await openManagedTileCache({
    dataFolder,
    dsn,
    budgetBytes: BUDGET_BYTES,
    logger: { info, warn: () => {} },
  });
  const state = await cache.budget.state();
  if (killed) assert.equal(opened.rowsWithoutFile ?? 0, 0, "rows without a whole file");
  // The lease of a killed process must expire first; all others have released their space.
  else assert.deepEqual([state.writingBytes, state.leavingBytes], [0, 0], "room not given back");
  assert.equal(state.diskBytes, await bytesBelow(`${dataFolder}/tiles`), "the books and the disk");
  assert.ok(state.diskBytes <= BUDGET_BYTES);
  for (const { metadata } of [...KEPT, PENDING]) {
    assert.ok(await cache.store.tileExists(metadata.tileId));
  }
  let tiles = 0;
  const world = { southDeg: -90, northDeg: 90, westDeg: -180, eastDeg: 180 };
  for await (const _tile of cache.store.tilesInArea(world, 18)) tiles++;
  assert.equal(tiles, state.tiles);
  return tiles;
}

async function compete(dsn: string | undefined, split: readonly [number, number][]): Promise<void> {
  const seed = Deno.env.get("GDN_TEST_SEED") ?? "1";
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-compete-" });
  try {
    await prepare(dataFolder, dsn);
    const programs = split.map(([writers, readers], i) =>
      new Program({
        dataFolder,
        dsn,
        budgetBytes: BUDGET_BYTES,
        seed: `${seed} ${i}`,
        writers,
        readers,
        keys: KEYS,
      })
    );
    await Promise.all(programs.map((program) => program.ready));
    const watch: Watch = { samples: 0, bytesMax: 0 };
    const done = (key: "evicted" | "read") =>
      programs.reduce((total, { progress }) => total + progress[key], 0);
    const beginMs = performance.now();
    const elapsedS = () => (performance.now() - beginMs) / 1000;
    const busy = () =>
      elapsedS() < SECONDS || done("evicted") < EVICTED_MIN || done("read") < READ_MIN;
    while (busy() && elapsedS() < SECONDS + PATIENCE_S) {
      await sample(programs, dataFolder, watch);
      await sleep(PAUSE_MS);
    }
    const reports = await Promise.all(programs.map((program) => program.end()));
    const sum = (key: Exclude<keyof ChildReport, "faults">) =>
      reports.reduce((total, report) => total + report[key], 0);
    const tiles = await inspect(dataFolder, dsn);
    console.log(
      `seed ${seed}: ${sum("written")} written, ${sum("evicted")} evicted, ${sum("deleted")} ` +
        `deleted, ${sum("read")} read, ${sum("absent")} absent, ${sum("exhausted")} exhausted; ` +
        `at most ${watch.bytesMax} of ${BUDGET_BYTES} bytes in ${watch.samples} looks; ${tiles} left`,
    );
    assert.deepEqual(reports.flatMap(({ faults }) => faults), []);
    assert.ok(watch.bytesMax <= BUDGET_BYTES, `${watch.bytesMax} bytes stood on the disk`);
    assert.equal(sum("exhausted"), 0);
    assert.ok(sum("evicted") >= EVICTED_MIN && sum("read") >= READ_MIN, "no competition");
    assert.equal(tiles, KEPT.length + 1 + sum("written") - sum("deleted") - sum("evicted"));
  } finally {
    await Deno.remove(dataFolder, { recursive: true });
  }
}

async function killAmongEvictions(dsn: string | undefined): Promise<void> {
  const seed = Deno.env.get("GDN_TEST_SEED") ?? "1";
  const random = seededRandom(`${seed} kills`);
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-compete-" });
  try {
    await prepare(dataFolder, dsn);
    for (let round = 1; round <= KILLS; round++) {
      const options = { dataFolder, dsn, budgetBytes: BUDGET_BYTES, keys: KEYS };
      const program = new Program({ ...options, seed: `${seed} ${round}`, writers: 4, readers: 1 });
      await program.ready;
      // From the second round on the cache is full, and every write evicts something.
      for (let i = 0; round === 1 && program.progress.evicted === 0 && i < 600; i++) {
        await sleep(100);
      }
      await sleep(random.integer(900));
      await program.kill();
      const tiles = await inspect(dataFolder, dsn, true);
      console.log(`seed ${seed}, kill ${round}: ${tiles} tiles left`);
    }
  } finally {
    await Deno.remove(dataFolder, { recursive: true });
  }
}

Deno.test({
  name:
    "kill -9 among evictions on a PostgreSQL server leaves complete tiles and correct accounting",
  ignore: !postgresAvailable(),
  fn: () => postgres.database((dsn) => killAmongEvictions(dsn)),
});

Deno.test({
  name: "kill -9 among evictions on PGlite leaves complete tiles and correct accounting",
  sanitizeOps: false,
  fn: () => killAmongEvictions(undefined),
});

Deno.test({
  name: "4 writer and 4 reader processes on a PostgreSQL server stay within the quota",
  ignore: !postgresAvailable(),
  fn: () =>
    postgres.database((dsn) =>
      compete(dsn, [...Array(4).fill([1, 0]), ...Array(4).fill([0, 1])] as [number, number][])
    ),
});

Deno.test({
  name: "4 writers and 4 readers in one process on PGlite stay within the quota",
  // PGlite's own interval timers outlive its close.
  sanitizeOps: false,
  fn: () => compete(undefined, [[4, 4]]),
});
