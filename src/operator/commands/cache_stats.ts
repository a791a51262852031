/**
 * `operator cache stats`: shows totals of the tile cache.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  type OptionValues,
} from "../../core/mod.ts";
import type { CacheStatistics } from "../../tiles/workstation/tile_cache/mod.ts";
import { BUDGET_OPTION, CACHE_OPTIONS, placeOf } from "../options.ts";
import { type CacheParts, dayText, openExisting } from "./cache_options.ts";

const OPTIONS = {
  budget: { ...BUDGET_OPTION.budget, help: "the disk budget to compare with" },
  ...CACHE_OPTIONS,
} as const;

export function cacheStatsCommand(parts: CacheParts): Command {
  return defineCommand({
    name: "cache stats",
    summary: "what is in the tile cache, in sums",
    about: `
Tiles and bytes by source and zoom, freshness, uploads that wait, pins, captures, and how much room
the disk budget leaves.`,
    options: OPTIONS,
    json: "one JSON object instead of text",
    examples: ["operator cache stats", "operator cache stats --data /srv/tiles --json"],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: CacheParts,
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { budget: budgetBytes } = values;
  await using cache = await openExisting(
    parts,
    placeOf(values),
    { readsOnly: true, ...budgetBytes === undefined ? {} : { budgetBytes } },
  );
  const statistics = await cache.inspection.statistics();
  const missions = await cache.missions();
  const about = {
    database: cache.databaseName,
    budgetBytes: cache.budgetBytes,
    headroomBytes: cache.budgetBytes - statistics.diskBytes - statistics.reservedBytes,
    missions: missions.map(({ mission, tiles }) => ({ mission, tiles })),
  };
  if (values.json) io.out(JSON.stringify({ type: "stats", ...about, ...statistics }));
  else describe(statistics, about, io);
  return EXIT.ok;
}

function describe(
  statistics: CacheStatistics,
  about: {
    readonly database: string;
    readonly budgetBytes: number;
    readonly headroomBytes: number;
    readonly missions: readonly { readonly mission: string; readonly tiles: number }[];
  },
  io: CommandIo,
): void {
  const line = (label: string, text: string) => io.out(`${label.padEnd(18)}${text}`);
  line("database", about.database);
  line("tiles", `${statistics.tiles}, ${bytesText(statistics.diskBytes)} with their sidecars`);
  for (const { source, zoom, tiles, diskBytes } of statistics.bySourceAndZoom) {
    line(
      "",
      `${source.padEnd(16)} zoom ${`${zoom}`.padStart(2)}  ${tiles} tiles, ${bytesText(diskBytes)}`,
    );
  }
  const words = Object.entries(statistics.byFreshness).map(([word, tiles]) => `${tiles} ${word}`);
  line("freshness", words.join(", ") || "no tiles");
  line(
    "captured",
    `${dayText(statistics.capturedOldest)} to ${dayText(statistics.capturedNewest)}` +
      (statistics.undatedTiles > 0 ? `; ${statistics.undatedTiles} tiles of unknown date` : ""),
  );
  line("pending uploads", `${statistics.pendingUploads}`);
  const names = about.missions.map(({ mission, tiles }) => `${mission} (${tiles})`).join(", ");
  line(
    "pinned",
    `${statistics.pinnedTiles} tiles, ${bytesText(statistics.pinnedBytes)}${
      names && ` by ${names}`
    }`,
  );
  line(
    "disk budget",
    `${bytesText(about.budgetBytes)}, ${bytesText(about.headroomBytes)} free` +
      (statistics.reservedBytes > 0 ? `, ${bytesText(statistics.reservedBytes)} reserved` : "") +
      `; ${bytesText(statistics.evictableBytes)} may be evicted`,
  );
}
