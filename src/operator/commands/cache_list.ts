/**
 * `operator cache ls`: the tiles, one line each, page by page.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import type { ListedTile } from "../../tiles/workstation/tile_cache/mod.ts";
import { numberOption, parseCommandLine } from "../options.ts";
import {
  type CacheParts,
  dayText,
  FILTER_HELP,
  FILTER_OPTIONS,
  filterOf,
  findTile,
  nameOf,
  openExisting,
  PLACE_HELP,
  PLACE_OPTIONS,
  placeOf,
} from "./cache_options.ts";

const LIMIT_DEFAULT = 100;

const HELP = `operator cache ls [options]

Lists tiles by zoom, row and column: name, bytes, date of capture, freshness, status.

${FILTER_HELP}
  --limit N            at most N tiles (default: ${LIMIT_DEFAULT}); --all lists every one
  --after TILE         goes on behind a tile (the last one of the page before)
${PLACE_HELP}, one object a line

Examples
  operator cache ls --source bing --zoom 18
  operator cache ls --after bing/18/77213/106845
  operator cache ls --all --json > tiles.jsonl`;

const OPTIONS = {
  ...PLACE_OPTIONS,
  ...FILTER_OPTIONS,
  limit: { type: "string" },
  after: { type: "string" },
  all: { type: "boolean" },
} as const;

export function cacheListCommand(parts: CacheParts): Command {
  return {
    name: "cache ls",
    summary: "list the tiles of the cache",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

async function run(parts: CacheParts, args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) {
    throw new UsageError("cache ls takes no arguments; filters are options");
  }
  if (values.all && values.limit !== undefined) {
    throw new UsageError("--all and --limit exclude each other");
  }
  const range = { minimum: 1, maximum: 1e9, integer: true };
  const limit = values.all ? Infinity : numberOption("limit", values.limit, range) ?? LIMIT_DEFAULT;
  const filter = filterOf(values);
  await using cache = await openExisting(parts, placeOf(values));
  const after = values.after === undefined
    ? undefined
    : await findTile(cache.inspection, values.after);
  // One more than asked for tells whether there are more.
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
    io.err(`there are more: --after ${nameOf(last)} goes on`);
  } else if (count === 0) {
    io.err("no tile fits");
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
