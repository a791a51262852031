/**
 * What `gc` does beside the disk budget: deletes temporary files and old orphans, and computes what
 * a reduction would evict.
 *
 * @module
 */
import { EVICTABLE, FILES_BYTES, LAST_USE } from "../budget/evictable.ts";
import type { OpenCache } from "./cache_inspection.ts";
import type { TidyReport } from "./contract.ts";
import { strayFiles } from "./files.ts";

interface TidyOptions {
  readonly dryRun: boolean;
  /** Younger temporary files may belong to a running write. */
  readonly youngerThanMs: number;
  /** Files that were moved to `orphaned/` more recently are kept. */
  readonly orphansYoungerThanMs: number;
  readonly progress?: (files: number) => void;
  readonly signal?: AbortSignal;
}

export async function tidy(cache: OpenCache, options: TidyOptions): Promise<TidyReport> {
  const report = { temporaryFiles: 0, orphanFiles: 0, bytes: 0 };
  let files = 0;
  const remove = async (path: string) => {
    report.bytes += (await Deno.lstat(path)).size;
    if (!options.dryRun) await Deno.remove(path);
  };
  const seen = () => {
    options.signal?.throwIfAborted();
    options.progress?.(++files);
  };
  for await (const file of strayFiles(cache, seen)) {
    if (!file.temporary || file.ageMs < options.youngerThanMs) continue;
    await remove(`${cache.dataFolder}/${file.path}`);
    report.temporaryFiles++;
  }
  for await (const path of filesBelow(`${cache.dataFolder}/orphaned`)) {
    seen();
    // The change time is when the file was moved; Deno calls it ctime.
    const { ctime, mtime } = await Deno.lstat(path);
    const movedMs = (ctime ?? mtime)?.getTime() ?? 0;
    if (Date.now() - movedMs < options.orphansYoungerThanMs) continue;
    await remove(path);
    report.orphanFiles++;
  }
  return report;
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory) folders.push(`${folder}/${entry.name}`);
      else yield `${folder}/${entry.name}`;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const inner of folders) yield* filesBelow(inner);
}

export interface EvictionPlan {
  readonly tiles: number;
  readonly bytes: number;
  /** False: pending uploads and pinned tiles alone exceed the target. */
  readonly reachable: boolean;
  /** Bytes that are left when everything evictable is evicted. */
  readonly leastBytes: number;
}

/** What a reduction to `targetBytes` would delete, without deleting it. */
export async function planEviction(cache: OpenCache, targetBytes: number): Promise<EvictionPlan> {
  const [row] = await cache.database.query<
    { tiles: number; bytes: number; all: number; total: number }
  >(
    `WITH totals AS (SELECT COALESCE(sum(${FILES_BYTES}), 0)::float8 AS total FROM tiles),
    evictable AS (
      SELECT ${FILES_BYTES} AS bytes,
        sum(${FILES_BYTES}) OVER (ORDER BY ${LAST_USE}, id) - (${FILES_BYTES}) AS before
      FROM tiles WHERE ${EVICTABLE}
    )
    SELECT count(*) FILTER (WHERE before < total - $1::float8)::float8 AS tiles,
      COALESCE(sum(bytes) FILTER (WHERE before < total - $1::float8), 0)::float8 AS bytes,
      COALESCE(sum(bytes), 0)::float8 AS "all", max(total)::float8 AS total
    FROM totals LEFT JOIN evictable ON true`,
    [targetBytes],
  );
  const leastBytes = row.total - row.all;
  return { tiles: row.tiles, bytes: row.bytes, reachable: leastBytes <= targetBytes, leastBytes };
}
