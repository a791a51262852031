/**
 * kill -9 while tiles are written, renewed and deleted: no row without a complete file, no file
 * without a row that a reader could take for a tile, and everything that was acknowledged is there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { CacheLockedError, sidecarBytes } from "../../src/tiles/tile_contract/mod.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";
import { CrashablePostgres } from "../support/postgres_crashable.ts";
import { crashTile } from "./tile_cache_crash_tile.ts";
import { emptyCache } from "../support/empty_cache.ts";

/** The long campaign runs more. */
const ROUNDS = Number(Deno.env.get("GDN_CRASH_ROUNDS") ?? 6);
/** Fewer, because each needs the start and recovery of a new PGlite. */
const PGLITE_ROUNDS = Math.ceil(ROUNDS / 3);
const SERVER_ROUNDS = Math.ceil(ROUNDS / 5);
const postgres = postgresForFile();

interface Child {
  readonly pid: number;
  /** Kills it and returns the lines that it has printed. */
  kill(): Promise<readonly string[]>;
}

async function startChild(dataFolder: string, seed: number, dsn?: string): Promise<Child> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--cached-only",
      `--config=${REPOSITORY}/deno.json`,
      `${REPOSITORY}/tests/integration/tile_cache_crash_child.ts`,
      dataFolder,
      String(seed),
      ...(dsn === undefined ? [] : [dsn]),
    ],
    stdout: "piped",
  }).spawn();
  let text = "", ready = () => {};
  const started = new Promise<void>((resolve) => ready = resolve);
  const ended = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes("ready\n")) ready();
    }
    ready();
  })();
  await started;
  return {
    pid: child.pid,
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await ended;
      // A last line without its end was not acknowledged.
      return text.split("\n").slice(0, -1);
    },
  };
}

/** What was acknowledged for each tile; a change that had begun may have happened or not. */
interface Promised {
  /** Tiles that must be there, with the versions that they may have. */
  readonly there: Map<number, ReadonlySet<number>>;
  readonly gone: Set<number>;
}

function promised(lines: readonly string[], { there, gone }: Promised): number {
  let changes = 0;
  for (const line of lines) {
    const [word, ...rest] = line.split(" ");
    const numbers = rest.map(Number), [x, version] = numbers;
    if (word === "written") { for (const each of numbers) there.set(each, new Set([0])); }
    if (word === "renewing") there.set(x, new Set([...there.get(x) ?? [], version]));
    if (word === "renewed") there.set(x, new Set([version]));
    if (word === "deleting") there.delete(x);
    if (word === "deleted") gone.add(x);
    if (["written", "renewed", "deleted"].includes(word)) changes++;
  }
  return changes;
}

/** Empty when there is no such folder: the child may die before its first tile. */
async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return entries;
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesBelow(path));
    else found.push(path);
  }
  return found;
}

/** Opens what the killed process left and compares it with what was acknowledged. */
async function inspect(
  dataFolder: string,
  dsn: string | undefined,
  { there, gone }: Promised,
  changed: boolean,
): Promise<number> {
  let opened: Readonly<Record<string, unknown>> = {};
  const info = (event: string, fields: Readonly<Record<string, unknown>>) => {
    if (event === "c6.store.construct") opened = fields;
  };
  await using cache = await openTileCache({ dataFolder, dsn, logger: { info, warn: () => {} } });
  if (changed) assert.equal(opened.reconciled, true, "the next open must reconcile");
  if (opened.reconciled) assert.equal(opened.rowsWithoutFile, 0, "rows without a whole file");
  const world = { southDeg: -90, northDeg: 90, westDeg: -180, eastDeg: 180 };
  const found = new Set<number>();
  let bytes = 0;
  for await (const { metadata, jpeg } of cache.store.tilesInArea(world, 18)) {
    const { x } = metadata.tileId;
    const version = Math.round(
      ((metadata.capturedAt?.getTime() ?? 0) - Date.UTC(2025, 0, 1)) / 86_400_000,
    );
    assert.deepEqual(jpeg, crashTile(x, version).jpeg, "row and picture are of one version");
    const allowed = there.get(x);
    assert.ok(allowed === undefined || allowed.has(version), `tile ${x} in version ${version}`);
    found.add(x);
    bytes += jpeg.length + sidecarBytes(metadata);
  }
  for (const x of there.keys()) assert.ok(found.has(x), `tile ${x} was promised`);
  for (const x of gone) assert.ok(!found.has(x), `tile ${x} was deleted`);
  const files = await filesBelow(`${dataFolder}/tiles`);
  assert.equal(files.length, 3 * found.size, "three files per row and no others");
  assert.equal(await cache.metadata.totalDiskBytes(), bytes, "counted bytes");
  let onDisk = 0;
  for (const file of files) onDisk += (await Deno.stat(file)).size;
  assert.equal(onDisk, bytes, "bytes on the disk");
  return found.size;
}

