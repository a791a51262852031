/**
 * Fetches tiles over HTTP: from a provider that implements the contract, or by any {z}/{x}/{y}
 * template.
 *
 * @module
 */
import * as z from "zod";
import {
  EXIT,
  messageOf,
  parseBoundedJson,
  sha256Hex,
  type SlippyTile,
  UsageError,
  VERSION,
} from "../../../../core/mod.ts";
import { SatelliteProviderError } from "../errors.ts";
import { providerUrl } from "../http/provider_url.ts";
import { type HttpParts, patientRequest } from "../http/request.ts";
import { usableEtag } from "./etag_notes.ts";
import type { RateLimit } from "./rate_limit.ts";

const TILE_BYTES_MAX = 5 * 1024 * 1024;
const INVENTORY_ENTRIES = 5000;
const INVENTORY_BYTES_MAX = 16 * 1024 * 1024;

const InventorySchema = z.looseObject({
  tiles: z.array(z.looseObject({
    z: z.int(),
    x: z.int(),
    y: z.int(),
    bytes: z.int().min(0).optional(),
    capturedAt: z.iso.datetime().nullable().optional(),
    attribution: z.string().max(1000).optional(),
  })).max(INVENTORY_ENTRIES),
});

export interface ListedTile {
  readonly tile: SlippyTile;
  readonly bytes: number | null;
  readonly capturedAt: Date | null;
  readonly attribution: string | null;
}

export type FetchedTile =
  | {
    readonly kind: "tile";
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly lastModified: Date | null;
    readonly etag: string | null;
    readonly retryCount: number;
  }
  | { readonly kind: "absent" | "unchanged"; readonly retryCount: number }
  | { readonly kind: "refused"; readonly reason: string; readonly retryCount: number };

/** The version that is held already, so that the provider need not send the same one again. */
export interface HeldVersion {
  readonly capturedAt: Date | null;
  /** As given by this provider; it takes precedence over the date (RFC 9110, 13.1.3). */
  readonly etag: string | null;
}

interface HttpTileSourceParts {
  readonly http: HttpParts;
  readonly limit: RateLimit;
  readonly token: string | null;
  readonly requestTimeoutMs: number;
}

const FIELDS = ["{z}", "{x}", "{y}", "{-y}", "{q}", "{s}"];

/** @throws UsageError for a field that is not known, or where the tile is not said */
function checkTemplate(url: string): void {
  const fields: readonly string[] = url.match(/\{[^{}]*\}/g) ?? [];
  const unknown = fields.find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) {
    throw new UsageError(
      `${JSON.stringify(url)}: ${unknown} is not known; known are ${FIELDS.join(" ")}` +
        " (rows from the south: {-y}; quadkeys: {q}; servers: {s})",
    );
  }
  const isPlace = fields.includes("{q}") || fields.includes("{z}") && fields.includes("{x}") &&
      (fields.includes("{y}") || fields.includes("{-y}"));
  if (isPlace) return;
  throw new UsageError(
    `${JSON.stringify(url)} needs all of {z}, {x} and {y} (or {-y}), or the quadkey {q}`,
  );
}

function urlOf(template: string, { zoom, x, y }: SlippyTile): string {
  const values: Readonly<Record<string, string>> = {
    "{z}": String(zoom),
    "{x}": String(x),
    "{y}": String(y),
    "{-y}": String(2 ** zoom - 1 - y),
    "{q}": quadkeyOf({ zoom, x, y }),
    // Servers that share the load have the same tiles.
    "{s}": "a",
  };
  return template.replace(/\{[^{}]*\}/g, (field) => values[field] ?? field);
}

function quadkeyOf({ zoom, x, y }: SlippyTile): string {
  let key = "";
  for (let bit = zoom - 1; bit >= 0; bit--) key += ((x >> bit) & 1) + 2 * ((y >> bit) & 1);
  return key;
}

/** Denied tiles in a row between two questions whether what came before still comes. */
const ASK_AGAIN_EVERY = 20;

export class HttpTileSource {
  readonly #parts: HttpTileSourceParts;
  readonly #template: string;
  /** null: the source has no inventory. */
  readonly #base: URL | null;
  readonly name: string;
  /** The tile whose picture came last. */
  #served: SlippyTile | null = null;
  /** Tiles since then that were denied (403). */
  #denied = 0;
  /**
   * SHA-256 of the whole URL or template. Another layer, version or API key of the same host is
   * another origin: its ETags may be equal for different pictures. Hashed because the URL may
   * contain a key.
   */
  readonly originSha256: string;

