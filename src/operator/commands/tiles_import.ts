/**
 * `operator tiles import`, also known as `operator cache import`: imports imagery, photographs and
 * tile archives into the cache.
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
  option,
  type OptionValues,
  UsageError,
} from "../../core/mod.ts";
import { PHOTOGRAPH_OPTIONS, readPhotographPoses } from "../../flight/photographs/mod.ts";
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
  BUDGET_OPTION,
  CACHE_OPTIONS,
  type CachePlace,
  placeOf,
  RECORD_OPTION,
  recordOption,
  sourceOption,
} from "../options.ts";

/** The parts that the composition root passes to the command. */
export interface TilesImportParts {
  openSink(
    where: CachePlace & {
      budgetBytes?: number;
      /** Called for each tile that was evicted to free space. */
      onEvicted?: () => void;
      /** Record every tile that is written, refused or evicted in the operator's own record. */
      record?: { readonly name: string; readonly note: (line: string) => void };
    },
  ): Promise<
    { readonly sink: TileSink; readonly databaseName: string } & AsyncDisposable
  >;
  openToolkit(): { readonly toolkit: TileToolkit } & Disposable;
}

const ABOUT = `
Puts imagery into the tile cache, as 256×256 slippy tiles. SOURCE is
  a PNG, JPEG or WebP        north up; its place is given by --centre and --gsd
  a GeoTIFF or COG           with its own georeference; any picture with a world file
  a folder of photographs    tilted by 45° at most, with position, height and attitude in their
                             tags (DJI, Parrot, senseFly, Pix4D's) or in --poses
or tiles that are cut already (jpg, png, webp; JPEG bytes are kept as they are):
  an MBTiles file, a GeoPackage of the slippy map's tiles
  a PMTiles file             version 3
  a {z}/{x}/{y}.jpg folder   y from the north, unless tilemapresource.xml is in it; or quadkeys

Tiles that the cache holds already are kept: importing again does no harm, and finishes what was
broken off. A tile that is too old for its sector, and a tile of an archive that is no whole picture of
256×256 pixels, is refused by name; the others go on.`;

const OPTIONS = {
  centre: option.position({ help: "middle of the picture", example: "50.4501,30.5234" }),
  stretch: option.numbers({
    minimum: -1e12,
    maximum: 1e12,
    placeholder: "LOW,HIGH",
    help: "16-bit and floating point samples: the values that become black and white",
    absent: "the percentiles 1 and 99 of the picture",
  }),
  gsd: option.lengthM({ minimum: 0.001, maximum: 1000, help: "length of a pixel of the picture" }),
  zoom: option.zoom({
    help: "zoom of the tiles",
    absent: "nearest to the imagery's resolution; of an archive, all that it has",
  }),
  scheme: option.choice(["xyz", "tms"], {
    placeholder: "SCHEME",
    help: "of MBTiles and folders: whether rows count from the north (xyz) or the south (tms)",
    absent: "what the archive says; else tms for MBTiles, xyz for folders",
  }),
  ...sourceOption("local_import, or photographs"),
  capturedAt: option.date({
    help: "when the ground looked like this",
    absent: "unknown, which counts as stale",
  }),
  headings: option.choice(["trust", "search"], {
    placeholder: "HOW",
    default: "search",
    help: "photographs: search holds their pose tags against the overlaps, trust takes them as " +
      "they are",
  }),
  ...PHOTOGRAPH_OPTIONS,
  strict: option.flag({
    help: "photographs: stop at the first that cannot be used; otherwise it is left out by name",
  }),
  attribution: option.text({
    help: "kept with the tiles",
    absent: "what an archive says of itself",
  }),
  ...BUDGET_OPTION,
  ...CACHE_OPTIONS,
  ...RECORD_OPTION,
} as const;

const ATTRIBUTION_CHARACTERS_MAX = 1000;

/** `name`: "tiles import", or "cache import" beside the cache's other commands. */
export function tilesImportCommand(parts: TilesImportParts, name = "tiles import"): Command {
  return defineCommand({
    name,
    summary: name === "tiles import"
      ? "cut imagery of your own into map tiles"
      : "the same as tiles import: imagery, MBTiles, PMTiles, {z}/{x}/{y} folders",
    about: ABOUT,
    arguments: {
      path: option.path({
        access: "imagery",
        placeholder: "SOURCE",
        required: true,
        help: "file or folder",
      }),
    },
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      `operator ${name} field.png --centre 50.4501,30.5234 --gsd 0.5 --captured-at 2024-05-31`,
      `operator ${name} orthophoto.tif`,
      `operator ${name} photographs/`,
      `operator ${name} region.mbtiles --source bing --zoom 18 --captured-at 2024-05-31`,
    ],
    exitCodes: {
      3: "photographs were left out (the others are in the cache)",
      65: "tiles were refused (the others are in the cache)",
    },
    run: (values, io) => run(parts, checked(values), io),
  });
}

