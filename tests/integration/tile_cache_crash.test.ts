/**
 * kill -9 while tiles are written: no row without a whole file, no file without a row that a reader
 * could take for a tile, and everything that was promised is there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/core/mod.ts";
import { CacheLockedError, openTileCache } from "../../src/tile_cache/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";
import { REPOSITORY } from "../support/paths.ts";
import { postgresAvailable, postgresForFile } from "../support/postgres.ts";

/** The long campaign asks for more. */
const ROUNDS = Number(Deno.env.get("GDN_CRASH_ROUNDS") ?? 3);
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
      // A last line without its end was not promised.
      return text.split("\n").slice(0, -1);
    },
  };
}

/** Tiles that were promised to be there; a deletion that had begun may have happened or not. */
function promised(lines: readonly string[]): { there: Set<number>; gone: Set<number> } {
  const there = new Set<number>(), gone = new Set<number>();
  for (const line of lines) {
    const [word, ...numbers] = line.split(" ");
    for (const x of numbers.map(Number)) {
      if (word === "written") there.add(x);
      if (word === "deleting") there.delete(x);
      if (word === "deleted") gone.add(x);
    }
  }
  return { there, gone };
}

/** Empty where there is no such folder: the child may die before its first tile. */
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

/** Opens what the killed process left and holds it against what it had promised. */
async function inspect(
  dataFolder: string,
  dsn: string | undefined,
  { there, gone }: ReturnType<typeof promised>,
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
  for await (const { metadata, jpeg } of cache.store.tilesInArea(world, 18)) {
    const { x } = metadata.tileId;
    assert.deepEqual(jpeg, makeTile({ x, y: 5 }, {}, x).jpeg);
    found.add(x);
  }
  for (const x of there) assert.ok(found.has(x), `tile ${x} was promised`);
  for (const x of gone) assert.ok(!found.has(x), `tile ${x} was deleted`);
  const files = await filesBelow(`${dataFolder}/tiles`);
  assert.equal(files.length, 3 * found.size, "three files per row and no others");
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
  const all = { there: new Set<number>(), gone: new Set<number>() };
  for (let round = 1; round <= ROUNDS; round++) {
    const child = await startChild(dataFolder, round, dsn);
    if (dsn === undefined && round === 1) await refusedWhileHeld(dataFolder, child);
    // PGlite takes a while to its first write.
    const patienceMs = dsn === undefined ? 800 : 300;
    await new Promise((resolve) => setTimeout(resolve, 5 + random.integer(patienceMs)));
    const { there, gone } = promised(await child.kill());
    for (const x of there) all.there.add(x);
    for (const x of gone) all.gone.add(x);
    const tiles = await inspect(dataFolder, dsn, all, there.size > 0);
    console.log(`round ${round}: ${there.size} promised, ${tiles} tiles in all`);
  }
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
  name: "kill -9 on PGlite leaves whole tiles or none, and a second process is refused until then",
  // PGlite's own interval timers outlive its close.
  sanitizeOps: false,
  fn: () => inFolder((dataFolder, random) => killRounds(random, dataFolder)),
});

Deno.test({
  name: "kill -9 on a PostgreSQL server leaves whole tiles or none",
  ignore: !postgresAvailable(),
  fn: () =>
    postgres.database((dsn) => inFolder((folder, random) => killRounds(random, folder, dsn))),
});