  /** @throws UsageError for a URL that cannot be used. */
  constructor(url: string, parts: HttpTileSourceParts) {
    this.#parts = parts;
    const isTemplate = /\{[^{}]*\}/.test(url);
    if (isTemplate) checkTemplate(url);
    const checked = providerUrl(isTemplate ? urlOf(url, { zoom: 1, x: 0, y: 0 }) : url);
    this.name = checked.host;
    const base = url.endsWith("/") ? url : `${url}/`;
    this.#base = isTemplate ? null : new URL(base);
    this.#template = isTemplate ? url : `${base}tiles/{z}/{x}/{y}`;
    this.originSha256 = sha256Hex(new TextEncoder().encode(this.#template));
  }

  /** null: this source has no inventory. Tiles that the answer does not list do not exist there. */
  async inventory(
    tiles: readonly SlippyTile[],
    signal?: AbortSignal,
  ): Promise<readonly ListedTile[] | null> {
    if (this.#base === null) return null;
    const listed: ListedTile[] = [];
    for (let at = 0; at < tiles.length; at += INVENTORY_ENTRIES) {
      const part = tiles.slice(at, at + INVENTORY_ENTRIES);
      const found = await this.#inventoryOf(this.#base, part, signal);
      if (found === null) return null;
      listed.push(...found);
    }
    return listed;
  }

  async #inventoryOf(
    base: URL,
    tiles: readonly SlippyTile[],
    signal?: AbortSignal,
  ): Promise<readonly ListedTile[] | null> {
    await this.#parts.limit.turn(signal);
    const url = new URL("api/satellite/tiles/inventory", base);
    const asked = tiles.map(({ zoom, x, y }) => ({ z: zoom, x, y }));
    const { status, body } = await patientRequest(this.#parts.http, {
      url,
      method: "POST",
      headers: { ...this.#headers(), "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify({ tiles: asked })),
      timeoutMs: this.#parts.requestTimeoutMs,
      bodyBytesMax: INVENTORY_BYTES_MAX,
      ...(signal ? { signal } : {}),
    });
    this.#checkAllowed(status);
    if (status === 404 || status === 405) return null;
    const keys = new Set(tiles.map(({ zoom, x, y }) => `${zoom}/${x}/${y}`));
    try {
      const { tiles: found } = InventorySchema.parse(
        parseBoundedJson(new TextDecoder().decode(body)),
      );
      return found.filter(({ z, x, y }) => keys.has(`${z}/${x}/${y}`)).map((one) => ({
        tile: { zoom: one.z, x: one.x, y: one.y },
        bytes: one.bytes ?? null,
        capturedAt: one.capturedAt ? new Date(one.capturedAt) : null,
        attribution: one.attribution ?? null,
      }));
    } catch (error) {
      throw new SatelliteProviderError(
        `${this.name} answered an inventory with status ${status} and no readable list: ` +
          messageOf(error).slice(0, 200),
        { cause: error, exitCode: EXIT.data },
      );
    }
  }

  /** With `held`, the tile is returned only when the provider has another version. */
  async fetch(
    tile: SlippyTile,
    held: HeldVersion | null,
    signal?: AbortSignal,
  ): Promise<FetchedTile> {
    const { capturedAt = null, etag = null } = held ?? {};
    const condition: Record<string, string> = {
      ...(capturedAt === null ? {} : { "if-modified-since": capturedAt.toUTCString() }),
      ...(etag === null ? {} : { "if-none-match": etag }),
    };
    const { status, headers, body, retryCount } = await this.#request(tile, condition, signal);
    if (status === 403 && await this.#isHole(signal)) return { kind: "absent", retryCount };
    this.#checkAllowed(status);
    if (status === 404 || status === 410 || status === 204) return { kind: "absent", retryCount };
    // A 304 to a request without conditions is a fault of the provider: there is nothing to keep.
    const isConditional = Object.keys(condition).length > 0;
    if (status === 304 && isConditional) return { kind: "unchanged", retryCount };
    if (status !== 200) return { kind: "refused", reason: `status ${status}`, retryCount };
    const isPlaceholder = headers.get("x-ve-tile-info")?.toLowerCase() === "no-tile";
    if (isPlaceholder || body.length === 0) return { kind: "absent", retryCount };
    this.#served = tile;
    this.#denied = 0;
    const modifiedMs = Date.parse(headers.get("last-modified") ?? "");
    const lastModified = Number.isFinite(modifiedMs) ? new Date(modifiedMs) : null;
    const etagNow = usableEtag(headers.get("etag"));
    return { kind: "tile", bytes: body, lastModified, etag: etagNow, retryCount };
  }

  async #request(
    tile: SlippyTile,
    condition: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ) {
    await this.#parts.limit.turn(signal);
    return await patientRequest(this.#parts.http, {
      url: new URL(urlOf(this.#template, tile)),
      method: "GET",
      headers: { ...this.#headers(), accept: "image/jpeg,image/png,image/webp", ...condition },
      timeoutMs: this.#parts.requestTimeoutMs,
      bodyBytesMax: TILE_BYTES_MAX,
      ...(signal ? { signal } : {}),
    });
  }

  /**
   * Some servers answer 403 where they have no picture, and all do where a token has run out: what was
   * served before is asked for again, at the first such answer and now and then in a large hole.
   */
  async #isHole(signal?: AbortSignal): Promise<boolean> {
    if (this.#served === null) return false;
    if (this.#denied++ % ASK_AGAIN_EVERY !== 0) return true;
    const { status } = await this.#request(this.#served, {}, signal);
    return status !== 401 && status !== 403;
  }

  #headers(): Record<string, string> {
    const { token } = this.#parts;
    return {
      "user-agent": `gps-denied-onboard/${VERSION}`,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  #checkAllowed(status: number): void {
    if (status !== 401 && status !== 403) return;
    throw new SatelliteProviderError(
      `${this.name} refused access (${status}); check GDN_SATELLITE_TOKEN`,
      { exitCode: EXIT.refused },
    );
  }
}
