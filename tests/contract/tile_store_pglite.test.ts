/**
 * The tile store contract on PGlite.
 *
 * @module
 */
import { openTileCache, type TileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { tileStoreSuite } from "./tile_store_suite.ts";
import { emptyCache } from "../support/empty_cache.ts";

/** A new PGlite takes seconds: the tests share one, and each leaves it empty. */
let pglite: TileCache | undefined;
const resources = new AsyncDisposableStack();
Deno.test.beforeAll(async () => {
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-tile-store-" });
  resources.defer(() => Deno.remove(dataFolder, { recursive: true }));
  pglite = resources.use(await openTileCache({ dataFolder: await emptyCache(dataFolder) }));
});
Deno.test.afterAll(() => resources.disposeAsync());

async function empty({ store, metadata }: TileCache): Promise<void> {
  const world = { southDeg: -90, northDeg: 90, westDeg: -180, eastDeg: 180 };
  for (const zoom of [17, 18]) {
    for (const { tileId } of await metadata.queryByBbox(world, zoom)) {
      await store.deleteTile(tileId);
    }
  }
}

tileStoreSuite("PGlite", () => {
  if (pglite === undefined) throw new Error("PGlite did not open");
  const cache = pglite;
  const { store, metadata } = cache;
  return Promise.resolve({ store, metadata, [Symbol.asyncDispose]: () => empty(cache) });
  // PGlite's own timers come and go between tests, and count as resources too. The other stores run
  // the same suite with both checks.
}, { sanitizeOps: false, sanitizeResources: false });
