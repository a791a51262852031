/**
 * `operator tiles import`: imagery of the operator's own → tiles in the cache.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import {
  type ImageryKind,
  type ImportSummary,
  importTiles,
  importZoom,
  openImagery,
  type TileSink,
  type TileToolkit,
} from "../../tile_import/mod.ts";
import {
  CACHE_OPTIONS_HELP,
  DATA_DIRECTORY_DEFAULT,
  dateOption,
  numberOption,
  parseCommandLine,
  positionOption,
} from "../options.ts";

/** What the composition root gives to the command. */
export interface TilesImportParts {
  openSink(where: { dataDirectory: string; dsn: string | null }): Promise<
    { readonly sink: TileSink; readonly databaseName: string } & AsyncDisposable
  >;
  openToolkit(): { readonly toolkit: TileToolkit } & Disposable;
}

const HELP = `operator tiles import SOURCE [options]

Cuts imagery into 256×256 slippy tiles and puts them into the tile cache. SOURCE is
  a PNG, JPEG or WebP        north up; its place is given by --centre and --gsd
  a GeoTIFF or COG           with its own georeference (EPSG:4326, 3857, WGS84 UTM)
  a {z}/{x}/{y}.jpg folder   (jpg, jpeg, png, webp) taken over tile by tile
  a folder of photographs    nadir, with EXIF position and XMP attitude (DJI)

Tiles that the cache holds already are kept: importing again does no harm.

  --centre LAT,LON     middle of the picture, degrees
  --gsd M              metres per pixel of the picture
  --zoom Z             zoom of the tiles (default: nearest to the imagery's resolution)
  --source NAME        source name of the tiles (default: local_import, or photographs)
  --captured-at DATE   when the ground looked like this (2024-05-31); unknown counts as stale
  --headings HOW       photographs: search (default) holds their pose tags against the overlaps,
                       trust takes them as they are
  --ground-altitude M  photographs: altitude of the ground over sea level (default: the height
                       tags count from the take-off point)
  --attribution TEXT   kept with the tiles
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of the summary

Examples
  operator tiles import field.png --centre 50.4501,30.5234 --gsd 0.5 --captured-at 2024-05-31
  operator tiles import orthophoto.tif
  operator tiles import photographs/`;

const OPTIONS = {
  centre: { type: "string" },
  gsd: { type: "string" },
  zoom: { type: "string" },
  source: { type: "string" },
  "captured-at": { type: "string" },
  headings: { type: "string" },
  "ground-altitude": { type: "string" },
  attribution: { type: "string" },
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export function tilesImportCommand(parts: TilesImportParts): Command {
  return {
    name: "tiles import",
    summary: "cut imagery of your own into map tiles",
    help: HELP,
    run: (args, io) => run(parts, parse(args), io),
  };
}

interface Request {
  readonly path: string;
  readonly centre: { readonly latitudeDeg: number; readonly longitudeDeg: number } | null;
  readonly gsdM: number | null;
  readonly zoom: number | null;
  readonly source: string | null;
  readonly capturedAt: Date | null;
  readonly headings: "trust" | "search";
  readonly groundAltitudeM: number | null;
  readonly attribution: string;
  readonly dataDirectory: string;
  readonly dsn: string | null;
  readonly json: boolean;
}

function parse(args: readonly string[]): Request {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length !== 1) {
    throw new UsageError(`tiles import takes one SOURCE, got ${positionals.length}`);
  }
  const centre = positionOption("centre", values.centre) ?? null;
  const gsdM = numberOption("gsd", values.gsd, { minimum: 0.001, maximum: 1000 }) ?? null;
  if ((centre === null) !== (gsdM === null)) {
    throw new UsageError("--centre and --gsd belong together: give both, or none");
  }
  if (values.source !== undefined && !/^[a-z0-9_]{1,40}$/.test(values.source)) {
    throw new UsageError(`--source takes a-z, 0-9 and _, 40 at most, got "${values.source}"`);
  }
  if (values.source === "onboard_ingest") {
    throw new UsageError("--source onboard_ingest is kept for tiles made in flight");
  }
  return {
    path: positionals[0],
    centre,
    gsdM,
    zoom: numberOption("zoom", values.zoom, { minimum: 0, maximum: 22, integer: true }) ?? null,
    source: values.source ?? null,
    capturedAt: dateOption("captured-at", values["captured-at"]) ?? null,
    headings: headingsOption(values.headings),
    groundAltitudeM: numberOption("ground-altitude", values["ground-altitude"], {
      minimum: -500,
      maximum: 9000,
    }) ?? null,
    attribution: (values.attribution ?? "").slice(0, 1000),
    dataDirectory: values.data ?? DATA_DIRECTORY_DEFAULT,
    dsn: values.dsn ?? null,
    json: values.json ?? false,
  };
}

function headingsOption(text: string | undefined): "trust" | "search" {
  if (text === undefined || text === "search") return "search";
  if (text === "trust") return "trust";
  throw new UsageError(`--headings must be trust or search, got "${text}"`);
}

async function run(parts: TilesImportParts, request: Request, io: CommandIo): Promise<ExitCode> {
  using native = parts.openToolkit();
  const { kind, imagery } = await openImagery(request.path, native.toolkit, {
    centre: request.centre,
    gsdM: request.gsdM,
    zoom: request.zoom,
    headings: request.headings,
    groundAltitudeM: request.groundAltitudeM,
    scratchDirectory: `${request.dataDirectory}/scratch`,
  });
  await using _imagery = imagery;
  // The cache is opened last: a source that cannot be read leaves no trace.
  const total = imagery.tiles(importZoom(imagery, request.zoom)).length;
  await using cache = await parts.openSink(request);
  using bar = io.progress("importing tiles", total);
  const summary = await importTiles(imagery, cache.sink, {
    zoom: request.zoom,
    source: request.source ?? (kind === "photographs" ? "photographs" : "local_import"),
    capturedAt: request.capturedAt,
    attribution: request.attribution,
  }, { progress: (done) => bar.update(done), signal: io.signal });
  bar.end();
  if (request.json) io.out(JSON.stringify({ type: "summary", kind, ...summary }));
  else describe(kind, summary, io);
  return EXIT.ok;
}

function describe(kind: ImageryKind, summary: ImportSummary, io: CommandIo): void {
  const { zoom, written, kept, empty, partial, bytes, bounds, notes } = summary;
  io.out(
    `${written} tiles written at zoom ${zoom} (${(bytes / 1e6).toFixed(1)} MB, ${partial} only ` +
      `partly covered), ${kept} kept as they were, ${empty} without a pixel`,
  );
  io.out(`from a ${kind.replace("_", " ")} of ${summary.gsdM.toPrecision(3)} m per pixel`);
  if (bounds) {
    const corner = (latitude: number, longitude: number) =>
      `${latitude.toFixed(6)},${longitude.toFixed(6)}`;
    io.out(
      `area: ${corner(bounds.southDeg, bounds.westDeg)} to ` +
        corner(bounds.northDeg, bounds.eastDeg),
    );
  }
  for (const note of notes) io.out(`note: ${note}`);
}
