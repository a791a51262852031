/**
 * `operator cache ls`: lists the tiles, one line each, page by page.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  UsageError,
} from "../../core/mod.ts";
import type { ListedTile } from "../../tiles/workstation/tile_cache/mod.ts";
import { CACHE_OPTIONS, placeOf } from "../options.ts";
import {
  afterOption,
  type CacheParts,
  dayText,
  FILTER_OPTIONS,
  filterOf,
  findTile,
  nameOf,
  openExisting,
} from "./cache_options.ts";

const LIMIT_DEFAULT = 100;

const OPTIONS = {
  ...FILTER_OPTIONS,
  limit: option.count({
    minimum: 1,
    maximum: 1e9,
    help: "at most so many tiles",
    absent: String(LIMIT_DEFAULT),
  }),
  all: option.flag({ help: "every one, instead of --limit" }),
  ...afterOption("goes on behind a tile (the last one of the page before)"),
  ...CACHE_OPTIONS,
} as const;

export function cacheListCommand(parts: CacheParts): Command {
  return defineCommand({
    name: "cache ls",
    summary: "list the tiles of the cache",
    about: "Lists tiles by zoom, row and column: name, bytes, date of capture, freshness, status.",
    options: OPTIONS,
    json: "one JSON object a line",
    examples: [
      "operator cache ls --source bing --zoom 18",
      "operator cache ls --after bing/18/77213/106845",
      "operator cache ls --all --json > tiles.jsonl",
    ],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(
  parts: CacheParts,
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  if (values.all && values.limit !== undefined) {
    throw new UsageError("--all and --limit exclude each other");
  }
  const limit = values.all ? Infinity : values.limit ?? LIMIT_DEFAULT;
  const filter = filterOf(values);
  await using cache = await openExisting(parts, placeOf(values), { readsOnly: true });
  const after = values.after === undefined
    ? undefined
    : await findTile(cache.inspection, values.after);
  // One more than requested shows whether there are more.
  const tiles = cache.inspection.list(filter, { limit: limit + 1, ...(after && { after }) });
  let count = 0;
  let last: ListedTile | undefined;
  for await (const tile of tiles) {
    io.signal.throwIfAborted();
    if (++count > limit) break;
    io.out(
      values.json ? JSON.stringify({ type: "tile", name: nameOf(tile), ...tile }) : line(tile),
    );
    last = tile;
  }
  if (count > limit && last !== undefined) {
    io.err(`there are more: continue with --after ${nameOf(last)}`);
  } else if (count === 0) {
    io.note("no tile matches");
  }
  return EXIT.ok;
}

function line(tile: ListedTile): string {
  const words = [
    nameOf(tile),
    `${tile.diskBytes} B`,
    dayText(tile.capturedAt),
    tile.freshnessLabel ?? "unjudged",
    tile.votingStatus ?? "-",
    ...(tile.pins > 0 ? ["pinned"] : []),
  ];
  return words.join("  ");
}
