/**
 * Opens a tile cache: lock, database, migrations, identity, reconciliation.
 *
 * @module
 */
import { causes, exists, type FolderLock, messageOf } from "../../../core/mod.ts";
import { checkIdentity, isWithoutIdentity } from "./cache_identity.ts";
import {
  TileCacheError,
  type TileCatalogue,
  TileDatabaseError,
  type TileMetadataStore,
  type TileStore,
  type TileStoreCollaborators,
  type WriteFreshnessGate,
} from "../../tile_contract/mod.ts";
import { isUnwritable, lockAlone, lockToRead, lockWithOthers } from "./data_folder_lock.ts";
import { restoreSettings } from "./freshness/kept_settings.ts";
import { silentLogger, type TileCacheLogger } from "./logger.ts";
import { reconcile, type Reconciliation } from "./reconcile.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { migrate, readMigrations } from "./sql/migrations.ts";
import { rebuildRows, type Rebuilt } from "./rebuild_rows.ts";
import { SqlTileStore, type SqlTileStoreParts } from "./sql_tile_store.ts";
import { selectTotals } from "./tile_rows.ts";
import { leftMarkers, UncleanMarker } from "./unclean_marker.ts";

export interface TileCacheOptions extends TileStoreCollaborators {
  /** Folder of the files, and of PGlite's database; created when absent. */
  readonly dataFolder: string;
  /** A PostgreSQL server; without one, PGlite in this process with exclusive use of the folder. */
  readonly dsn?: string;
  readonly logger?: TileCacheLogger;
  /** Creates the freshness gate on the cache's own database, when none is given. */
  readonly openFreshnessGate?: (database: SqlDatabase) => Promise<WriteFreshnessGate>;
  /**
   * A folder that cannot be written is read all the same (PGlite alone): its database is copied into
   * memory, where nothing that is written lasts.
   */
  readonly readsOnly?: boolean;
  /** Compare files with rows when the last user did not end well (default), or always. */
  readonly reconcile?: "when_unclean" | "always";
}

export interface TileCache extends AsyncDisposable {
  readonly store: TileStore;
  readonly metadata: TileMetadataStore;
  readonly catalogue: TileCatalogue;
  /** For other parts of this component: freshness rules, budget. */
  readonly database: SqlDatabase;
  /** For messages: "PGlite in DIR", "PostgreSQL server HOST:PORT, database NAME". */
  readonly databaseName: string;
}

/**
 * A store over files and a database. The constructor does no I/O, `open()` does; dispose of it
 * after use.
 */
export function buildTileStore(options: TileCacheOptions): SqlTileStore {
  return new SqlTileStore(options, () => openParts(options));
}

/**
 * The same class for both contracts. On PGlite, which allows one user of the folder, use one object
 * for both.
 */
export function buildTileMetadataStore(options: TileCacheOptions): SqlTileStore {
  return buildTileStore(options);
}

/**
 * Opens (or creates) the tile cache in a folder; dispose of it after use.
 *
 * @throws CacheLockedError when another process holds it, with that process's id.
 * @throws MigrationError | CacheIdentityError | TileDatabaseError | TileFsError
 */
