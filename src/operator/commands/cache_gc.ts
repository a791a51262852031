/**
 * `operator cache gc`: the tile cache back within its size, and what crashes left behind removed.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  EXIT,
  type ExitCode,
  GdnError,
  UsageError,
} from "../../core/mod.ts";
import {
  type EvictionPlan,
  planEviction,
  tidy,
  type TidyReport,
} from "../../tiles/workstation/tile_cache/mod.ts";
import { numberOption, parseCommandLine, RECORD_HELP, recordOption } from "../options.ts";
import {
  type CacheParts,
  openExisting,
  PLACE_HELP,
  PLACE_OPTIONS,
  placeOf,
  sizeOption,
  sizeText,
} from "./cache_options.ts";

const ORPHAN_DAYS_DEFAULT = 30;
const DAY_MS = 86_400_000;
/** With a server a half-written file may be a living writer's. */
const YOUNG_MS = 60 * 60_000;

const HELP = `operator cache gc [options]

Puts out tiles, those first that were not used for longest, until the cache fits its disk budget.
Pending uploads and tiles pinned by a mission are never put out. Half-written files are deleted, and
files that have been in orphaned/ for long.

  --to-bytes SIZE      go down to this size instead of the budget (20GB, 500MiB, 0)
  --orphan-days N      keep files in orphaned/ for so many days (default: ${ORPHAN_DAYS_DEFAULT})
  --dry-run            only tell what would go
${RECORD_HELP}
${PLACE_HELP}

Examples
  operator cache gc --dry-run
  operator cache gc --to-bytes 20GB`;

const OPTIONS = {
  ...PLACE_OPTIONS,
  "to-bytes": { type: "string" },
  "orphan-days": { type: "string" },
  "dry-run": { type: "boolean" },
  record: { type: "boolean" },
} as const;

export function cacheGcCommand(parts: CacheParts): Command {
  return {
    name: "cache gc",
    summary: "put out what was not used for longest, remove what crashes left",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

async function run(parts: CacheParts, args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError("cache gc takes no arguments");
  const budgetBytes = sizeOption("to-bytes", values["to-bytes"]);
  const days =
    numberOption("orphan-days", values["orphan-days"], { minimum: 0, maximum: 36_500 }) ??
      ORPHAN_DAYS_DEFAULT;
  const dryRun = values["dry-run"] ?? false;
  const place = placeOf(values);
  const gone = { tiles: 0, bytes: 0 };
  let evicted = (_bytes: number) => {};
  await using cache = await openExisting(parts, place, {
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
    onEvicted: (bytes) => evicted(bytes),
    ...recordOption(values.record && !dryRun, "cache gc", io),
  });
  const plan = await planEviction(cache, cache.budgetBytes);
  if (!plan.reachable) throw unreachable(plan, cache.budgetBytes);
  if (dryRun) {
    gone.tiles = plan.tiles;
    gone.bytes = plan.bytes;
  } else if (plan.tiles > 0) {
    using bar = io.progress("putting out tiles", plan.tiles);
    evicted = (bytes) => {
      bar.update(++gone.tiles);
      gone.bytes += bytes;
    };
    await cache.reduceToBudget();
    bar.end();
  }
  const report = await tidyUp(cache, io, {
    dryRun,
    youngerThanMs: place.dsn === null ? 0 : YOUNG_MS,
    orphansYoungerThanMs: days * DAY_MS,
  });
  const { tiles, diskBytes } = await cache.inspection.statistics();
  const left = { tiles, bytes: diskBytes };
  if (values.json) {
    io.out(JSON.stringify({ type: "summary", dryRun, evicted: gone, tidied: report, left }));
  } else describe(dryRun, gone, report, left, io);
  return EXIT.ok;
}

async function tidyUp(
  cache: Parameters<typeof tidy>[0],
  io: CommandIo,
  options: Omit<Parameters<typeof tidy>[1], "signal">,
): Promise<TidyReport> {
  using bar = io.progress("looking through files", 0);
  const report = await tidy(cache, {
    ...options,
    progress: (files) => bar.update(files),
    signal: io.signal,
  });
  bar.end();
  return report;
}

function unreachable(plan: EvictionPlan, targetBytes: number): GdnError {
  return new GdnError(
    "GC_UNREACHABLE",
    `Cannot bring the tile cache down to ${
      sizeText(targetBytes)
    }: pending uploads and tiles pinned by ` +
      `missions alone take ${
        sizeText(plan.leastBytes)
      } and stay; nothing was deleted. Upload what is ` +
      "pending, unpin missions that were flown, or give a larger --to-bytes",
    { exitCode: EXIT.failure },
  );
}

function describe(
  dryRun: boolean,
  gone: { readonly tiles: number; readonly bytes: number },
  tidied: TidyReport,
  left: { readonly tiles: number; readonly bytes: number },
  io: CommandIo,
): void {
  const verb = dryRun ? "would be " : "";
  io.out(`${gone.tiles} tiles ${verb}put out, ${sizeText(gone.bytes)}`);
  io.out(
    `${tidied.temporaryFiles} half-written files and ${tidied.orphanFiles} old orphans ${verb}` +
      `removed, ${sizeText(tidied.bytes)}`,
  );
  io.out(`the cache holds ${left.tiles} tiles, ${sizeText(left.bytes)}`);
}
