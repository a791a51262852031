/**
 * Opens the tile cache for the commands of the operator: with freshness gate and disk budget,
 * warnings on stderr, and on request a record of what happened to every tile.
 *
 * @module
 */
import { SystemClock } from "../core/mod.ts";
import {
  type ManagedTileCache,
  openManagedTileCache,
} from "../tiles/workstation/tile_cache/mod.ts";
import { cacheLogger } from "./cache_log.ts";
import { openRecorder } from "./operator_recorder.ts";

/** Where the cache is, and whether to record. */
export interface CacheSettings {
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly budgetBytes?: number;
  /** The command only reads: a folder that cannot be written will do. */
  readonly readsOnly?: boolean;
  readonly decodePicture?: (jpeg: Uint8Array<ArrayBuffer>, name: string) => Promise<unknown>;
  readonly onEvicted?: (bytes: number) => void;
  /** Record every tile that is written, refused or evicted in the operator's own record. */
  readonly record?: RecordSettings;
}

interface RecordSettings {
  /** The command: "tiles import". */
  readonly name: string;
  readonly note: (line: string) => void;
}

export async function openOperatorCache(settings: CacheSettings): Promise<ManagedTileCache> {
  const { dataDirectory, dsn, onEvicted, record, ...options } = settings;
  await using resources = new AsyncDisposableStack();
  const recorder = record &&
    resources.use(await openRecorder({ dataDirectory, ...record, clock: new SystemClock() }));
  const cache = resources.use(
    await openManagedTileCache({
      ...options,
      dataFolder: dataDirectory,
      ...(dsn === null ? {} : { dsn }),
      ...(recorder === undefined ? {} : { fdr: recorder.client("tile_cache") }),
      logger: cacheLogger((event, { bytes }) => {
        if (event === "c6.evicted") onEvicted?.(bytes as number);
      }),
    }),
  );
  const owned = resources.move();
  return { ...cache, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
