/**
 * The reference satellite provider: an HTTP server for tests and demos of the tile manager (C11).
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../core/mod.ts";
import { INGEST_PATH, tilesOfArea } from "../../tiles/workstation/tile_manager/mod.ts";
import { AcceptedTiles } from "./accepted_tiles.ts";
import {
  EnrolmentSchema,
  InventoryRequestSchema,
  MisbehaviourSchema,
  type ProviderOptions,
  RouteRequestSchema,
} from "./contract.ts";
import { Ingest } from "./ingest.ts";
import { KeyRegistry } from "./key_registry.ts";
import { cutBody, distorted, Misbehaviours } from "./misbehaviours.ts";
import { FolderSource, type ServedTile, SyntheticSource, type TileSource } from "./tile_source.ts";

const TILE_PATH = /^\/tiles\/(\d{1,2})\/(\d{1,8})\/(\d{1,8})$/;

export class SatelliteProvider {
  readonly #options: ProviderOptions;
  readonly #accepted: AcceptedTiles;
  readonly #keys: KeyRegistry;
  readonly #ingest: Ingest;
  readonly #misbehaviours = new Misbehaviours();
  readonly #source: TileSource | null;
  /** Numbers of requests by path pattern. */
  readonly #counts: Record<string, number> = {};

  private constructor(options: ProviderOptions, source: TileSource | null) {
    this.#options = options;
    this.#source = source;
    this.#accepted = new AcceptedTiles(options.ingestFolder);
    this.#keys = new KeyRegistry(options.recorderFolder);
    const { checks, ageMaxMs, now } = options;
    this.#ingest = new Ingest({
      accepted: this.#accepted,
      keys: this.#keys,
      checks,
      ageMaxMs,
      now,
    });
  }

  static async open(options: ProviderOptions): Promise<SatelliteProvider> {
    const source = options.tileFolder !== null
      ? new FolderSource(options.tileFolder)
      : options.syntheticPictures > 0
      ? await SyntheticSource.make(options.syntheticPictures)
      : null;
    return new SatelliteProvider(options, source);
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    try {
      if (route === "POST /api/satellite/keys") return await this.#enrol(request);
      if (url.pathname.startsWith("/_")) return await this.#control(request, url);
      if (!isBearer(request, this.#options.token)) return refusal(401, "a token is needed");
      const tile = request.method === "GET" ? TILE_PATH.exec(url.pathname) : null;
      if (tile !== null) {
        return await this.#tile(request, Number(tile[1]), Number(tile[2]), Number(tile[3]));
      }
      if (route === `POST /${INGEST_PATH}`) return await this.#ingested(request, url);
      if (route === "POST /api/satellite/tiles/inventory") return await this.#inventory(request);
      if (route === "POST /api/satellite/route") return await this.#route(request);
      return refusal(404, `no such route: ${route}`);
    } catch (error) {
      return refusal(400, messageOf(error));
    }
  }

  async #tile(request: Request, z: number, x: number, y: number): Promise<Response> {
    this.#count("tiles");
    const act = this.#misbehaviours.next("tiles");
    if (act?.kind === "status") return refusal(act.status, act.error, act.headers);
    if (act?.kind === "slow_headers") await sleep(act.ms);
    if (act?.kind === "html_in_200" || act?.kind === "error_in_200") return htmlPage();
    const tile = await this.#source?.tile(z, x, y) ?? null;
    if (tile === null) return refusal(404, "no such tile");
    const headers = {
      "content-type": "image/jpeg",
      etag: tile.etag,
      "last-modified": tile.modified.toUTCString(),
    };
    if (isHeld(request.headers, tile)) {
      this.#count("tiles_unchanged");
      return new Response(null, { status: 304, headers });
    }
    if (act?.kind === "cut_body") return new Response(cutBody(tile.jpeg), { headers });
    return new Response(tile.jpeg, { headers });
  }

  async #ingested(request: Request, url: URL): Promise<Response> {
    this.#count("ingest");
    const act = this.#misbehaviours.next("ingest");
    if (act?.kind === "status") {
      await request.body?.cancel();
      return refusal(act.status, act.error, act.headers);
    }
    if (act?.kind === "slow_headers") await sleep(act.ms);
    if (act?.kind === "html_in_200") return htmlPage();
    if (act?.kind === "error_in_200") return json(200, { error: "the database is gone" });
    const taken = await this.#ingest.take(request, url);
    if (!taken.ok) return refusal(taken.status, taken.error);
    this.#count("ingested_tiles", taken.answer.tiles.length);
    const answer = act?.kind === "acknowledge" ? distorted(taken.answer, act.how) : taken.answer;
    const text = new TextEncoder().encode(JSON.stringify(answer));
    if (act?.kind === "cut_body" || act?.kind === "lost_answer") {
      return new Response(cutBody(act.kind === "cut_body" ? text : text.slice(0, 1)), {
        status: 202,
      });
    }
    return new Response(text, { status: 202, headers: { "content-type": "application/json" } });
  }

  async #inventory(request: Request): Promise<Response> {
    this.#count("inventory");
    const act = this.#misbehaviours.next("inventory");
    if (act?.kind === "status") return refusal(act.status, act.error, act.headers);
    const { tiles } = InventoryRequestSchema.parse(await request.json());
    const available = [];
    for (const { z, x, y } of tiles) {
      const tile = await this.#source?.tile(z, x, y) ?? null;
      if (tile === null) continue;
      const capturedAt = tile.modified.toISOString();
      available.push({ z, x, y, bytes: tile.jpeg.length, etag: tile.etag, capturedAt });
    }
    return json(200, { tiles: available });
  }

  async #route(request: Request): Promise<Response> {
    const { points, zooms, halfWidthM } = RouteRequestSchema.parse(await request.json());
    const route = points.map(({ lat, lon }) => ({ latitudeDeg: lat, longitudeDeg: lon }));
    const area = { kind: "corridor", route, halfWidthM } as const;
    const tiles = zooms.reduce((sum, zoom) => sum + [...tilesOfArea(area, zoom)].length, 0);
    return json(202, { seeding: tiles });
  }

  async #enrol(request: Request): Promise<Response> {
    const { officerToken } = this.#options;
    if (officerToken === null || !isBearer(request, officerToken)) {
      return refusal(403, "only the safety officer enrols keys");
    }
    const { flightId, publicKey } = EnrolmentSchema.parse(await request.json());
    const key = Uint8Array.fromBase64(publicKey);
    if (key.length !== 32) return refusal(400, "a public key has 32 bytes");
    this.#keys.enrol(flightId, key);
    return json(201, { flightId });
  }

  /** State for tests; not available unless the provider was started for tests. */
  async #control(request: Request, url: URL): Promise<Response> {
    if (!this.#options.mayMisbehave) return refusal(404, "no such route");
    if (request.method === "POST" && url.pathname === "/_misbehave") {
      this.#misbehaviours.tell(MisbehaviourSchema.array().parse(await request.json()));
      return json(200, {});
    }
    const acceptances = Object.fromEntries(this.#accepted.acceptances);
    return json(200, { accepted: this.#accepted.count, acceptances, requests: this.#counts });
  }

  #count(what: string, times = 1): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + times;
  }
}

/** RFC 9110 (13.2.2): an ETag in the request takes precedence over a date. */
function isHeld(headers: Headers, { etag, modified }: ServedTile): boolean {
  const marks = headers.get("if-none-match");
  if (marks !== null) {
    const given = marks.split(",").map((mark) => mark.trim().replace(/^W\//, ""));
    return given.includes("*") || given.includes(etag);
  }
  const sinceMs = Date.parse(headers.get("if-modified-since") ?? "");
  return Math.floor(modified.getTime() / 1000) * 1000 <= sinceMs;
}

function isBearer(request: Request, token: string | null): boolean {
  if (token === null) return true;
  const given = new TextEncoder().encode(request.headers.get("authorization") ?? "");
  const wanted = new TextEncoder().encode(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function json(status: number, body: unknown): Response {
  return Response.json(body, { status });
}

function refusal(status: number, error: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error }, { status, headers });
}

function htmlPage(): Response {
  return new Response("<html><body>Something went wrong</body></html>", {
    headers: { "content-type": "text/html" },
  });
}