export async function openTileCache(options: TileCacheOptions): Promise<TileCache> {
  const store = buildTileStore(options);
  await store.open();
  const { database } = store;
  return {
    store,
    metadata: store,
    catalogue: store,
    database,
    databaseName: database.name,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

async function openParts(options: TileCacheOptions): Promise<SqlTileStoreParts & AsyncDisposable> {
  const { dsn, logger = silentLogger } = options;
  await using resources = new AsyncDisposableStack();
  const { lock, alone, isReadOnly } = await lockFolder(options);
  resources.use(lock);
  const dataFolder = await Deno.realPath(options.dataFolder);
  const begin = performance.now();
  const database = resources.use(
    isReadOnly ? await openCopy(dataFolder) : await openDatabase(dataFolder, dsn, logger),
  );
  const rebuilt = await asDatabaseFault(async () => {
    await migrate(database, await readMigrations(), logger);
    const lost = dsn === undefined && await isWithoutIdentity(dataFolder, database);
    const rows = lost ? await makeAnew(dataFolder, database, logger) : null;
    await checkIdentity(dataFolder, database, { adopt: lost });
    return rows;
  });
  const order = alone ? await putInOrder(dataFolder, options, database, rebuilt !== null) : null;
  if (dsn !== undefined && alone) await lock.share();
  logger.info("c6.store.construct", {
    dataFolder,
    database: database.name,
    ...await asDatabaseFault(() => selectTotals(database)),
    reconciled: order !== null,
    ...order,
    ...rebuilt,
    durationMs: performance.now() - begin,
  });
  const freshnessGate = options.freshnessGate ?? await options.openFreshnessGate?.(database);
  const owned = resources.move();
  return {
    dataFolder,
    database,
    marker: new UncleanMarker(dataFolder),
    // PGlite's rows may have to be rebuilt from the sidecars.
    syncSidecars: dsn === undefined,
    freshnessGate,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Rebuilds everything before the new database is tied to the folder: after a kill it starts again.
 */
async function makeAnew(
  dataFolder: string,
  database: SqlDatabase,
  logger: TileCacheLogger,
): Promise<Rebuilt> {
  await new UncleanMarker(dataFolder).mark();
  const sectorsRestored = await restoreSettings(dataFolder, database);
  const rows = await rebuildRows(dataFolder, database);
  logger.warn("c6.store.rows_rebuilt", {
    dataFolder,
    ...rows,
    sectorsRestored,
    lost: "uploads, attempts, votes since, times of use and pins of missions" +
      (sectorsRestored === null
        ? ", and sectors that an older program stored: see `operator cache sector ls`"
        : ""),
  });
  return rows;
}

interface Locked {
  readonly lock: FolderLock;
  /** It may be put in order. */
  readonly alone: boolean;
  readonly isReadOnly: boolean;
}

async function lockFolder({ dataFolder, dsn, readsOnly }: TileCacheOptions): Promise<Locked> {
  if (dsn !== undefined) {
    const { lock, aloneAtFirst } = await lockWithOthers(dataFolder);
    return { lock, alone: aloneAtFirst, isReadOnly: false };
  }
  try {
    return { lock: await lockAlone(dataFolder), alone: true, isReadOnly: false };
  } catch (error) {
    if (!readsOnly || !isUnwritable(error)) throw error;
    return { lock: await lockToRead(dataFolder), alone: false, isReadOnly: true };
  }
}

async function openCopy(dataFolder: string): Promise<SqlDatabase> {
  const { openPgliteCopy } = await import("./sql/pglite_database.ts");
  return await openPgliteCopy(`${dataFolder}/database`);
}

/**
 * Each driver is loaded only when it is used. When PGlite's database is broken while files of a
 * cache exist, a new database replaces it, and the broken one is kept.
 */
async function openDatabase(
  dataFolder: string,
  dsn: string | undefined,
  logger: TileCacheLogger,
): Promise<SqlDatabase> {
  if (dsn !== undefined) {
    const { openPostgres } = await import("./sql/postgres_database.ts");
    return await openPostgres(dsn);
  }
  const { openPglite } = await import("./sql/pglite_database.ts");
  const folder = `${dataFolder}/database`;
  try {
    return await openPglite(folder);
  } catch (error) {
    if (
      !await exists(`${dataFolder}/cache.json`) || !await exists(folder) ||
      !(error instanceof TileDatabaseError) || isRefusal(error)
    ) throw error;
    const aside = `${folder}.broken-${new Date().toISOString().replaceAll(":", "")}`;
    await Deno.rename(folder, aside);
    logger.warn("c6.store.database_lost", { dataFolder, aside, error: error.message });
    return await openPglite(folder);
  }
}

/**
 * A missing permission, or a temporary shortage of memory or file handles, does not mean that the
 * database is broken.
 */
function isRefusal(error: Error): boolean {
  return causes(error).some((cause) =>
    cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.PermissionDenied ||
    cause instanceof RangeError || /out of memory|too many open files/i.test(messageOf(cause))
  ) || /may not read its own files/.test(error.message);
}

/** null when the last user ended well and reconciliation was not requested. */
async function putInOrder(
  dataFolder: string,
  options: TileCacheOptions,
  database: SqlDatabase,
  lost: boolean,
): Promise<Reconciliation | null> {
  const markers = await leftMarkers(dataFolder);
  if (markers.length === 0 && options.reconcile !== "always" && !lost) return null;
  const order = await reconcile(dataFolder, database);
  for (const marker of markers) await Deno.remove(marker);
  if (order.rowsWithoutFile > 0 || order.orphanFiles > 0) {
    (options.logger ?? silentLogger).warn("c6.store.reconciled", { dataFolder, ...order });
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
