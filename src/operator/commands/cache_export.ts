/**
 * `operator cache export`: tiles of the cache → one file or folder for other programs.
 *
 * @module
 */
import { basename } from "node:path";
import {
  type Command,
  type CommandIo,
  EXIT,
  type ExitCode,
  GdnError,
  UsageError,
} from "../../core/mod.ts";
import type { TileFilter, TileGroup } from "../../tiles/workstation/tile_cache/mod.ts";
import {
  exportFolder,
  exportGeotiff,
  exportMbtiles,
  exportPmtiles,
  type ExportSummary,
  type MosaicRange,
  type TileDecoder,
} from "../../tiles/workstation/tile_export/mod.ts";
import { parseCommandLine } from "../options.ts";
import {
  type CacheParts,
  FILTER_HELP,
  FILTER_OPTIONS,
  filterOf,
  type OpenedCache,
  openExisting,
  PLACE_HELP,
  PLACE_OPTIONS,
  placeOf,
  sizeText,
} from "./cache_options.ts";

const HELP = `operator cache export --out OUT [options]

Writes tiles of the cache for other programs. The end of OUT's name says how:
  .mbtiles             MBTiles 1.3 (SQLite)
  .pmtiles             PMTiles version 3, equal pictures once
  .tif, .tiff          a GeoTIFF that is a COG: one zoom as one picture, EPSG:3857, with overviews
  anything else        a folder {z}/{x}/{y}.jpg
JPEG bytes go into the first two and the folder unchanged; pixels into the GeoTIFF. Nothing stands at
OUT until all of it is there. Tiles of two sources do not go into one export: name one.

  --out OUT            the file or folder
  --format FORMAT      mbtiles, pmtiles, geotiff or folder, whatever the name ends with
  --force              replace OUT (a folder only if it is an export)
  --name TEXT          name in the file (default: OUT's)
${FILTER_HELP}
${PLACE_HELP}

Examples
  operator cache export --out kyiv.pmtiles --source bing
  operator cache export --out kyiv.tif --zoom 17 --bbox 50.40,30.45,50.50,30.60
  operator cache export --out tiles/ --format folder`;

const OPTIONS = {
  ...PLACE_OPTIONS,
  ...FILTER_OPTIONS,
  out: { type: "string" },
  format: { type: "string" },
  force: { type: "boolean" },
  name: { type: "string" },
} as const;

const FORMATS = ["mbtiles", "pmtiles", "geotiff", "folder"] as const;
type Format = (typeof FORMATS)[number];

export interface ExportParts extends CacheParts {
  openDecoder(): Disposable & TileDecoder;
}

export function cacheExportCommand(parts: ExportParts): Command {
  return {
    name: "cache export",
    summary: "write tiles to MBTiles, PMTiles, a GeoTIFF or a {z}/{x}/{y} folder",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

interface Request {
  readonly out: string;
  readonly format: Format;
  readonly force: boolean;
  readonly name: string;
  readonly filter: TileFilter;
}

async function run(parts: ExportParts, args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0 || values.out === undefined) {
    throw new UsageError("cache export takes no arguments but --out OUT");
  }
  const out = values.out.length > 1 ? values.out.replace(/\/+$/, "") : values.out;
  const request: Request = {
    out,
    format: formatOf(values.format, out),
    force: values.force ?? false,
    name: values.name ?? basename(out).replace(/\.[a-z]+$/i, ""),
    filter: filterOf(values),
  };
  await using cache = await openExisting(parts, placeOf(values));
  const groups = await cache.inspection.groups(request.filter);
  checkOneSource(groups);
  const total = groups.reduce((sum, group) => sum + group.tiles, 0);
  using bar = io.progress(`exporting to ${out}`, total);
  const summary = await write(parts, cache, request, groups, {
    progress: (done) => bar.update(done),
    signal: io.signal,
  });
  bar.end();
  const { format } = request;
  if (values.json) io.out(JSON.stringify({ type: "exported", out, format, ...summary }));
  else {
    const { tiles, pictures, zooms, bytes } = summary;
    const once = pictures < tiles ? ` (${pictures} different pictures)` : "";
    io.out(
      `${out}: ${tiles} tiles${once} at zoom ${zooms.join(", ")}, ${sizeText(bytes)}, ${format}`,
    );
  }
  return EXIT.ok;
}

function formatOf(text: string | undefined, out: string): Format {
  if (text !== undefined) {
    const format = FORMATS.find((known) => known === text);
    if (format !== undefined) return format;
    throw new UsageError(`--format must be ${FORMATS.join(", ")}, got "${text}"`);
  }
  if (/\.mbtiles$/i.test(out)) return "mbtiles";
  if (/\.pmtiles$/i.test(out)) return "pmtiles";
  return /\.tiff?$/i.test(out) ? "geotiff" : "folder";
}

/** Two tiles at one place cannot both go into an archive, and a person must say which. */
function checkOneSource(groups: readonly TileGroup[]): void {
  if (groups.length === 0) {
    throw new GdnError(
      "NO_TILES",
      "the cache holds no tile that fits; `operator cache stats` tells",
      {
        exitCode: EXIT.noInput,
      },
    );
  }
  const names = new Set(
    groups.map(({ source, flightId }) => flightId === null ? source : `${source}/${flightId}`),
  );
  if (names.size === 1) return;
  const some = [...names].slice(0, 5).join(", ");
  throw new UsageError(
    `the tiles are of ${names.size} sources (${some}${
      names.size > 5 ? ", …" : ""
    }): name one with ` +
      "--source",
  );
}

async function write(
  parts: ExportParts,
  cache: Awaited<ReturnType<typeof openExisting>> & OpenedCache,
  request: Request,
  groups: readonly TileGroup[],
  observe: { readonly progress: (done: number) => void; readonly signal: AbortSignal },
): Promise<ExportSummary> {
  const { source, flightId } = groups[0];
  const { zoom, bbox } = request.filter;
  const selection = {
    source,
    ...(flightId === null ? {} : { flightId }),
    ...(zoom === undefined ? {} : { zoom }),
    ...(bbox === undefined ? {} : { bbox }),
  };
  const { inspection } = cache;
  const { out, force, name } = request;
  const job = { selection, out, force, name };
  if (request.format === "mbtiles") return await exportMbtiles(inspection, job, observe);
  if (request.format === "pmtiles") return await exportPmtiles(inspection, job, observe);
  if (request.format === "folder") return await exportFolder(inspection, job, observe);
  using decoder = parts.openDecoder();
  const range = mosaicOf(groups);
  return await exportGeotiff(inspection, decoder, { ...job, range }, observe);
}

function mosaicOf(groups: readonly TileGroup[]): MosaicRange {
  if (groups.length > 1) {
    const zooms = groups.map((group) => group.zoom).join(", ");
    throw new UsageError(
      `a GeoTIFF holds one zoom, the tiles are of ${zooms}: name one with --zoom`,
    );
  }
  const [{ zoom, xMin, xMax, yMin, yMax }] = groups;
  return { zoom, xMin, yMin, columns: xMax - xMin + 1, rows: yMax - yMin + 1 };
}
