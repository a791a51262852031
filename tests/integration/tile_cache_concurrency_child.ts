/**
 * Child process: writers and readers on one tile cache under a tight budget, until standard input
 * ends; then prints what they did as a JSON line. Argument: JSON of {@link ChildOptions}.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, type Random, seededRandom } from "../../src/core/mod.ts";
import { TileNotFoundError } from "../../src/tiles/tile_contract/mod.ts";
import {
  CacheBudgetExhaustedError,
  type ManagedTileCache,
  openManagedTileCache,
} from "../../src/tiles/workstation/tile_cache/budget/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";

export interface ChildOptions {
  readonly dataFolder: string;
  readonly dsn?: string;
  readonly budgetBytes: number;
  readonly seed: string;
  readonly writers: number;
  readonly readers: number;
  /** Tiles are numbered from 0 up to this. */
  readonly keys: number;
}

export interface ChildReport {
  written: number;
  kept: number;
  deleted: number;
  evicted: number;
  read: number;
  absent: number;
  exhausted: number;
  faults: string[];
}

const BATCH_TILES_MAX = 8;

export const tileNumbered = (x: number) => makeTile({ x, y: 9 }, {}, x);

const options = JSON.parse(import.meta.main ? Deno.args[0] : "null") as ChildOptions;
const report: ChildReport = {
  written: 0,
  kept: 0,
  deleted: 0,
  evicted: 0,
  read: 0,
  absent: 0,
  exhausted: 0,
  faults: [],
};
let stopped = false;
const PROGRESS_MS = 100;
let toldMs = 0;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const info = (event: string) => void (event === "c6.evicted" && report.evicted++);
  const cache = await openManagedTileCache({ ...options, logger: { info, warn: note } });
  console.log("ready");
  const tasks = [
    ...Array.from({ length: options.writers }, (_, i) => repeat(writer, `writer ${i}`, cache)),
    ...Array.from({ length: options.readers }, (_, i) => repeat(reader, `reader ${i}`, cache)),
  ];
  for await (const _piece of Deno.stdin.readable);
  stopped = true;
  await Promise.all(tasks);
  await cache[Symbol.asyncDispose]();
  console.log(JSON.stringify(report));
  // PGlite's timers would keep the process running.
  Deno.exit(0);
}

/** Prints "progress EVICTED READ": the parent decides by work done, not by time. */
function tellProgress(): void {
  if (performance.now() - toldMs < PROGRESS_MS) return;
  toldMs = performance.now();
  console.log(`progress ${report.evicted} ${report.read}`);
}

function note(event: string, fields: Readonly<Record<string, unknown>>): void {
  report.faults.push(`${event} ${JSON.stringify(fields)}`);
}

async function repeat(
  step: (cache: ManagedTileCache, random: Random) => Promise<void>,
  name: string,
  cache: ManagedTileCache,
): Promise<void> {
  const random = seededRandom(`${options.seed} ${name}`);
  while (!stopped) {
    try {
      await step(cache, random);
    } catch (error) {
      if (error instanceof TileNotFoundError) report.absent++;
      else if (error instanceof CacheBudgetExhaustedError) report.exhausted++;
      else report.faults.push(`${name}: ${messageOf(error)}`);
    }
    tellProgress();
    // PGlite answers without returning to the event loop: without this, the end of standard input
    // would not be noticed.
    await sleep(0);
  }
}

async function writer({ store }: ManagedTileCache, random: Random): Promise<void> {
  const first = random.integer(options.keys - BATCH_TILES_MAX);
  const batch = Array.from(
    { length: 1 + random.integer(BATCH_TILES_MAX) },
    (_, i) => tileNumbered(first + i),
  );
  const { written, kept } = await store.writeTiles(batch, { existing: "keep" });
  report.written += written;
  report.kept += kept;
  if (random.uniform() < 0.2) {
    await store.deleteTile(batch[random.integer(batch.length)].metadata.tileId);
    report.deleted++;
  }
}

/** Every tile that exists must be exactly the one that was written. */
async function reader({ store }: ManagedTileCache, random: Random): Promise<void> {
  const x = random.integer(options.keys);
  const expected = tileNumbered(x);
  using pixels = await store.readTilePixels(expected.metadata.tileId);
  report.read++;
  const same = pixels.jpeg.length === expected.jpeg.length &&
    pixels.jpeg.every((byte, i) => byte === expected.jpeg[i]);
  if (!same) report.faults.push(`tile ${x} is torn`);
}
