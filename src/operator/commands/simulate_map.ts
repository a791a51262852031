/**
 * `operator simulate map`: paints the older map of a procedural ground as a folder of slippy tiles.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  DataError,
  defineCommand,
  EXIT,
  type ExitCode,
  LocalFrame,
  messageOf,
  option,
  type OptionValues,
  parseBoundedJson,
  readPlainTextFile,
  Refused,
  type SlippyTile,
  UsageError,
} from "../../core/mod.ts";
import {
  type GroundSource,
  openProcedural,
  tilesOfBox,
  tilesOfCorridor,
  writeMapTiles,
} from "../../workstation/simulation/mod.ts";
import type { SimulateParts } from "./simulate.ts";

const WIDTH_MIN_M = 1000;
/** Default width of a corridor, in heights above ground. */
const WIDTH_HEIGHTS = 5;

const ABOUT = `
Paints the procedural ground as it looked years before the simulated flights, and writes it as slippy
tiles {z}/{x}/{y}.jpg for \`operator tiles import\`.`;

const AREA_GROUP = "Area, one of";

const OPTIONS = {
  out: option.path({
    access: "create",
    placeholder: "FOLDER",
    required: true,
    help: "the folder to write",
  }),
  procedural: option.text({
    placeholder: "SEED",
    required: true,
    help: "seed of the ground, the flights' own",
  }),
  centre: option.position({
    required: true,
    help: "the middle of the ground, the flights' own",
    example: "48.5,35.0",
  }),
  zoom: option.zoom({
    minimum: 12,
    maximum: 20,
    default: 18,
    help: "zoom of the tiles; 18 is about 0.4 m per pixel in middle latitudes",
  }),
  extent: option.custom({ form: "M or MxM, 50 to 50,000 metres each", read: readExtent }, {
    placeholder: "M[xM]",
    help: "a rectangle about the centre: east × north, metres",
    group: AREA_GROUP,
  }),
  corridorOf: option.path({
    access: "read",
    placeholder: "FLIGHT",
    multiple: true,
    help: "what a recorded flight passes over",
    group: AREA_GROUP,
  }),
  width: option.lengthM({
    minimum: 100,
    maximum: 50_000,
    help: "width of the corridor",
    absent: `${WIDTH_HEIGHTS} heights above ground, ${WIDTH_MIN_M} at least`,
    group: AREA_GROUP,
  }),
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

/** `operator simulate map`. */
export function simulateMapCommand(parts: SimulateParts): Command {
  return defineCommand({
    name: "simulate map",
    summary: "paint the older map of a procedural ground as slippy tiles",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator simulate map --procedural 7 --centre 48.5,35.0 --corridor-of flights/a --out maps/a",
      "operator simulate map --procedural 7 --centre 48.5,35.0 --extent 4000x2000 --out maps/b",
    ],
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: SimulateParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const { centre, zoom } = values;
  const ground = openProcedural({
    seed: values.procedural,
    centre: { ...centre, heightM: 0 },
    season: "map",
  });
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
    io.out(`${values.out}: ${written.tiles} tiles at zoom ${zoom}, ${bytesText(written.bytes)}`);
  }
  return EXIT.ok;
}

async function wantedTiles(
  values: Values,
  ground: GroundSource,
  zoom: number,
): Promise<SlippyTile[]> {
  const { corridorOf: flights, extent, width } = values;
  if ((flights.length > 0) === (extent !== undefined)) {
    throw new UsageError("give one area: --extent M or --corridor-of FLIGHT");
  }
  if (extent !== undefined) {
    const [east, north] = extent;
    const box = { westM: -east / 2, eastM: east / 2, southM: -north / 2, northM: north / 2 };
    return tilesOfBox(ground, box, zoom);
  }
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

function readExtent(text: string): readonly [number, number] | Refused {
  const match = /^(\d+(?:\.\d+)?)(?:x(\d+(?:\.\d+)?))?$/.exec(text);
  const east = Number(match?.[1]), north = Number(match?.[2] ?? match?.[1]);
  const fits = east >= 50 && north >= 50 && east <= 50_000 && north <= 50_000;
  return fits ? [east, north] : new Refused();
}

/** The track of a recorded flight, once a second, in the ground's local frame. */
async function flightPlaces(
  flight: string,
  ground: GroundSource,
): Promise<{ places: [number, number][]; aglM: number }> {
  const path = `${flight}/truth.csv`;
  let text: string, groundHeightM: number;
  try {
    text = await readPlainTextFile(path, { within: flight, bytesMax: 64 * 1024 * 1024 });
    groundHeightM = Number(
      (parseBoundedJson(
        await readPlainTextFile(`${flight}/flight.json`, { within: flight, bytesMax: 1024 * 1024 }),
      ) as { groundHeightM?: unknown } | null)?.groundHeightM,
    );
  } catch (error) {
    throw new DataError(flight, `it is not a recorded flight (${messageOf(error)})`, {
      cause: error,
    });
  }
  const localFrame = new LocalFrame(ground.origin);
  const places: [number, number][] = [];
  let heights = 0;
  const rows = text.trim().split("\n").slice(1);
  for (let i = 0; i < rows.length; i += 50) {
    const [, latitudeDeg, longitudeDeg, heightM] = rows[i].split(",").map(Number);
    if (![latitudeDeg, longitudeDeg, heightM].every(Number.isFinite)) {
      throw new DataError(path, `row ${i + 2} does not hold a position`);
    }
    const [east, north] = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
    places.push([east, north]);
    heights += heightM - groundHeightM;
  }
  if (places.length === 0) throw new DataError(path, "it has no rows");
  return { places, aglM: heights / places.length };
}
