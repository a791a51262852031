/**
 * The part of the tile store contract that the aircraft supports, over a flight package with a
 * journal.
 *
 * @module
 */
import { openFlightPackage } from "../../src/flight/flight_package/mod.ts";
import { buildPackageTileStore } from "../../src/tiles/tile_journal/mod.ts";
import { writePackage } from "../unit/flight_package_fixture.ts";
import { tileStoreSuite } from "./tile_store_suite.ts";

tileStoreSuite("package", async () => {
  await using resources = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "gdn-package-store-" });
  resources.defer(() => Deno.remove(folder, { recursive: true }));
  await writePackage(`${folder}/package`);
  const store = resources.use(buildPackageTileStore({
    flightPackage: await openFlightPackage(`${folder}/package`),
    journalPath: `${folder}/flight/onboard_tiles.journal`,
  }));
  await store.open();
  const owned = resources.move();
  return { store, metadata: store, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}, { supports: { everySource: false, sidecars: false, uploads: false, eviction: false } });
