/**
 * `operator tiles import`, also known as `operator cache import`: imagery of the operator's own, and
 * tiles that somebody has cut → tiles in the cache.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import {
  type ArchiveSummary,
  type ImageryKind,
  importArchive,
  type ImportSummary,
  importTiles,
  importZoom,
  openArchive,
  openImagery,
  type TileArchive,
  type TileSink,
  type TileToolkit,
} from "../../tiles/workstation/tile_import/mod.ts";
import {
  CACHE_OPTIONS_HELP,
  DATA_DIRECTORY_DEFAULT,
  dateOption,
  numberOption,
  parseCommandLine,
  positionOption,
  RECORD_HELP,
  recordOption,
} from "../options.ts";
import { sizeOption } from "./cache_options.ts";

/** What the composition root gives to the command. */
export interface TilesImportParts {
  openSink(
    where: {
      dataDirectory: string;
      dsn: string | null;
      budgetBytes?: number;
      /** Called for each tile that had to make room. */
      onEvicted?: () => void;
      /** Every tile that is written, refused or put out goes into the operator's own record. */
      record?: { readonly name: string; readonly note: (line: string) => void };
    },
  ): Promise<
    { readonly sink: TileSink; readonly databaseName: string } & AsyncDisposable
  >;
  openToolkit(): { readonly toolkit: TileToolkit } & Disposable;
}

const helpOf = (name: string) =>
  `operator ${name} SOURCE [options]

Puts imagery into the tile cache, as 256×256 slippy tiles. SOURCE is
  a PNG, JPEG or WebP        north up; its place is given by --centre and --gsd
  a GeoTIFF or COG           with its own georeference (EPSG:4326, 3857, WGS84 UTM)
  a folder of photographs    nadir, with EXIF position and XMP attitude (DJI)
or tiles that are cut already (jpg, png, webp; JPEG bytes are kept as they are):
  an MBTiles file
  a PMTiles file             version 3
  a {z}/{x}/{y}.jpg folder   y from the north

Tiles that the cache holds already are kept: importing again does no harm, and finishes what was
broken off. A tile that is too old for its sector, and a tile of an archive that is no whole picture of
256×256 pixels, is refused by name; the others go on, and the exit code is 65.

  --centre LAT,LON     middle of the picture, degrees
  --gsd M              metres per pixel of the picture
  --zoom Z             zoom of the tiles (default: nearest to the imagery's resolution; of an
                       archive, all that it has)
  --source NAME        source name of the tiles (default: local_import, or photographs)
  --captured-at DATE   when the ground looked like this (2024-05-31); unknown counts as stale
  --headings HOW       photographs: search (default) holds their pose tags against the overlaps,
                       trust takes them as they are
  --ground-altitude M  photographs: altitude of the ground over sea level (default: the height
                       tags count from the take-off point)
  --attribution TEXT   kept with the tiles (default: what an archive says of itself)
  --budget SIZE        what the tiles may take on the disk (20GB, 500MiB; default 50GiB): tiles that
                       were not used for longest make room, those of missions and pending uploads stay
${RECORD_HELP}
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of the summary

Examples
  operator ${name} field.png --centre 50.4501,30.5234 --gsd 0.5 --captured-at 2024-05-31
  operator ${name} orthophoto.tif
  operator ${name} photographs/
  operator ${name} region.mbtiles --source bing --zoom 18 --captured-at 2024-05-31`;

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
  budget: { type: "string" },
  record: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** `name`: "tiles import", or "cache import" beside the cache's other commands. */
export function tilesImportCommand(parts: TilesImportParts, name = "tiles import"): Command {
  return {
    name,
    summary: name === "tiles import"
      ? "cut imagery of your own into map tiles"
      : "the same as tiles import: imagery, MBTiles, PMTiles, {z}/{x}/{y} folders",
    help: helpOf(name),
    run: (args, io) => run(parts, parse(name, args), io),
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
  readonly budgetBytes: number | undefined;
  readonly record: boolean;
  readonly json: boolean;
}

function parse(name: string, args: readonly string[]): Request {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length !== 1) {
    throw new UsageError(`${name} takes one SOURCE, got ${positionals.length}`);
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
    budgetBytes: sizeOption("budget", values.budget),
    record: values.record ?? false,
    json: values.json ?? false,
  };
}

function headingsOption(text: string | undefined): "trust" | "search" {
  if (text === undefined || text === "search") return "search";
  if (text === "trust") return "trust";
  throw new UsageError(`--headings must be trust or search, got "${text}"`);
}

