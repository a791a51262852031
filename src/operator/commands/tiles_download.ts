/**
 * `operator tiles download`: fetches the tiles of an area from a provider into the cache.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  DataError,
  EXIT,
  type ExitCode,
  UsageError,
} from "../../core/mod.ts";
import { TileIdSchema } from "../../tiles/tile_contract/mod.ts";
import type {
  Area,
  DownloadPlan,
  DownloadReport,
  DownloadRequest,
  HttpTileDownloader,
  Position,
} from "../../tiles/workstation/tile_manager/mod.ts";
import {
  CACHE_OPTIONS_HELP,
  dateOption,
  numberOption,
  parseCommandLine,
  RECORD_HELP,
  recordOption,
} from "../options.ts";
import { type CachePlace, placeOf, sizeOption, sizeText } from "./cache_options.ts";

export interface DownloadSettings {
  readonly url: string;
  readonly cache: CachePlace & {
    readonly budgetBytes?: number;
    readonly record?: { readonly name: string; readonly note: (line: string) => void };
  };
  readonly capturedAt: Date | null;
  readonly attribution: string;
  readonly gsdMaxM: number;
  readonly refresh: boolean;
  readonly requestsPerSecondMax: number | null;
}

export interface TilesDownloadParts {
  openDownloader(
    settings: DownloadSettings,
  ): Promise<{ readonly downloader: HttpTileDownloader } & AsyncDisposable>;
}

const HELP = `operator tiles download --url URL --zoom Z[,Z…] AREA [options]

Fetches map tiles into the cache: only those that it does not have, so that a download which broke
off is finished by running it again. URL is a satellite provider (https://host/), or any template
with {z}, {x} and {y}. A bearer token comes from GDN_SATELLITE_TOKEN. Only https, or this machine.

AREA is one of
  --bbox S,W,N,E               a box, degrees; west > east crosses the antimeridian
  --polygon LAT,LON;LAT,LON;…  a polygon
  --route LAT,LON;LAT,LON;…    a corridor around a route, --width wide
  --area FILE                  GeoJSON: a Polygon, or a LineString as a route
  --retry FILE                 only the tiles that an earlier run could not fetch (its --failed FILE)

  --width M            full width of the corridor (default: 2000)
  --zoom Z[,Z…]        zoom levels; 18 is 0.4 m per pixel at 48°
  --source NAME        source name of the tiles in the cache (default: googlemaps)
  --dry-run            only tell how much it would be: tiles, bytes, room, and what the box would cost
  --refresh            ask again for tiles that the cache has, in case there are newer ones
  --failed FILE        write the tiles that failed there, for --retry
  --captured-at DATE   when the ground looked like this, where the provider does not tell
  --attribution TEXT   kept with the tiles, where the provider does not tell
  --gsd-max M          refuse zooms that are coarser (default: 2)
  --concurrency N      requests at a time (default: 8)
  --rate N             requests a second at most (default: 50; 0: no limit)
  --budget SIZE        what the tiles may take on the disk
${RECORD_HELP}
${CACHE_OPTIONS_HELP}
  --json               one JSON object instead of the summary

Exit codes: 0 done, 65 some tiles are no pictures, 75 try again later, 77 the provider refuses us.

Examples
  operator tiles download --url https://tiles.example/ --zoom 18 --bbox 50.40,30.45,50.45,30.60 --dry-run
  operator tiles download --url https://tiles.example/ --zoom 17,18 --route "50.4,30.4;50.9,31.2" --width 4000
  operator tiles download --url "https://tiles.example/{z}/{x}/{y}.png" --zoom 18 --area valley.geojson`;

const OPTIONS = {
  url: { type: "string" },
  zoom: { type: "string" },
  bbox: { type: "string" },
  polygon: { type: "string" },
  route: { type: "string" },
  area: { type: "string" },
  retry: { type: "string" },
  width: { type: "string" },
  source: { type: "string" },
  "dry-run": { type: "boolean" },
  refresh: { type: "boolean" },
  failed: { type: "string" },
  "captured-at": { type: "string" },
  attribution: { type: "string" },
  "gsd-max": { type: "string" },
  concurrency: { type: "string" },
  rate: { type: "string" },
  budget: { type: "string" },
  record: { type: "boolean" },
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export function tilesDownloadCommand(parts: TilesDownloadParts): Command {
  return {
    name: "tiles download",
    summary: "fetch the tiles of an area or a route from a provider",
    help: HELP,
    run: (args, io) => run(parts, args, io),
  };
}

async function run(
  parts: TilesDownloadParts,
  args: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError("tiles download takes no arguments");
  const settings = settingsOf(values, io);
  const request = await requestOf(values, settings.url);
  await using opened = await parts.openDownloader(settings);
  const { downloader } = opened;
  const plan = await downloader.plan(request);
  if (values["dry-run"]) {
    if (values.json) io.out(JSON.stringify({ type: "plan", ...plan }));
    else for (const line of planText(plan)) io.out(line);
    return EXIT.ok;
  }
  const progress = io.progress("tiles", plan.toFetch);
  let report: DownloadReport;
  try {
    report = await downloader.download(request, {
      signal: io.signal,
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.end();
  }
  if (values.failed !== undefined) {
    await Deno.writeTextFile(
      values.failed,
      JSON.stringify(report.failed.map(({ tileId }) => tileId)) + "\n",
    );
  }
  if (values.json) io.out(JSON.stringify({ type: "download", ...report }));
  else for (const line of reportText(report)) io.out(line);
  if (report.failed.length > 0) return EXIT.tryAgain;
  return report.refused.length > 0 ? EXIT.data : EXIT.ok;
}

type Values = ReturnType<typeof parseCommandLine<typeof OPTIONS>>["values"];

function settingsOf(values: Values, io: CommandIo): DownloadSettings {
  if (values.url === undefined) throw new UsageError("tiles download needs --url URL");
  const budgetBytes = sizeOption("budget", values.budget);
  return {
    url: values.url,
    cache: {
      ...placeOf(values),
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
      ...recordOption(values.record && !values["dry-run"], "tiles download", io),
    },
    capturedAt: dateOption("captured-at", values["captured-at"]) ?? null,
    attribution: values.attribution ?? "",
    gsdMaxM: numberOption("gsd-max", values["gsd-max"], { minimum: 0.01, maximum: 1e6 }) ?? 2,
    refresh: values.refresh ?? false,
    requestsPerSecondMax: numberOption("rate", values.rate, { minimum: 0, maximum: 1e6 }) ?? null,
  };
}

async function requestOf(values: Values, url: string): Promise<DownloadRequest> {
  const only = values.retry === undefined ? null : await failedTiles(values.retry);
  const source = values.source ?? only?.[0]?.source ?? "googlemaps";
  if (!/^[a-z0-9_]{1,40}$/.test(source) || source === "onboard_ingest") {
    throw new UsageError(`--source takes a-z, 0-9 and _, 40 at most, got "${source}"`);
  }
  const concurrency = numberOption("concurrency", values.concurrency, {
    minimum: 1,
    maximum: 64,
    integer: true,
  }) ?? 8;
  const common = { source, url, concurrency };
  if (only !== null) {
    const zooms = [...new Set(only.map(({ zoom }) => zoom))];
    const point = { latitudeDeg: 0, longitudeDeg: 0 };
    const area: Area = { kind: "corridor", route: [point], halfWidthM: 1 };
    return { ...common, area, zooms, only };
  }
  return { ...common, area: await areaOf(values), zooms: zoomsOf(values.zoom) };
}

function zoomsOf(text: string | undefined): number[] {
  if (text === undefined) throw new UsageError("tiles download needs --zoom Z (18, or 17,18)");
  return text.split(",").map((word) =>
    numberOption("zoom", word, { minimum: 0, maximum: 22, integer: true }) ?? 0
  );
}

async function failedTiles(path: string) {
  const found = TileIdSchema.array().max(10_000_000).safeParse(await readJson(path));
  if (!found.success) {
    throw new DataError(path, "it is no list of tiles as --failed writes it");
  }
  return found.data;
}

async function areaOf(values: Values): Promise<Area> {
  const given = [values.bbox, values.polygon, values.route, values.area]
    .filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new UsageError("tiles download needs one of --bbox, --polygon, --route, --area, --retry");
  }
  const widthM = numberOption("width", values.width, { minimum: 1, maximum: 1e6 }) ?? 2000;
  if (values.bbox !== undefined) return { kind: "box", box: boxOf(values.bbox) };
  if (values.polygon !== undefined) {
    return { kind: "polygon", ring: positionsOf("polygon", values.polygon) };
  }
  if (values.route !== undefined) {
    const route = positionsOf("route", values.route);
    return { kind: "corridor", route, halfWidthM: widthM / 2 };
  }
  return areaOfGeoJson(values.area ?? "", await readJson(values.area ?? ""), widthM / 2);
}

function boxOf(text: string) {
  const [southDeg, westDeg, northDeg, eastDeg, ...rest] = text.split(",").map(Number);
  const fits = rest.length === 0 && Math.abs(southDeg) <= 85 && Math.abs(northDeg) <= 85 &&
    Math.abs(westDeg) <= 180 && Math.abs(eastDeg) <= 180 && southDeg < northDeg;
  if (!fits) {
    throw new UsageError(
      `--bbox must be S,W,N,E in degrees (latitudes within ±85, south below north), got "${text}"`,
    );
  }
  return { southDeg, westDeg, northDeg, eastDeg };
}

function positionsOf(name: string, text: string): Position[] {
  return text.split(";").map((pair) => {
    const [latitudeDeg, longitudeDeg, ...rest] = pair.split(",").map(Number);
    checkPosition(`--${name}`, { latitudeDeg, longitudeDeg }, rest.length === 0);
    return { latitudeDeg, longitudeDeg };
  });
}

function checkPosition(where: string, { latitudeDeg, longitudeDeg }: Position, ok = true): void {
  if (ok && Math.abs(latitudeDeg) <= 85 && Math.abs(longitudeDeg) <= 180) return;
  throw new UsageError(
    `${where} must be LAT,LON;LAT,LON;… in degrees (latitude within ±85, longitude within ±180)`,
  );
}

/** A geometry, or the first feature of a collection that has one. */
function areaOfGeoJson(path: string, value: unknown, halfWidthM: number): Area {
  const object = value as { type?: string; features?: unknown[]; geometry?: unknown } | null;
  if (object?.type === "FeatureCollection") {
    return areaOfGeoJson(path, object.features?.[0] ?? null, halfWidthM);
  }
  if (object?.type === "Feature") return areaOfGeoJson(path, object.geometry ?? null, halfWidthM);
  const { type, coordinates } = (object ?? {}) as { type?: string; coordinates?: unknown };
  const points = (list: unknown): Position[] => {
    if (!Array.isArray(list)) throw new DataError(path, "its coordinates are no list");
    return list.map((point: unknown) => {
      const [longitudeDeg, latitudeDeg] = Array.isArray(point) ? point.map(Number) : [NaN, NaN];
      checkPosition(path, { latitudeDeg, longitudeDeg });
      return { latitudeDeg, longitudeDeg };
    });
  };
  if (type === "LineString") return { kind: "corridor", route: points(coordinates), halfWidthM };
  if (type === "Polygon" && Array.isArray(coordinates) && coordinates.length === 1) {
    return { kind: "polygon", ring: points(coordinates[0]) };
  }
  throw new DataError(
    path,
    "it holds neither a Polygon (without holes) nor a LineString as GeoJSON has them",
  );
}

async function readJson(path: string): Promise<unknown> {
  const text = await Deno.readTextFile(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(path, "it is no JSON", { cause: error });
  }
}

function planText(plan: DownloadPlan): string[] {
  const room = plan.headroomBytes === null
    ? []
    : [`room            ${sizeText(plan.headroomBytes)} until the budget`];
  return [
    `tiles           ${plan.tiles} in the area (its box has ${plan.boxTiles})`,
    `in the cache    ${plan.kept}`,
    `not there       ${plan.absent} by the provider's inventory`,
    `to fetch        ${plan.toFetch}, ${
      plan.bytes === null ? "of unknown size" : sizeText(plan.bytes)
    }`,
    ...room,
  ];
}

function reportText(report: DownloadReport): string[] {
  const named = [...report.refused, ...report.failed].slice(0, 10).map(({ tileId, reason }) =>
    `  ${tileId.zoom}/${tileId.x}/${tileId.y}: ${reason}`
  );
  return [
    `${report.fetched} tiles fetched (${sizeText(report.bytes)}), ${report.kept} were there, ` +
    `${report.unchanged} unchanged, ${report.absent} absent, ${report.refused.length} refused, ` +
    `${report.failed.length} failed, ${report.retryCount} retries`,
    ...named,
  ];
}
