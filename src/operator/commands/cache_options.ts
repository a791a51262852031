/**
 * What the commands of the tile cache share: its place, filters, names of tiles, sizes.
 *
 * @module
 */
import { EXIT, GdnError, UsageError } from "../../core/mod.ts";
import { type Bbox, TileIdSchema, TileNotFoundError } from "../../tiles/tile_contract/mod.ts";
import {
  CacheInspection,
  type ListedTile,
  type OpenCache,
  type TileFilter,
  type TileName,
} from "../../tiles/workstation/tile_cache/mod.ts";
import {
  CACHE_OPTIONS_HELP,
  DATA_DIRECTORY_DEFAULT,
  numberOption,
  type recordOption,
} from "../options.ts";

export interface CachePlace {
  readonly dataDirectory: string;
  readonly dsn: string | null;
}

/** A cache that is open; nobody else has it where the database is embedded. */
export interface OpenedCache extends OpenCache, AsyncDisposable {
  readonly databaseName: string;
  readonly budgetBytes: number;
  missions(): Promise<readonly { readonly mission: string; readonly tiles: number }[]>;
  /** Puts out what was not used for longest until the tiles take no more than the budget. */
  reduceToBudget(): Promise<void>;
}

export interface CacheParts {
  openCache(
    place: CachePlace,
    options?: ReturnType<typeof recordOption> & {
      readonly budgetBytes?: number;
      readonly onEvicted?: (bytes: number) => void;
    },
  ): Promise<OpenedCache>;
}

/** Options that every one of them has. */
export const PLACE_OPTIONS = {
  data: { type: "string" },
  dsn: { type: "string" },
  json: { type: "boolean" },
} as const;

export const PLACE_HELP = `${CACHE_OPTIONS_HELP}
  --json               for programs`;

export const FILTER_OPTIONS = {
  source: { type: "string" },
  zoom: { type: "string" },
  bbox: { type: "string" },
} as const;

export const FILTER_HELP =
  `  --source NAME        tiles of one source (onboard_ingest/FLIGHT: of one flight)
  --zoom Z             tiles of one zoom
  --bbox S,W,N,E       tiles that touch the box, degrees; west > east crosses the antimeridian`;

export function placeOf(values: { data?: string; dsn?: string }): CachePlace {
  return { dataDirectory: values.data ?? DATA_DIRECTORY_DEFAULT, dsn: values.dsn ?? null };
}

/** Opens a cache that is there; these commands never make one. */
export async function openExisting(
  parts: CacheParts,
  place: CachePlace,
  options: Parameters<CacheParts["openCache"]>[1] = {},
): Promise<OpenedCache & { readonly inspection: CacheInspection }> {
  const marker = `${place.dataDirectory}/cache.json`;
  try {
    await Deno.stat(marker);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GdnError(
      "NO_CACHE",
      `there is no tile cache in ${place.dataDirectory}; \`operator tiles import\` makes one, ` +
        "--data names another",
      { cause: error, exitCode: EXIT.noInput },
    );
  }
  const cache = await parts.openCache(place, options);
  return Object.assign(cache, { inspection: new CacheInspection(cache) });
}

export function filterOf(
  values: { source?: string; zoom?: string; bbox?: string },
): TileFilter {
  const zoom = numberOption("zoom", values.zoom, { minimum: 0, maximum: 22, integer: true });
  const bbox = bboxOption("bbox", values.bbox);
  return {
    ...(values.source === undefined ? {} : sourceOf(values.source)),
    ...(zoom === undefined ? {} : { zoom }),
    ...(bbox === undefined ? {} : { bbox }),
  };
}

function sourceOf(text: string): { source: string; flightId?: string } {
  const [source, flightId, ...more] = text.split("/");
  const flightFits = flightId === undefined || source === "onboard_ingest" && isUuid(flightId);
  if (!/^[a-z0-9_]{1,40}$/.test(source) || !flightFits || more.length > 0) {
    throw new UsageError(
      `--source takes a name of a-z, 0-9 and _, or onboard_ingest/FLIGHT, got "${text}"`,
    );
  }
  return flightId === undefined ? { source } : { source, flightId: flightId.toLowerCase() };
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** "SOUTH,WEST,NORTH,EAST" in degrees. */
export function bboxOption(name: string, text: string | undefined): Bbox | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [southDeg, westDeg, northDeg, eastDeg] = parts;
  const fits = parts.length === 4 && southDeg >= -90 && northDeg <= 90 && southDeg <= northDeg &&
    Math.abs(westDeg) <= 180 && Math.abs(eastDeg) <= 180;
  if (fits) return { southDeg, westDeg, northDeg, eastDeg };
  throw new UsageError(
    `--${name} must be SOUTH,WEST,NORTH,EAST in degrees (south not north of north), got "${text}"`,
  );
}

/** `{source}/{zoom}/{x}/{y}`, `onboard_ingest/{flight}/{zoom}/{x}/{y}`, or the tile's UUID. */
export function tileNameOf(text: string): TileName {
  if (isUuid(text)) return { uuid: text.toLowerCase() };
  const words = text.split("/");
  const flightId = words.length === 5 ? words[1] : undefined;
  const [zoom, x, y] = words.slice(-3).map((word) => /^\d{1,7}$/.test(word) ? Number(word) : NaN);
  const parsed = TileIdSchema.safeParse({
    zoom,
    x,
    y,
    source: words[0],
    ...(flightId === undefined ? {} : { flightId }),
  });
  if (parsed.success && (words.length === 4 || words.length === 5)) return { tileId: parsed.data };
  throw new UsageError(
    `"${text}" names no tile: it is SOURCE/ZOOM/X/Y, onboard_ingest/FLIGHT/ZOOM/X/Y, or a UUID` +
      (parsed.success ? "" : ` (${parsed.error.issues[0].message})`),
  );
}

/** How people write a tile; `tileNameOf` reads it back. */
export function nameOf({ tileId }: Pick<ListedTile, "tileId">): string {
  const flight = tileId.flightId === undefined ? "" : `${tileId.flightId}/`;
  return `${tileId.source}/${flight}${tileId.zoom}/${tileId.x}/${tileId.y}`;
}

/** @throws TileNotFoundError */
export async function findTile(inspection: CacheInspection, text: string): Promise<ListedTile> {
  const tile = await inspection.find(tileNameOf(text));
  if (tile === null) throw new TileNotFoundError(`No tile ${text} in the cache`);
  return tile;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
};

/** "500000000", "500MB", "1.5GiB"; undefined where the option is absent. */
export function sizeOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)?$/i.exec(text.trim());
  const bytes = match === null ? NaN : Number(match[1]) * UNITS[(match[2] ?? "").toUpperCase()];
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw new UsageError(`--${name} must be a size like 500MB, 20GB or 1073741824, got "${text}"`);
}

export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes, unit = 0;
  for (; Math.abs(value) >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

export function dayText(date: Date | null): string {
  return date === null ? "unknown" : date.toISOString().slice(0, 10);
}
