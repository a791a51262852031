/**
 * Opening a tile cache: lock, database, migrations, identity, reconciliation.
 *
 * @module
 */
import { type FolderLock, messageOf } from "../core/mod.ts";
import { checkIdentity } from "./cache_identity.ts";
import type {
  TileCatalogue,
  TileMetadataStore,
  TileStore,
  TileStoreCollaborators,
  WriteFreshnessGate,
} from "./contract.ts";
import { lockAlone, lockWithOthers } from "./data_folder_lock.ts";
import { TileCacheError, TileDatabaseError } from "./errors.ts";
import { silentLogger, type TileCacheLogger } from "./logger.ts";
import { reconcile, type Reconciliation } from "./reconcile.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { migrate, readMigrations } from "./sql/migrations.ts";
import { SqlTileStore } from "./sql_tile_store.ts";
import { selectTotals } from "./tile_rows.ts";
import { leftMarkers, UncleanMarker } from "./unclean_marker.ts";

export interface TileCacheOptions extends TileStoreCollaborators {
  /** Folder of the files, and of PGlite's database; made when absent. */
  readonly dataFolder: string;
  /** A PostgreSQL server; without one, PGlite in this process and the folder for it alone. */
  readonly dsn?: string;
  readonly logger?: TileCacheLogger;
  /** Makes the freshness gate over the cache's own database, where none is given. */
  readonly openFreshnessGate?: (database: SqlDatabase) => Promise<WriteFreshnessGate>;
  /** Files are held against rows when the last user did not end well (default), or always. */
  readonly reconcile?: "when_unclean" | "always";
}

export interface TileCache extends AsyncDisposable {
  readonly store: TileStore;
  readonly metadata: TileMetadataStore;
  readonly catalogue: TileCatalogue;
  /** For the other parts of this component: freshness rules, budget. */
  readonly database: SqlDatabase;
  /** For people: "PGlite in DIR", "PostgreSQL server HOST:PORT, database NAME". */
  readonly databaseName: string;
}

/**
 * Opens (or makes) the tile cache in a folder; dispose it.
 *
 * @throws CacheLockedError when another process has it, with that process's id.
 * @throws MigrationError | CacheIdentityError | TileDatabaseError | TileFsError
 */
export async function openTileCache(options: TileCacheOptions): Promise<TileCache> {
  const { dataFolder, dsn, logger = silentLogger } = options;
  await using resources = new AsyncDisposableStack();
  const { lock, alone } = await lockFolder(dataFolder, dsn !== undefined);
  resources.use(lock);
  const database = resources.use(await openDatabase(dataFolder, dsn));
  const begin = performance.now();
  await asDatabaseFault(async () => {
    await migrate(database, await readMigrations(), logger);
    await checkIdentity(dataFolder, database);
  });
  const order = alone ? await putInOrder(options, database, logger) : null;
  if (dsn !== undefined && alone) await lock.share();
  const marker = new UncleanMarker(dataFolder);
  const { clock, fdr } = options;
  const freshnessGate = options.freshnessGate ?? await options.openFreshnessGate?.(database);
  const store = new SqlTileStore({ dataFolder, database, marker, freshnessGate, clock, fdr });
  resources.defer(async () => {
    await store.close();
    if (!store.leftFiles) await marker.clear();
  });
  logger.info("c6.store.construct", {
    dataFolder,
    database: database.name,
    ...await asDatabaseFault(() => selectTotals(database)),
    reconciled: order !== null,
    ...order,
    durationMs: performance.now() - begin,
  });
  const owned = resources.move();
  return {
    store,
    metadata: store,
    catalogue: store,
    database,
    databaseName: database.name,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function lockFolder(
  dataFolder: string,
  shared: boolean,
): Promise<{ lock: FolderLock; alone: boolean }> {
  if (!shared) return { lock: await lockAlone(dataFolder), alone: true };
  const { lock, aloneAtFirst } = await lockWithOthers(dataFolder);
  return { lock, alone: aloneAtFirst };
}

/** Either driver is loaded only when it is used. */
async function openDatabase(dataFolder: string, dsn: string | undefined): Promise<SqlDatabase> {
  if (dsn !== undefined) {
    const { openPostgres } = await import("./sql/postgres_database.ts");
    return await openPostgres(dsn);
  }
  const { openPglite } = await import("./sql/pglite_database.ts");
  return await openPglite(`${dataFolder}/database`);
}

/** Null when the last user ended well and nobody asked for it. */
async function putInOrder(
  options: TileCacheOptions,
  database: SqlDatabase,
  logger: TileCacheLogger,
): Promise<Reconciliation | null> {
  const markers = await leftMarkers(options.dataFolder);
  if (markers.length === 0 && options.reconcile !== "always") return null;
  const order = await reconcile(options.dataFolder, database);
  for (const marker of markers) await Deno.remove(marker);
  if (order.rowsWithoutFile > 0 || order.orphanFiles > 0) {
    logger.warn("c6.store.reconciled", { dataFolder: options.dataFolder, ...order });
  }
  return order;
}

async function asDatabaseFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TileCacheError) throw error;
    throw new TileDatabaseError(`Cannot open the tile cache: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