/** PGlite would let a second process in, and both would lose writes. */
async function refusedWhileHeld(dataFolder: string, child: Child): Promise<void> {
  await assert.rejects(
    openTileCache({ dataFolder }),
    (error) => error instanceof CacheLockedError && error.message.includes(`process ${child.pid} `),
  );
}

async function killRounds(random: Random, dataFolder: string, dsn?: string): Promise<void> {
  const all: Promised = { there: new Map(), gone: new Set() };
  for (let round = 1; round <= (dsn === undefined ? PGLITE_ROUNDS : ROUNDS); round++) {
    const child = await startChild(dataFolder, round, dsn);
    if (dsn === undefined && round === 1) await refusedWhileHeld(dataFolder, child);
    // PGlite needs a while until its first write.
    const patienceMs = dsn === undefined ? 800 : 300;
    await sleep(5 + random.integer(patienceMs));
    const changes = promised(await child.kill(), all);
    const tiles = await inspect(dataFolder, dsn, all, changes > 0);
    console.log(`round ${round}: ${changes} changes promised, ${tiles} tiles in all`);
  }
}

/**
 * The server dies while the writer runs and is restarted; at the end the writer is killed as well.
 */
async function serverRounds(random: Random, dataFolder: string): Promise<void> {
  await using server = await CrashablePostgres.start();
  const all: Promised = { there: new Map(), gone: new Set() };
  const child = await startChild(dataFolder, 1, server.dsn());
  for (let round = 1; round <= SERVER_ROUNDS; round++) {
    await sleep(50 + random.integer(400));
    await server.crash();
    await sleep(random.integer(100));
    await server.restart();
  }
  await sleep(200);
  const lines = await child.kill();
  const changes = promised(lines, all);
  const failures = lines.filter((line) => line.startsWith("failed")).length;
  assert.ok(changes > 0 && failures > 0, `${changes} changes, ${failures} failures`);
  const tiles = await inspect(dataFolder, server.dsn(), all, true);
  console.log(`${changes} changes promised, ${failures} failed, ${tiles} tiles`);
}

async function inFolder(body: (dataFolder: string, random: Random) => Promise<void>) {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  console.log(`seed ${seed}`);
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-crash-" });
  try {
    await body(dataFolder, seededRandom(seed));
  } finally {
    await Deno.remove(dataFolder, { recursive: true });
  }
}

Deno.test({
  name:
    "kill -9 on PGlite leaves complete tiles or none, and a second process is refused until then",
  // PGlite's own interval timers outlive its close.
  sanitizeOps: false,
  fn: () =>
    inFolder(async (dataFolder, random) => killRounds(random, await emptyCache(dataFolder))),
});

Deno.test({
  name: "kill -9 on a PostgreSQL server leaves complete tiles or none",
  ignore: !postgresAvailable(),
  fn: () =>
    postgres.database((dsn) => inFolder((folder, random) => killRounds(random, folder, dsn))),
});

Deno.test({
  name: "a PostgreSQL server that is killed and restarted mid-write leaves complete tiles or none",
  ignore: !postgresAvailable(),
  fn: () => inFolder((dataFolder, random) => serverRounds(random, dataFolder)),
});