async function run(parts: TilesImportParts, request: Request, io: CommandIo): Promise<ExitCode> {
  const archive = await openArchive(request.path, request.zoom);
  if (archive !== null) return await runArchive(parts, archive, request, io);
  using native = parts.openToolkit();
  const { kind, imagery } = await openImagery(request.path, native.toolkit, {
    centre: request.centre,
    gsdM: request.gsdM,
    headings: request.headings,
    groundAltitudeM: request.groundAltitudeM,
    scratchDirectory: `${request.dataDirectory}/scratch`,
  });
  await using _imagery = imagery;
  // The cache is opened last: a source that cannot be read leaves no trace.
  const total = imagery.tiles(importZoom(imagery, request.zoom)).length;
  await using cache = await openSink(parts, request, io);
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
  return tellRefusals(summary, io);
}

/** 65 where tiles were refused. */
function tellRefusals(
  { refused, refusals }: Pick<ArchiveSummary, "refused" | "refusals">,
  io: CommandIo,
): ExitCode {
  for (const { name, reason } of refusals) io.err(`refused: ${name}: ${reason}`);
  if (refused === 0) return EXIT.ok;
  const more = refused - refusals.length;
  io.err(
    `${refused} tiles were refused${more > 0 ? ` (${more} are not listed)` : ""}; the others are ` +
      "in the cache",
  );
  return EXIT.data;
}

function describe(kind: ImageryKind, summary: ImportSummary, io: CommandIo): void {
  const { zoom, written, kept, empty, partial, bytes, bounds, notes } = summary;
  io.out(
    `${written} tiles written at zoom ${zoom} (${(bytes / 1e6).toFixed(1)} MB, ${partial} only ` +
      `partly covered), ${kept} kept as they were, ${empty} without a pixel`,
  );
  io.out(`from a ${kind.replace("_", " ")} of ${summary.gsdM.toPrecision(3)} m per pixel`);
  if (bounds) io.out(`area: ${areaText(bounds)}`);
  for (const note of notes) io.out(`note: ${note}`);
}

/** The sink, which says at its end how many tiles had to make room. */
async function openSink(parts: TilesImportParts, request: Request, io: CommandIo) {
  let evicted = 0;
  const { dataDirectory, dsn, budgetBytes, record } = request;
  const place = {
    dataDirectory,
    dsn,
    onEvicted: () => void evicted++,
    ...recordOption(record, "tiles import", io),
  };
  const cache = await parts.openSink(budgetBytes === undefined ? place : { ...place, budgetBytes });
  return {
    sink: cache.sink,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      if (evicted > 0) io.err(`${evicted} tiles that were not used for longest had to make room`);
    },
  };
}

async function runArchive(
  parts: TilesImportParts,
  archive: TileArchive,
  request: Request,
  io: CommandIo,
): Promise<ExitCode> {
  await using _archive = archive;
  if (request.centre !== null) {
    throw new UsageError(`${request.path} has its own places: leave --centre and --gsd out`);
  }
  using native = parts.openToolkit();
  await using cache = await openSink(parts, request, io);
  using bar = io.progress("importing tiles", archive.total);
  const summary = await importArchive(archive, cache.sink, native.toolkit, {
    source: request.source ?? "local_import",
    capturedAt: request.capturedAt,
    attribution: request.attribution,
  }, { progress: (done) => bar.update(done), signal: io.signal });
  bar.end();
  if (request.json) io.out(JSON.stringify({ type: "summary", kind: archive.kind, ...summary }));
  else describeArchive(summary, io);
  return tellRefusals(summary, io);
}

function describeArchive(summary: ArchiveSummary, io: CommandIo): void {
  const { zooms, written, kept, empty, refused, bytes, source } = summary;
  io.out(
    `${written} tiles written as ${source} at zoom ${zooms.join(", ") || "none"} ` +
      `(${(bytes / 1e6).toFixed(1)} MB), ${kept} kept as they were, ${empty} without a pixel, ` +
      `${refused} refused`,
  );
  if (summary.bounds) io.out(`area: ${areaText(summary.bounds)}`);
}

function areaText(bounds: NonNullable<ImportSummary["bounds"]>): string {
  const corner = (latitude: number, longitude: number) =>
    `${latitude.toFixed(6)},${longitude.toFixed(6)}`;
  return `${corner(bounds.southDeg, bounds.westDeg)} to ${corner(bounds.northDeg, bounds.eastDeg)}`;
}
