/**
 * `operator tiles download`: fetches the tiles of an area from a provider into the cache.
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
  LATITUDE_MAX_DEG,
  openOwnFile,
  option,
  type OptionValues,
  Refused,
  UsageError,
  writeAll,
} from "../../core/mod.ts";
import { TileIdSchema } from "../../tiles/tile_contract/mod.ts";
import type {
  Area,
  DownloadPlan,
  DownloadReport,
  DownloadRequest,
  HttpTileDownloader,
} from "../../tiles/workstation/tile_manager/mod.ts";
import {
  BUDGET_OPTION,
  CACHE_OPTIONS,
  type CachePlace,
  placeOf,
  PROVIDER_ENVIRONMENT,
  RECORD_OPTION,
  recordOption,
  sourceOption,
} from "../options.ts";
import { areaOfGeoJson, readJson } from "./geojson_area.ts";

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

interface TilesDownloadParts {
  openDownloader(
    settings: DownloadSettings,
  ): Promise<{ readonly downloader: HttpTileDownloader } & AsyncDisposable>;
}

const ABOUT = `
Fetches map tiles into the cache: only those that it does not have, so that a download which broke
off is finished by running it again. URL is a satellite provider (https://host/), or any template
with {z}, {x} and {y}. A bearer token comes from GDN_SATELLITE_TOKEN. Only https, or this machine.`;

const AREA_GROUP = "Area, one of --area, --polygon, --route, --geojson, --retry";

const AREA_OPTION = option.area({
  latitudeMaxDeg: LATITUDE_MAX_DEG,
  help: "a box",
  example: "50.40,30.45,50.45,30.60",
  olderNames: ["bbox"],
  group: AREA_GROUP,
});

const OPTIONS = {
  url: option.url({
    required: true,
    help: "the provider, or a template of its addresses",
    example: "https://tiles.example/{z}/{x}/{y}.png",
  }),
  zoom: option.zooms({
    help: "zoom levels, needed unless --retry is given; 18 is 0.4 m per pixel at 48°",
    example: "17,18",
  }),
  ...sourceOption("googlemaps"),
  dryRun: option.flag({
    help: "only say how much it would be: tiles, bytes, room, and what the box would cost",
  }),
  refresh: option.flag({
    help: "ask again for tiles that the cache has, in case there are newer ones",
  }),
  failed: option.path({
    access: "write",
    placeholder: "FILE",
    help: "write the tiles that failed there, for --retry",
  }),
  capturedAt: option.date({
    help: "when the ground looked like this, where the provider does not say",
  }),
  attribution: option.text({
    help: "kept with the tiles, where the provider does not say",
    default: "",
  }),
  gsdMax: option.lengthM({
    minimum: 0.01,
    maximum: 1e6,
    default: 2,
    help: "refuse zooms whose pixels are longer on the ground",
  }),
  concurrency: option.count({ minimum: 1, maximum: 64, default: 8, help: "requests at a time" }),
  rate: option.rateHz({
    minimum: 0,
    maximum: 1e6,
    help: "requests at most; 0: no limit",
    absent: "50",
  }),
  area: { ...AREA_OPTION, read: readArea },
  polygon: option.positions({ least: 3, help: "the corners of a polygon", group: AREA_GROUP }),
  route: option.positions({
    least: 1,
    help: "a corridor around a route, --width wide",
    example: '"50.4,30.4;50.9,31.2"',
    group: AREA_GROUP,
  }),
  width: option.lengthM({
    minimum: 1,
    maximum: 1e6,
    default: 2000,
    help: "full width of the corridor",
    group: AREA_GROUP,
  }),
  geojson: option.path({
    access: "read",
    placeholder: "FILE",
    help: "a Polygon, or a LineString as a route",
    group: AREA_GROUP,
  }),
  retry: option.path({
    access: "read",
    placeholder: "FILE",
    help: "only the tiles that an earlier run could not fetch (its --failed FILE)",
    group: AREA_GROUP,
  }),
  ...BUDGET_OPTION,
  ...CACHE_OPTIONS,
  ...RECORD_OPTION,
} as const;

/** Earlier versions took a file with --area: explain the change. */
function readArea(text: string): unknown {
  const box = AREA_OPTION.read(text);
  const isFile = box instanceof Refused && /\.(geo)?json$/i.test(text);
  return isFile ? new Refused(`a GeoJSON file is given as --geojson ${text}`) : box;
}

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

export function tilesDownloadCommand(parts: TilesDownloadParts): Command {
  return defineCommand({
    name: "tiles download",
    summary: "fetch the tiles of an area or a route from a provider",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    environment: { GDN_SATELLITE_TOKEN: PROVIDER_ENVIRONMENT.GDN_SATELLITE_TOKEN },
    examples: [
      "operator tiles download --url https://tiles.example/ --zoom 18 --area 50.40,30.45,50.45,30.60 --dry-run",
      'operator tiles download --url https://tiles.example/ --zoom 17,18 --route "50.4,30.4;50.9,31.2"',
      'operator tiles download --url "https://tiles.example/{z}/{x}/{y}.png" --zoom 18 --geojson valley.geojson',
    ],
    exitCodes: {
      0: "done",
      3: "the provider has none of the tiles",
      65: "some tiles are no pictures",
      75: "try again later",
      77: "the provider refuses us",
    },
    run: (values, io) => run(parts, values, io),
  });
}

