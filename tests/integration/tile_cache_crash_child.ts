/**
 * Writes and deletes tiles until it is killed; prints a line after each change that was promised to
 * be kept. Arguments: data folder, seed, and a DSN where there is one.
 *
 * @module
 */
import { seededRandom } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tile_cache/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";

const [dataFolder, seed, dsn] = Deno.args;
const random = seededRandom(seed);
const cache = await openTileCache({ dataFolder, dsn });
console.log("ready");
for (let next = Number(seed) * 1000;;) {
  const batch = Array.from({ length: 1 + random.integer(12) }, () => {
    const x = next++;
    return makeTile({ x, y: 5 }, {}, x);
  });
  await cache.store.writeTiles(batch);
  console.log(`written ${batch.map((tile) => tile.metadata.tileId.x).join(" ")}`);
  if (random.uniform() < 0.3) {
    const { tileId } = batch[random.integer(batch.length)].metadata;
    console.log(`deleting ${tileId.x}`);
    await cache.store.deleteTile(tileId);
    console.log(`deleted ${tileId.x}`);
  }
}
