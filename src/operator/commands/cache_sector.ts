/**
 * `operator cache sector add|ls|rm`: boxes of ground where tiles may be less, or more, old.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import { SECTOR_CLASSIFICATIONS, type SectorBoundary } from "../../tiles/tile_contract/mod.ts";
import { CACHE_OPTIONS_HELP, parseCommandLine } from "../options.ts";
import { classificationOf, type FreshnessParts, placeOf } from "./cache_freshness.ts";

const COMMON_HELP = `${CACHE_OPTIONS_HELP}
  --json               JSON instead of text`;

const ADD_HELP = `operator cache sector add NAME CLASS S,W,N,E [options]

Draws a sector: CLASS is ${
  SECTOR_CLASSIFICATIONS.join(" or ")
}. West > east crosses the antimeridian.
Where sectors overlap the stricter rule counts, and a tile lies in every sector that it touches.
Tiles that are in the cache already stay there; no flight package takes those that are too old.

${COMMON_HELP}

Examples
  operator cache sector add "east front" active_conflict 47.5,37.0,49.0,39.5
  operator cache sector add atoll stable_rear -18,178.5,-16,-179`;

const LS_HELP = `operator cache sector ls [options]

Lists the sectors.

${COMMON_HELP}

Example
  operator cache sector ls --json`;

const RM_HELP = `operator cache sector rm NAME [options]

Removes a sector; what it judged is judged by the others, or as stable_rear.

${COMMON_HELP}

Example
  operator cache sector rm "east front"`;

const OPTIONS = {
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export function sectorCommands(parts: FreshnessParts): readonly Command[] {
  return [
    {
      name: "cache sector add",
      summary: "draw a sector with its own rule of freshness",
      help: ADD_HELP,
      run: (args, io) => add(parts, args, io),
    },
    {
      name: "cache sector ls",
      summary: "list the sectors",
      help: LS_HELP,
      run: (args, io) => list(parts, args, io),
    },
    {
      name: "cache sector rm",
      summary: "remove a sector",
      help: RM_HELP,
      run: (args, io) => remove(parts, args, io),
    },
  ];
}

async function add(
  parts: FreshnessParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  // "-18,178.5,-16,-179" is a box and no option.
  const marked = args.map((arg) => /^-\.?\d/.test(arg) ? `+${arg}` : arg);
  const { values, positionals } = parseCommandLine(marked, OPTIONS);
  if (positionals.length !== 3) {
    throw new UsageError(`sector add takes NAME CLASS S,W,N,E, got ${positionals.length} words`);
  }
  const [name, word, box] = positionals;
  const classification = classificationOf(word);
  if (classification === undefined) {
    throw new UsageError(`CLASS is ${SECTOR_CLASSIFICATIONS.join(" or ")}, got "${word}"`);
  }
  const sector = { name, classification, bbox: boxOf(box.replace(/^\+-/, "-")) };
  await using cache = await parts.openCache(placeOf(values));
  await cache.freshnessSettings.addSector(sector);
  io.out(values.json ? JSON.stringify({ type: "sector", ...sector }) : inWords(sector));
  return EXIT.ok;
}

async function list(
  parts: FreshnessParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`sector ls takes options only`);
  await using cache = await parts.openCache(placeOf(values));
  const sectors = await cache.freshnessSettings.sectors();
  for (const sector of sectors) {
    io.out(values.json ? JSON.stringify({ type: "sector", ...sector }) : inWords(sector));
  }
  if (sectors.length === 0 && !values.json) io.out("no sectors: everything is stable_rear");
  return EXIT.ok;
}

async function remove(
  parts: FreshnessParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length !== 1) {
    throw new UsageError(`sector rm takes one NAME, got ${positionals.length}`);
  }
  await using cache = await parts.openCache(placeOf(values));
  await cache.freshnessSettings.removeSector(positionals[0]);
  io.out(
    values.json
      ? JSON.stringify({ type: "removed", name: positionals[0] })
      : `removed "${positionals[0]}"`,
  );
  return EXIT.ok;
}

function inWords({ name, classification, bbox }: SectorBoundary): string {
  const { southDeg, westDeg, northDeg, eastDeg } = bbox;
  return `${classification.padEnd(16)} ${southDeg},${westDeg},${northDeg},${eastDeg}  ${name}`;
}

function boxOf(text: string): SectorBoundary["bbox"] {
  const parts = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [southDeg, westDeg, northDeg, eastDeg] = parts;
  const onEarth = parts.length === 4 && Math.abs(southDeg) <= 90 && Math.abs(northDeg) <= 90 &&
    Math.abs(westDeg) <= 180 && Math.abs(eastDeg) <= 180;
  if (!onEarth || !(southDeg < northDeg) || westDeg === eastDeg) {
    throw new UsageError(
      `the box must be SOUTH,WEST,NORTH,EAST in degrees with an inside, got "${text}"`,
    );
  }
  return { southDeg, westDeg, northDeg, eastDeg };
}
