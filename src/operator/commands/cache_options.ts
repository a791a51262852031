/**
 * Options and helpers that the commands of the tile cache share: its place, filters, names of
 * tiles, sizes.
 *
 * @module
 */
import { option, type OptionValues, Refused } from "../../core/mod.ts";
import { TileIdSchema, TileNotFoundError } from "../../tiles/tile_contract/mod.ts";
import {
  CacheInspection,
  type ListedTile,
  type OpenCache,
  type TileFilter,
  type TileName,
} from "../../tiles/workstation/tile_cache/mod.ts";
import { type CachePlace, type recordOption, refuseWithoutCache } from "../options.ts";

/** An open cache; with an embedded database this process is its only user. */
export interface OpenedCache extends OpenCache, AsyncDisposable {
  readonly databaseName: string;
  readonly budgetBytes: number;
  missions(): Promise<readonly { readonly mission: string; readonly tiles: number }[]>;
  /** Evicts the least recently used tiles until they take no more than the budget. */
  reduceToBudget(): Promise<void>;
}

export interface CacheParts {
  openCache(
    place: CachePlace,
    options?: ReturnType<typeof recordOption> & {
      readonly budgetBytes?: number;
      readonly readsOnly?: boolean;
      readonly onEvicted?: (bytes: number) => void;
    },
  ): Promise<OpenedCache>;
}

/** Options that select tiles. */
export const FILTER_OPTIONS = {
  source: option.custom({
    form: "a name of a-z, 0-9 and _, or onboard_ingest/FLIGHT",
    read: readSource,
  }, {
    placeholder: "NAME",
    help: "tiles of one source (onboard_ingest/FLIGHT: of one flight)",
    group: "Which tiles",
  }),
  zoom: option.zoom({ help: "tiles of one zoom", group: "Which tiles" }),
  area: option.area({
    help: "tiles that touch the box",
    example: "50.40,30.45,50.50,30.60",
    olderNames: ["bbox"],
    group: "Which tiles",
  }),
} as const;

interface TileSource {
  readonly source: string;
  readonly flightId?: string;
}

/** Opens an existing cache; these commands never create one. */
export async function openExisting(
  parts: CacheParts,
  place: CachePlace,
  options: Parameters<CacheParts["openCache"]>[1] = {},
): Promise<OpenedCache & { readonly inspection: CacheInspection }> {
  await refuseWithoutCache(place);
  const cache = await parts.openCache(place, options);
  return Object.assign(cache, { inspection: new CacheInspection(cache) });
}

export function filterOf(
  { source, zoom, area }: OptionValues<typeof FILTER_OPTIONS>,
): TileFilter {
  return {
    ...source,
    ...(zoom === undefined ? {} : { zoom }),
    ...(area === undefined ? {} : { bbox: area }),
  };
}

function readSource(text: string): TileSource | Refused {
  const [source, flightId, ...more] = text.split("/");
  const flightFits = flightId === undefined || source === "onboard_ingest" && isUuid(flightId);
  if (!/^[a-z0-9_]{1,40}$/.test(source) || !flightFits || more.length > 0) return new Refused();
  return flightId === undefined ? { source } : { source, flightId: flightId.toLowerCase() };
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/** A tile as the user named it, with the text that was typed. */
export type NamedTile = TileName & { readonly text: string };

const TILE_KIND = {
  form: "SOURCE/ZOOM/X/Y, onboard_ingest/FLIGHT/ZOOM/X/Y, or a tile's UUID",
  read: readTileName,
};

/** `TILE` of the commands on a single tile. */
export const TILE_ARGUMENT = {
  tile: option.custom(TILE_KIND, {
    placeholder: "TILE",
    required: true,
    help: TILE_KIND.form,
  }),
} as const;

/** Where a list continues. */
export function afterOption(help: string) {
  return {
    after: option.custom(
      TILE_KIND,
      { placeholder: "TILE", help, example: "bing/18/77213/106845" },
    ),
  } as const;
}

function readTileName(text: string): NamedTile | Refused {
  if (isUuid(text)) return { text, uuid: text.toLowerCase() };
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
  if (parsed.success && (words.length === 4 || words.length === 5)) {
    return { text, tileId: parsed.data };
  }
  const isNumeric = ![zoom, x, y].includes(NaN);
  return new Refused(parsed.success || !isNumeric ? null : parsed.error.issues[0].message);
}

/** The name of a tile for people; `TILE_ARGUMENT` parses it. */
export function nameOf({ tileId }: Pick<ListedTile, "tileId">): string {
  const flight = tileId.flightId === undefined ? "" : `${tileId.flightId}/`;
  return `${tileId.source}/${flight}${tileId.zoom}/${tileId.x}/${tileId.y}`;
}

/** @throws TileNotFoundError */
export async function findTile(
  inspection: CacheInspection,
  { text, ...name }: NamedTile,
): Promise<ListedTile> {
  const tile = await inspection.find(name);
  if (tile === null) throw new TileNotFoundError(`No tile ${text} in the cache`);
  return tile;
}

export function dayText(date: Date | null): string {
  return date === null ? "unknown" : date.toISOString().slice(0, 10);
}
