/**
 * `operator cache gc`: reduces the tile cache to its size limit, and removes what crashes left
 * behind.
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
  GdnError,
  option,
  type OptionValues,
} from "../../core/mod.ts";
import {
  type EvictionPlan,
  planEviction,
  tidy,
  type TidyReport,
} from "../../tiles/workstation/tile_cache/mod.ts";
import { CACHE_OPTIONS, placeOf, RECORD_OPTION, recordOption } from "../options.ts";
import { type CacheParts, openExisting } from "./cache_options.ts";

const DAY_MS = 86_400_000;
/** With a server, a temporary file may belong to a running writer. */
const YOUNG_MS = 60 * 60_000;

const ABOUT = `
Puts out tiles, those first that were not used for longest, until the cache fits its disk budget.
Pending uploads and tiles pinned by a mission are never put out. Half-written files are deleted, and
files that have been in orphaned/ for long.`;

const OPTIONS = {
  toBytes: option.bytes({
    help: "go down to this size instead of the budget",
    example: "20GB",
  }),
  orphanDays: option.number({
    placeholder: "DAYS",
    unit: "days",
    minimum: 0,
    maximum: 36_500,
    default: 30,
    help: "keep files in orphaned/ for so long",
  }),
  dryRun: option.flag({ help: "only say what would go" }),
  ...CACHE_OPTIONS,
  ...RECORD_OPTION,
} as const;

export function cacheGcCommand(parts: CacheParts): Command {
  return defineCommand({
    name: "cache gc",
    summary: "put out what was not used for longest, remove what crashes left",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: ["operator cache gc --dry-run", "operator cache gc --to-bytes 20GB"],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: CacheParts,
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { toBytes: budgetBytes, dryRun } = values;
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
    using bar = io.progress("evicting tiles", plan.tiles);
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
    orphansYoungerThanMs: values.orphanDays * DAY_MS,
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
  using bar = io.progress("checking files", 0);
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
      bytesText(targetBytes)
    }: pending uploads and tiles pinned by ` +
      `missions alone take ${
        bytesText(plan.leastBytes)
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
  io.out(`${gone.tiles} tiles ${verb}evicted, ${bytesText(gone.bytes)}`);
  io.out(
    `${tidied.temporaryFiles} temporary files and ${tidied.orphanFiles} old orphans ${verb}` +
      `removed, ${bytesText(tidied.bytes)}`,
  );
  io.out(`the cache holds ${left.tiles} tiles, ${bytesText(left.bytes)}`);
}