async function run(parts: TilesDownloadParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const settings = settingsOf(values, io);
  const request = await requestOf(values, settings.url);
  // A list that cannot be written is found out before the download, not hours later.
  using failedList = values.failed === undefined || values.dryRun
    ? null
    : await openOwnFile(values.failed);
  await using opened = await parts.openDownloader(settings);
  const { downloader } = opened;
  if (values.dryRun) {
    const plan = await downloader.plan(request);
    if (values.json) io.out(JSON.stringify({ type: "plan", ...plan }));
    else for (const line of planText(plan)) io.out(line);
    return EXIT.ok;
  }
  const progress = io.progress("tiles", downloader.tileCount(request));
  let report: DownloadReport;
  try {
    report = await downloader.download(request, {
      signal: io.signal,
      onProgress: (done) => progress.update(done),
    });
  } finally {
    progress.end();
  }
  if (failedList !== null) {
    const tileIds = JSON.stringify(report.failed.map(({ tileId }) => tileId));
    await failedList.truncate();
    await writeAll(failedList, new TextEncoder().encode(`${tileIds}\n`));
  }
  if (values.json) io.out(JSON.stringify({ type: "download", ...report }));
  else for (const line of reportText(report)) io.out(line);
  if (report.failed.length > 0) return EXIT.tryAgain;
  if (report.refused.length > 0) return EXIT.data;
  const isNothing = report.absent > 0 && report.fetched + report.kept + report.unchanged === 0;
  if (!isNothing) return EXIT.ok;
  io.err(
    `the provider has none of the ${report.absent} tiles: check the area, the zoom (--zoom), the ` +
      "order of {x} and {y}, and whether its rows count from the south ({-y})",
  );
  return EXIT.lossy;
}

function settingsOf(values: Values, io: CommandIo): DownloadSettings {
  const { budget: budgetBytes } = values;
  return {
    url: values.url,
    cache: {
      ...placeOf(values),
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
      ...recordOption(values.record && !values.dryRun, "tiles download", io),
    },
    capturedAt: values.capturedAt ?? null,
    attribution: values.attribution,
    gsdMaxM: values.gsdMax,
    refresh: values.refresh,
    requestsPerSecondMax: values.rate ?? null,
  };
}

async function requestOf(values: Values, url: string): Promise<DownloadRequest> {
  const only = values.retry === undefined ? null : await failedTiles(values.retry);
  const source = values.source ?? only?.[0]?.source ?? "googlemaps";
  const { concurrency } = values;
  const common = { source, url, concurrency };
  if (only !== null) {
    const zooms = [...new Set(only.map(({ zoom }) => zoom))];
    const point = { latitudeDeg: 0, longitudeDeg: 0 };
    const area: Area = { kind: "corridor", route: [point], halfWidthM: 1 };
    return { ...common, area, zooms, only };
  }
  if (values.zoom === undefined) throw new UsageError("needs --zoom Z (18, or 17,18)");
  return { ...common, area: await areaOf(values), zooms: values.zoom };
}

async function failedTiles(path: string) {
  const found = TileIdSchema.array().max(10_000_000).safeParse(await readJson(path));
  if (!found.success) {
    throw new DataError(path, "it is not a list of tiles written by --failed");
  }
  return found.data;
}

async function areaOf({ area, polygon, route, geojson, width }: Values): Promise<Area> {
  const given = [area, polygon, route, geojson].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new UsageError("needs one of --area, --polygon, --route, --geojson, --retry");
  }
  const halfWidthM = width / 2;
  if (area !== undefined) return { kind: "box", box: area };
  if (polygon !== undefined) return { kind: "polygon", ring: polygon };
  if (route !== undefined) return { kind: "corridor", route, halfWidthM };
  return areaOfGeoJson(geojson ?? "", await readJson(geojson ?? ""), halfWidthM);
}

function planText(plan: DownloadPlan): string[] {
  const room = plan.headroomBytes === null
    ? []
    : [`room            ${bytesText(plan.headroomBytes)} until the budget`];
  return [
    `tiles           ${plan.tiles} in the area (its box has ${plan.boxTiles})`,
    `in the cache    ${plan.kept}`,
    `not there       ${plan.absent} by the provider's inventory`,
    `to fetch        ${plan.toFetch}, ${
      plan.bytes === null ? "of unknown size" : bytesText(plan.bytes)
    }`,
    ...room,
  ];
}

function reportText(report: DownloadReport): string[] {
  const named = [...report.refused, ...report.failed].slice(0, 10).map(({ tileId, reason }) =>
    `  ${tileId.zoom}/${tileId.x}/${tileId.y}: ${reason}`
  );
  return [
    `${report.fetched} tiles fetched (${bytesText(report.bytes)}), ${report.kept} were there, ` +
    `${report.unchanged} unchanged, ${report.absent} absent, ${report.refused.length} refused, ` +
    `${report.failed.length} failed, ${report.retryCount} retries`,
    ...(report.placeholders === 0 ? [] : [
      `  ${report.placeholders} of the absent were one and the same picture at many places, which ` +
      "shows no ground (no imagery there, or plain water)",
    ]),
    ...named,
  ];
}
