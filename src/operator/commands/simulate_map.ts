/**
 * `operator simulate map`: the older map of a procedural ground, as a folder of slippy tiles.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  DataError,
  EXIT,
  type ExitCode,
  LocalFrame,
  messageOf,
  type SlippyTile,
  UsageError,
} from "../../core/mod.ts";
import {
  ProceduralGround,
  tilesOfBox,
  tilesOfCorridor,
  writeMapTiles,
} from "../../workstation/simulation/mod.ts";
import { numberOption, parseCommandLine, positionOption } from "../options.ts";
import type { SimulateParts } from "./simulate.ts";

const ZOOM_DEFAULT = 18;
const WIDTH_MIN_M = 1000;
/** Default width of a corridor, in heights above ground. */
const WIDTH_HEIGHTS = 5;

const HELP = `operator simulate map --procedural SEED --centre LAT,LON --out FOLDER AREA [options]

Paints the procedural ground as it looked years before the simulated flights, and writes it as slippy
tiles {z}/{x}/{y}.jpg for \`operator tiles import\`. SEED and centre must be those of the flights.

Area (one of them)
  --extent M or MxM     a rectangle about the centre: east × north, metres
  --corridor-of FLIGHT  what recorded flights pass over; may be given several times
  --width M             width of the corridor (default: 5 heights above ground, 1000 at least)

  --zoom Z              default ${ZOOM_DEFAULT} (about 0.4 m per pixel in middle latitudes)
  --json                one JSON object instead of the summary

Example
  operator simulate map --procedural 7 --centre 48.5,35.0 --corridor-of flights/a --out maps/a`;

const OPTIONS = {
  out: { type: "string" },
  procedural: { type: "string" },
  centre: { type: "string" },
  extent: { type: "string" },
  "corridor-of": { type: "string", multiple: true },
  width: { type: "string" },
  zoom: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseCommandLine<typeof OPTIONS>>["values"];

/** `operator simulate map`. */
export function simulateMapCommand(parts: SimulateParts): Command {
  return {
    name: "simulate map",
    summary: "paint the older map of a procedural ground as slippy tiles",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

async function run(
  parts: SimulateParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) {
    throw new UsageError(`simulate map takes options only, got "${positionals[0]}"`);
  }
  if (!values.out) throw new UsageError("--out FOLDER is missing: the folder to write");
  if (values.procedural === undefined) throw new UsageError("--procedural SEED is missing");
  const centre = positionOption("centre", values.centre);
  if (centre === undefined) throw new UsageError("--centre LAT,LON of the ground is missing");
  const ground = new ProceduralGround({
    seed: values.procedural,
    centre: { ...centre, heightM: 0 },
    season: "map",
  });
  const zoom = numberOption("zoom", values.zoom, { minimum: 12, maximum: 20, integer: true }) ??
    ZOOM_DEFAULT;
  const tiles = await wantedTiles(values, ground, zoom);
  using vision = parts.openVision();
  using bar = io.progress("painting tiles", tiles.length);
  const written = await writeMapTiles(ground, tiles, values.out, {
    vision,
    signal: io.signal,
    progress: (done) => bar.update(done),
  });
  bar.end();
  if (values.json) {
    io.out(JSON.stringify({ type: "summary", folder: values.out, zoom, ...written }));
  } else {
    const megabytes = (written.bytes / 1e6).toFixed(1);
    io.out(`${values.out}: ${written.tiles} tiles at zoom ${zoom}, ${megabytes} MB`);
  }
  return EXIT.ok;
}

async function wantedTiles(
  values: Values,
  ground: ProceduralGround,
  zoom: number,
): Promise<SlippyTile[]> {
  const flights = values["corridor-of"] ?? [];
  if ((flights.length > 0) === (values.extent !== undefined)) {
    throw new UsageError("give one area: --extent M or --corridor-of FLIGHT");
  }
  if (values.extent !== undefined) {
    const [east, north] = extentOption(values.extent);
    const box = { westM: -east / 2, eastM: east / 2, southM: -north / 2, northM: north / 2 };
    return tilesOfBox(ground, box, zoom);
  }
  const width = numberOption("width", values.width, { minimum: 100, maximum: 50_000 });
  const tiles = new Map<string, SlippyTile>();
  for (const flight of flights) {
    const { places, aglM } = await flightPlaces(flight, ground);
    const halfWidthM = (width ?? Math.max(WIDTH_MIN_M, WIDTH_HEIGHTS * aglM)) / 2;
    for (const tile of tilesOfCorridor(ground, places, { halfWidthM, zoom })) {
      tiles.set(`${tile.x}/${tile.y}`, tile);
    }
  }
  return [...tiles.values()];
}

function extentOption(text: string): [number, number] {
  const match = /^(\d+(?:\.\d+)?)(?:x(\d+(?:\.\d+)?))?$/.exec(text);
  const east = Number(match?.[1]), north = Number(match?.[2] ?? match?.[1]);
  if (!(east >= 50 && north >= 50 && east <= 50_000 && north <= 50_000)) {
    throw new UsageError(`--extent must be M or MxM, 50 to 50,000 metres each, got "${text}"`);
  }
  return [east, north];
}

/** Where a recorded flight went, once a second, in the ground's frame. */
async function flightPlaces(
  flight: string,
  ground: ProceduralGround,
): Promise<{ places: [number, number][]; aglM: number }> {
  const path = `${flight}/truth.csv`;
  let text: string, groundHeightM: number;
  try {
    text = await Deno.readTextFile(path);
    groundHeightM = Number(
      JSON.parse(await Deno.readTextFile(`${flight}/flight.json`)).groundHeightM,
    );
  } catch (error) {
    throw new DataError(flight, `it is no recorded flight (${messageOf(error)})`, { cause: error });
  }
  const frame = new LocalFrame(ground.origin);
  const places: [number, number][] = [];
  let heights = 0;
  const rows = text.trim().split("\n").slice(1);
  for (let i = 0; i < rows.length; i += 50) {
    const [, latitudeDeg, longitudeDeg, heightM] = rows[i].split(",").map(Number);
    if (![latitudeDeg, longitudeDeg, heightM].every(Number.isFinite)) {
      throw new DataError(path, `row ${i + 2} does not hold a position`);
    }
    const [east, north] = frame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
    places.push([east, north]);
    heights += heightM - groundHeightM;
  }
  if (places.length === 0) throw new DataError(path, "it has no rows");
  return { places, aglM: heights / places.length };
}
