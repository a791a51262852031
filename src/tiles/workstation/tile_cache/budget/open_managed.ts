/**
 * Opens the tile cache as the programs use it: with freshness gate and disk budget.
 *
 * @module
 */
import { messageOf, SystemClock } from "../../../../core/mod.ts";
import type { FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import { keepSettings } from "../freshness/kept_settings.ts";
import { FreshnessSettings, SqlFreshnessGate } from "../freshness/mod.ts";
import { silentLogger } from "../logger.ts";
import { openTileCache, type TileCache, type TileCacheOptions } from "../open.ts";
import { databaseFault, type SqlDatabase } from "../sql/database.ts";
import { UncleanMarker } from "../unclean_marker.ts";
import { BudgetedTileStore } from "./budgeted_tile_store.ts";
import { countSidecars } from "./count_sidecars.ts";
import { DiskBudget, LEASE_S } from "./disk_budget.ts";
import { removeEvictedFiles } from "./evicted_files.ts";
import { BudgetLedger } from "./ledger.ts";
import { TilePins } from "./pins.ts";

const BUDGET_BYTES_DEFAULT = 50 * 1024 ** 3;
const EVICTION_BATCH_SIZE_DEFAULT = 32;

export interface ManagedTileCacheOptions
  extends Omit<TileCacheOptions, "freshnessGate" | "openFreshnessGate" | "fdr"> {
  /** Limit for pictures and sidecars together. */
  readonly budgetBytes?: number;
  readonly evictionBatchSize?: number;
  readonly fdr?: Pick<FdrSink, "enqueue">;
}

export interface ManagedTileCache extends TileCache {
  readonly freshness: SqlFreshnessGate;
  readonly freshnessSettings: FreshnessSettings;
  readonly budget: DiskBudget;
  readonly pins: TilePins;
}

/** @throws what `openTileCache` throws. */
export async function openManagedTileCache(
  options: ManagedTileCacheOptions,
): Promise<ManagedTileCache> {
  const { dataFolder, dsn, logger = silentLogger, clock = new SystemClock(), fdr } = options;
  await using resources = new AsyncDisposableStack();
  let freshness: SqlFreshnessGate | undefined;
  const cache = resources.use(
    await openTileCache({
      ...options,
      clock,
      async openFreshnessGate(database) {
        freshness = await SqlFreshnessGate.open({ database, clock, logger, fdr });
        return freshness;
      },
    }),
  );
  if (freshness === undefined) throw new TypeError("the cache opened without its gate");
  const { database } = cache;
  await prepare(dataFolder, database, dsn === undefined);
  // A server keeps its sectors itself; PGlite's rows may have to be rebuilt from files.
  const keep = async () => {
    if (dsn === undefined && !database.isCopy) await keepSettings(dataFolder, database);
  };
  await keep();
  const budget = resources.use(openBudget({ ...options, logger, clock }, cache, resources));
  const { store: inner, metadata } = cache;
  const owned = resources.move();
  return {
    ...cache,
    store: new BudgetedTileStore({ inner, metadata, budget, freshnessGate: freshness, clock, fdr }),
    freshness,
    freshnessSettings: new FreshnessSettings(database, keep),
    budget,
    pins: new TilePins(database),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * A process that holds the folder alone knows that all reservations belong to processes that have
 * ended.
 */
async function prepare(dataFolder: string, database: SqlDatabase, alone: boolean): Promise<void> {
  try {
    if (alone) await database.query("DELETE FROM cache_reservations");
    await countSidecars(dataFolder, database);
  } catch (error) {
    throw databaseFault(error);
  }
}

function openBudget(
  options: ManagedTileCacheOptions & Required<Pick<ManagedTileCacheOptions, "logger">>,
  cache: TileCache,
  resources: AsyncDisposableStack,
): DiskBudget {
  const { dataFolder, logger, clock, fdr } = options;
  const { budgetBytes = BUDGET_BYTES_DEFAULT } = options;
  const { evictionBatchSize = EVICTION_BATCH_SIZE_DEFAULT } = options;
  const { database, metadata } = cache;
  // A marker of its own: files of evicted tiles that are left behind must be reconciled as well.
  const marker = new UncleanMarker(dataFolder);
  let leftFiles = false;
  resources.defer(async () => {
    if (!leftFiles) await marker.clear();
  });
  return new DiskBudget({
    budgetBytes,
    evictionBatchSize,
    ledger: new BudgetLedger(database, LEASE_S),
    async beforeChange() {
      await marker.mark();
      // Times of use that are not written yet are written before the oldest tiles are chosen.
      await metadata.lruCandidates(1);
    },
    async removeFiles(tiles) {
      try {
        await removeEvictedFiles(dataFolder, database, tiles);
        return true;
      } catch (error) {
        logger.warn("c6.eviction_left_files", { error: messageOf(error), tiles: tiles.length });
        leftFiles = true;
        return false;
      }
    },
    logger,
    clock,
    fdr,
  });
}
