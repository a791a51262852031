/**
 * Totals over the whole cache, from one scan of the rows.
 *
 * @module
 */
import { EVICTABLE, FILES_BYTES } from "../budget/evictable.ts";
import { readState } from "../budget/ledger.ts";
import type { SqlRow, SqlSession } from "../sql/database.ts";
import type { CacheStatistics, SourceStatistics } from "./contract.ts";

interface SumRow extends SqlRow {
  readonly source: string;
  readonly zoom: number;
  readonly freshness: string | null;
  readonly tiles: number;
  readonly bytes: number;
  readonly pending: number;
  readonly pinned: number;
  readonly pinnedBytes: number;
  readonly evictableBytes: number;
  readonly undated: number;
  readonly oldest: Date | null;
  readonly newest: Date | null;
}

export async function cacheStatistics(sql: SqlSession): Promise<CacheStatistics> {
  const rows = await sql.query<SumRow>(
    `SELECT source, zoom, freshness_label AS freshness, count(*)::float8 AS tiles,
      sum(${FILES_BYTES})::float8 AS bytes,
      count(*) FILTER (WHERE source = 'onboard_ingest' AND voting_status = 'pending'
        AND uploaded_at IS NULL)::float8 AS pending,
      count(*) FILTER (WHERE pin_count > 0)::float8 AS pinned,
      COALESCE(sum(${FILES_BYTES}) FILTER (WHERE pin_count > 0), 0)::float8 AS "pinnedBytes",
      COALESCE(sum(${FILES_BYTES}) FILTER (WHERE ${EVICTABLE}), 0)::float8 AS "evictableBytes",
      count(*) FILTER (WHERE captured_at IS NULL)::float8 AS undated,
      min(captured_at) AS oldest, max(captured_at) AS newest
    FROM tiles GROUP BY source, zoom, freshness_label ORDER BY source, zoom, freshness_label`,
  );
  const books = await readState(sql);
  const sum = (pick: (row: SumRow) => number) => rows.reduce((all, row) => all + pick(row), 0);
  const times = rows.flatMap(({ oldest, newest }) => [oldest, newest])
    .filter((time) => time !== null).map((time) => time.getTime());
  const timeOf = (best: (...times: number[]) => number) =>
    times.length === 0 ? null : new Date(best(...times));
  return {
    tiles: sum((row) => row.tiles),
    diskBytes: sum((row) => row.bytes),
    bySourceAndZoom: bySourceAndZoom(rows),
    byFreshness: byFreshness(rows),
    pendingUploads: sum((row) => row.pending),
    pinnedTiles: sum((row) => row.pinned),
    pinnedBytes: sum((row) => row.pinnedBytes),
    evictableBytes: sum((row) => row.evictableBytes),
    capturedOldest: timeOf(Math.min),
    capturedNewest: timeOf(Math.max),
    undatedTiles: sum((row) => row.undated),
    reservedBytes: books.writingBytes + books.leavingBytes,
    countedBytes: books.diskBytes,
  };
}

function bySourceAndZoom(rows: readonly SumRow[]): readonly SourceStatistics[] {
  const groups = new Map<string, SourceStatistics>();
  for (const { source, zoom, tiles, bytes } of rows) {
    const key = `${source}/${zoom}`;
    const old = groups.get(key) ?? { source, zoom, tiles: 0, diskBytes: 0 };
    groups.set(key, { ...old, tiles: old.tiles + tiles, diskBytes: old.diskBytes + bytes });
  }
  return [...groups.values()];
}

function byFreshness(rows: readonly SumRow[]): Readonly<Record<string, number>> {
  const words: Record<string, number> = {};
  for (const { freshness, tiles } of rows) {
    const word = freshness ?? "unjudged";
    words[word] = (words[word] ?? 0) + tiles;
  }
  return words;
}
