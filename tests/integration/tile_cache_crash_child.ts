/**
 * Child process: writes, renews and deletes tiles until it is killed; prints a line before each
 * change and one after it, when it was acknowledged. Waits for a database that goes away.
 * Arguments: data folder, seed, and a DSN where there is one.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { crashTile } from "./tile_cache_crash_tile.ts";

const [dataFolder, seed, dsn] = Deno.args;
const random = seededRandom(seed);
const { store } = await openTileCache({ dataFolder, dsn });
const versions = new Map<number, number>();

/** False when it failed: then it is unknown whether the change happened. */
async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    console.log(`failed ${error instanceof Error ? error.name : error}`);
    await sleep(20);
    return false;
  }
}

async function writeSome(first: number): Promise<number> {
  const count = 1 + random.integer(random.uniform() < 0.3 ? 40 : 12);
  const xs = Array.from({ length: count }, (_, i) => first + i);
  if (await attempt(() => store.writeTiles(xs.map((x) => crashTile(x, 0))))) {
    console.log(`written ${xs.join(" ")}`);
    for (const x of xs) versions.set(x, 0);
  }
  return first + xs.length;
}

async function renewOne(x: number): Promise<void> {
  const version = (versions.get(x) ?? 0) + 1;
  const { metadata, jpeg } = crashTile(x, version);
  console.log(`renewing ${x} ${version}`);
  if (!await attempt(() => store.renewTile(metadata, jpeg))) {
    versions.delete(x);
    return;
  }
  versions.set(x, version);
  console.log(`renewed ${x} ${version}`);
}

async function deleteOne(x: number): Promise<void> {
  versions.delete(x);
  console.log(`deleting ${x}`);
  if (await attempt(() => store.deleteTile(crashTile(x, 0).metadata.tileId))) {
    console.log(`deleted ${x}`);
  }
}

console.log("ready");
for (let next = Number(seed) * 2000;;) {
  next = await writeSome(next);
  const known = [...versions.keys()];
  if (known.length === 0) continue;
  const one = () => known[random.integer(known.length)];
  if (random.uniform() < 0.7) await renewOne(one());
  if (random.uniform() < 0.4) await deleteOne(one());
}
