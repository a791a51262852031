/**
 * The tile store contract through the disk budget, on a PostgreSQL server: the budget does not
 * change the store's behaviour.
 *
 * @module
 */
import {
  BudgetedTileStore,
  BudgetLedger,
  DiskBudget,
  openTileCache,
} from "../../src/tiles/workstation/tile_cache/mod.ts";
import { silentLogger } from "../../src/tiles/workstation/tile_cache/logger.ts";
import { postgresAvailable, type PostgresServer, usePostgres } from "../support/postgres.ts";
import { tileStoreSuite } from "./tile_store_suite.ts";

const ignore = !postgresAvailable();
let postgres: PostgresServer | undefined;
Deno.test.beforeAll(async () => {
  if (!ignore) postgres = await usePostgres();
});
Deno.test.afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
});

tileStoreSuite("PostgreSQL with a budget", async () => {
  if (postgres === undefined) throw new Error("the server did not start");
  const server = postgres;
  const resources = new AsyncDisposableStack();
  const dataFolder = await Deno.makeTempDir({ prefix: "gdn-tile-store-" });
  resources.defer(() => Deno.remove(dataFolder, { recursive: true }));
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const dsn = await server.createDatabase(name);
  resources.defer(() => server.dropDatabase(name));
  const { store: inner, metadata, database } = resources.use(
    await openTileCache({ dataFolder, dsn }),
  );
  const budget = resources.use(
    new DiskBudget({
      budgetBytes: 10_000_000,
      evictionBatchSize: 32,
      ledger: new BudgetLedger(database, 15),
      beforeChange: () => Promise.resolve(),
      removeFiles: () => Promise.reject(new Error("nothing needs to go")),
      logger: silentLogger,
    }),
  );
  return {
    store: new BudgetedTileStore({ inner, metadata, budget }),
    metadata,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}, { ignore });
