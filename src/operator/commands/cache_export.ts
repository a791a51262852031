/**
 * `operator cache export`: writes tiles of the cache to one file or folder for other programs.
 *
 * @module
 */
import { basename } from "node:path";
import {
  bytesText,
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  option,
  type OptionValues,
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
import { CACHE_OPTIONS, placeOf } from "../options.ts";
import {
  type CacheParts,
  FILTER_OPTIONS,
  filterOf,
  type OpenedCache,
  openExisting,
} from "./cache_options.ts";

const FORMATS = ["mbtiles", "pmtiles", "geotiff", "folder"] as const;
type Format = (typeof FORMATS)[number];

const ABOUT = `
Writes tiles of the cache for other programs. The end of OUT's name says how:
  .mbtiles             MBTiles 1.3 (SQLite)
  .pmtiles             PMTiles version 3, equal pictures once
  .tif, .tiff          a GeoTIFF that is a COG: one zoom as one picture, EPSG:3857, with overviews
  anything else        a folder {z}/{x}/{y}.jpg
JPEG bytes go into the first two and the folder unchanged, but for tiles that are ground only in part: those
are PNGs with alpha. Pixels go into the GeoTIFF. Nothing stands at OUT until all of it is there. Tiles of two sources do not go into one export: name one.`;

const OPTIONS = {
  out: option.path({
    access: "create",
    placeholder: "OUT",
    required: true,
    help: "the file or folder",
  }),
  format: option.choice(FORMATS, {
    placeholder: "FORMAT",
    help: "what is written, whatever the name ends with",
    absent: "by OUT's name",
  }),
  force: option.flag({ help: "replace OUT (a folder only if it is an export)" }),
  name: option.text({ help: "name in the file", absent: "OUT's" }),
  ...FILTER_OPTIONS,
  ...CACHE_OPTIONS,
} as const;

export interface ExportParts extends CacheParts {
  openDecoder(): Disposable & TileDecoder;
}

export function cacheExportCommand(parts: ExportParts): Command {
  return defineCommand({
    name: "cache export",
    summary: "write tiles to MBTiles, PMTiles, a GeoTIFF or a {z}/{x}/{y} folder",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator cache export --out kyiv.pmtiles --source bing",
      "operator cache export --out kyiv.tif --zoom 17 --area 50.40,30.45,50.50,30.60",
      "operator cache export --out tiles/ --format folder",
    ],
    run: (values, io) => run(parts, values, io),
  });
}

interface Request {
  readonly out: string;
  readonly format: Format;
  readonly force: boolean;
  readonly name: string;
  readonly filter: TileFilter;
}

async function run(
  parts: ExportParts,
  values: OptionValues<typeof OPTIONS> & { readonly json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { out } = values;
  const request: Request = {
    out,
    format: values.format ?? formatOf(out),
    force: values.force,
    name: values.name ?? basename(out).replace(/\.[a-z]+$/i, ""),
    filter: filterOf(values),
  };
  await using cache = await openExisting(parts, placeOf(values), { readsOnly: true });
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
      `${out}: ${tiles} tiles${once} at zoom ${zooms.join(", ")}, ${bytesText(bytes)}, ${format}`,
    );
  }
  return EXIT.ok;
}

function formatOf(out: string): Format {
  if (/\.mbtiles$/i.test(out)) return "mbtiles";
  if (/\.pmtiles$/i.test(out)) return "pmtiles";
  return /\.tiff?$/i.test(out) ? "geotiff" : "folder";
}

/** Two tiles at one place cannot both go into an archive, so the user must choose. */
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
