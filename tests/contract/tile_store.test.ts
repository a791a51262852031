/**
 * The tile store contract on the fake and on a real PostgreSQL server.
 *
 * @module
 */
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { postgresAvailable, type PostgresServer, usePostgres } from "../support/postgres.ts";
import { tileStoreSuite } from "./tile_store_suite.ts";

tileStoreSuite("fake", () => {
  const store = new FakeTileStore();
  return Promise.resolve({
    store,
    metadata: store,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

const ignore = !postgresAvailable();
let postgres: PostgresServer | undefined;
Deno.test.beforeAll(async () => {
  if (!ignore) postgres = await usePostgres();
});
Deno.test.afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

tileStoreSuite("PostgreSQL", async () => {
  if (postgres === undefined) throw new Error("the server did not start");
  const resources = new AsyncDisposableStack();
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-tile-store-" });
  resources.defer(() => Deno.remove(dataFolder, { recursive: true }));
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = postgres;
  const dsn = await server.createDatabase(name);
  resources.defer(() => server.dropDatabase(name));
  const { store, metadata } = resources.use(await openTileCache({ dataFolder, dsn }));
  return { store, metadata, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}, { ignore });