type Request = OptionValues<typeof OPTIONS> & { readonly path: string; readonly json: boolean };

function checked(request: Request): Request {
  if ((request.centre === undefined) !== (request.gsd === undefined)) {
    throw new UsageError("--centre and --gsd belong together: give both, or none");
  }
  const { stretch } = request;
  if (stretch !== undefined && !(stretch.length === 2 && stretch[0] < stretch[1])) {
    throw new UsageError("--stretch takes two numbers, the smaller one first");
  }
  return request;
}

async function run(parts: TilesImportParts, request: Request, io: CommandIo): Promise<ExitCode> {
  const archive = await openArchive(
    request.path,
    request.zoom ?? null,
    request.scheme ?? null,
  );
  if (archive !== null) return await runArchive(parts, archive, request, io);
  using native = parts.openToolkit();
  const { kind, imagery, leftOut } = await openImagery(request.path, native.toolkit, {
    centre: request.centre ?? null,
    gsdM: request.gsd ?? null,
    stretch: request.stretch === undefined
      ? null
      : { low: request.stretch[0], high: request.stretch[1] },
    headings: request.headings,
    groundAltitudeM: request.groundAltitude ?? null,
    poses: request.poses === undefined ? null : await readPhotographPoses(request.poses),
    focalLength35Mm: request.equivalentFocalLength ?? null,
    strict: request.strict,
    scratchDirectory: `${request.data}/scratch`,
  });
  await using _imagery = imagery;
  for (const reason of leftOut) io.err(`left out: ${reason}`);
  // The cache is opened last, so that a source that cannot be read leaves nothing behind.
  const total = imagery.tiles(importZoom(imagery, request.zoom ?? null)).length;
  await using cache = await openSink(parts, request, io);
  using bar = io.progress("importing tiles", total);
  const summary = await importTiles(imagery, cache.sink, {
    zoom: request.zoom ?? null,
    source: request.source ?? (kind === "photographs" ? "photographs" : "local_import"),
    capturedAt: request.capturedAt ?? null,
    attribution: attributionOf(request),
  }, { progress: (done) => bar.update(done), signal: io.signal });
  bar.end();
  if (request.json) io.out(JSON.stringify({ type: "summary", kind, ...summary }));
  else describe(kind, summary, io);
  const exitCode = tellRefusals(summary, io);
  return exitCode === EXIT.ok && leftOut.length > 0 ? EXIT.lossy : exitCode;
}

function attributionOf({ attribution = "" }: Request): string {
  return attribution.slice(0, ATTRIBUTION_CHARACTERS_MAX);
}

/** 65 when tiles were refused. */
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
    `${written} tiles written at zoom ${zoom} (${bytesText(bytes)}, ${partial} only ` +
      `partly covered), ${kept} kept as they were, ${empty} without a pixel`,
  );
  io.out(`from a ${kind.replace("_", " ")} of ${summary.gsdM.toPrecision(3)} m per pixel`);
  if (bounds) io.out(`area: ${areaText(bounds)}`);
  for (const note of notes) io.out(`note: ${note}`);
}

/** The tile sink, which reports at its end how many tiles were evicted. */
async function openSink(parts: TilesImportParts, request: Request, io: CommandIo) {
  let evicted = 0;
  const { budget: budgetBytes, record } = request;
  const place = {
    ...placeOf(request),
    onEvicted: () => void evicted++,
    ...recordOption(record, "tiles import", io),
  };
  const cache = await parts.openSink(budgetBytes === undefined ? place : { ...place, budgetBytes });
  return {
    sink: cache.sink,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      if (evicted > 0) io.note(`${evicted} least recently used tiles were evicted to free space`);
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
  if (request.centre !== undefined) {
    throw new UsageError(`${request.path} has its own positions: leave --centre and --gsd out`);
  }
  using native = parts.openToolkit();
  await using cache = await openSink(parts, request, io);
  using bar = io.progress("importing tiles", archive.total);
  const summary = await importArchive(archive, cache.sink, native.toolkit, {
    source: request.source ?? "local_import",
    capturedAt: request.capturedAt ?? null,
    attribution: attributionOf(request),
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
      `(${bytesText(bytes)}), ${kept} kept as they were, ${empty} without a pixel, ` +
      `${refused} refused`,
  );
  if (summary.bounds) io.out(`area: ${areaText(summary.bounds)}`);
}

function areaText(bounds: NonNullable<ImportSummary["bounds"]>): string {
  const corner = (latitude: number, longitude: number) =>
    `${latitude.toFixed(6)},${longitude.toFixed(6)}`;
  return `${corner(bounds.southDeg, bounds.westDeg)} to ${corner(bounds.northDeg, bounds.eastDeg)}`;
}
