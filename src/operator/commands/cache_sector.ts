/**
 * `operator cache sector add|ls|rm`: manages sectors, boxes of ground with their own rule of
 * freshness.
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
} from "../../core/mod.ts";
import { SECTOR_CLASSIFICATIONS, type SectorBoundary } from "../../tiles/tile_contract/mod.ts";
import { CACHE_OPTIONS, placeOf, refuseWithoutCache } from "../options.ts";
import type { FreshnessParts } from "./cache_freshness.ts";

const NAME_ARGUMENT = {
  name: option.text({ placeholder: "NAME", required: true, help: "name of the sector" }),
} as const;

const ADD_ARGUMENTS = {
  ...NAME_ARGUMENT,
  classification: option.choice(SECTOR_CLASSIFICATIONS, {
    placeholder: "CLASS",
    required: true,
    help: "which rule counts there",
  }),
  area: option.area({ required: true, help: "the box", placeholder: "SOUTH,WEST,NORTH,EAST" }),
} as const;

type Values = OptionValues<typeof CACHE_OPTIONS> & { readonly json: boolean };

export function sectorCommands(parts: FreshnessParts): readonly Command[] {
  return [
    defineCommand({
      name: "cache sector add",
      summary: "draw a sector with its own rule of freshness",
      about: `
Draws a sector. Where sectors overlap the stricter rule counts, and a tile lies in every sector that
it touches. Tiles that are in the cache already stay there; no flight package takes those that are
too old.`,
      arguments: ADD_ARGUMENTS,
      options: CACHE_OPTIONS,
      json: "one JSON object instead of text",
      examples: [
        'operator cache sector add "east front" active_conflict 47.5,37.0,49.0,39.5',
        "operator cache sector add atoll stable_rear -18,178.5,-16,-179",
      ],
      run: (values, io) => add(parts, values, io),
    }),
    defineCommand({
      name: "cache sector ls",
      summary: "list the sectors",
      about: "Lists the sectors.",
      options: CACHE_OPTIONS,
      json: "one JSON object a line",
      examples: ["operator cache sector ls --json"],
      run: (values, io) => list(parts, values, io),
    }),
    defineCommand({
      name: "cache sector rm",
      summary: "remove a sector",
      about: "Removes a sector; what it judged is judged by the others, or as stable_rear.",
      arguments: NAME_ARGUMENT,
      options: CACHE_OPTIONS,
      json: "one JSON object instead of text",
      examples: ['operator cache sector rm "east front"'],
      run: (values, io) => remove(parts, values, io),
    }),
  ];
}

async function add(
  parts: FreshnessParts,
  values: Values & OptionValues<typeof ADD_ARGUMENTS>,
  io: CommandIo,
): Promise<ExitCode> {
  const { name, classification, area } = values;
  const sector = { name, classification, bbox: area };
  await using cache = await parts.openCache(placeOf(values));
  await cache.freshnessSettings.addSector(sector);
  io.out(values.json ? JSON.stringify({ type: "sector", ...sector }) : inWords(sector));
  return EXIT.ok;
}

async function list(parts: FreshnessParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const place = placeOf(values);
  await refuseWithoutCache(place);
  await using cache = await parts.openCache(place);
  const sectors = await cache.freshnessSettings.sectors();
  for (const sector of sectors) {
    io.out(values.json ? JSON.stringify({ type: "sector", ...sector }) : inWords(sector));
  }
  if (sectors.length === 0 && !values.json) io.out("no sectors: everything is stable_rear");
  return EXIT.ok;
}

async function remove(
  parts: FreshnessParts,
  values: Values & { readonly name: string },
  io: CommandIo,
): Promise<ExitCode> {
  const { name } = values;
  const place = placeOf(values);
  await refuseWithoutCache(place);
  await using cache = await parts.openCache(place);
  await cache.freshnessSettings.removeSector(name);
  io.out(values.json ? JSON.stringify({ type: "removed", name }) : `removed "${name}"`);
  return EXIT.ok;
}

function inWords({ name, classification, bbox }: SectorBoundary): string {
  const { southDeg, westDeg, northDeg, eastDeg } = bbox;
  return `${classification.padEnd(16)} ${southDeg},${westDeg},${northDeg},${eastDeg}  ${name}`;
}
