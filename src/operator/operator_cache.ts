/**
 * The tile cache as every command of the operator opens it: judged by the freshness gate, held to its
 * disk budget, what goes wrong told on stderr, and where it is wished, what became of every tile kept
 * in the operator's own record.
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

/** Where it is, and whose record is to tell of it. */
export interface CacheSettings {
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly budgetBytes?: number;
  readonly decodePicture?: (jpeg: Uint8Array<ArrayBuffer>, name: string) => Promise<unknown>;
  readonly onEvicted?: (bytes: number) => void;
  /** Every tile that is written, refused or put out goes into the operator's own record. */
  readonly record?: RecordSettings;
}

export interface RecordSettings {
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
