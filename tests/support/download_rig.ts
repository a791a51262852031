/**
 * The real downloader against the real provider; the cache in memory, every picture decoded.
 *
 * @module
 */
import sharp from "sharp";
import { createLogger, seededRandom, SystemClock, tileBounds } from "../../src/core/mod.ts";
import { FakeTileStore } from "../../src/tiles/workstation/tile_cache/fake_tile_store.ts";
import type { Bbox, TileStoreCollaborators } from "../../src/tiles/tile_contract/mod.ts";
import { tileFromBytes, type TileToolkit } from "../../src/tiles/workstation/tile_import/mod.ts";
import {
  type DownloadRequest,
  HttpTileDownloader,
  type HttpTileDownloaderParts,
  HttpTileSource,
  RateLimit,
} from "../../src/tiles/workstation/tile_manager/mod.ts";
import { decodeJpeg, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { CLIENT_TOKEN } from "./provider.ts";

export const ZOOM = 18;

/** Tiles of a block: `columns` × `rows` from a corner on. */
export interface Block {
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
}

/** The box that has just these tiles. */
export function boxOf({ x, y, columns, rows }: Block): Bbox {
  const first = tileBounds({ zoom: ZOOM, x, y });
  const last = tileBounds({ zoom: ZOOM, x: x + columns - 1, y: y + rows - 1 });
  const edgeDeg = 1e-5;
  return {
    southDeg: last.southDeg + edgeDeg,
    westDeg: first.westDeg + edgeDeg,
    northDeg: first.northDeg - edgeDeg,
    eastDeg: last.eastDeg - edgeDeg,
  };
}

export const boxText = (block: Block) => {
  const { southDeg, westDeg, northDeg, eastDeg } = boxOf(block);
  return [southDeg, westDeg, northDeg, eastDeg].join(",");
};

/** Writes the block below `folder` as a provider serves it, of a few pictures. */
export async function layTiles(folder: string, { x, y, columns, rows }: Block): Promise<void> {
  const random = seededRandom("tiles to download");
  const pictures = await Promise.all(Array.from({ length: 4 }, () => {
    const pixels = Uint8Array.from({ length: 256 * 256 * 3 }, () => random.integer(256));
    const raw = { width: 256, height: 256, channels: 3 } as const;
    return sharp(pixels, { raw }).jpeg({ quality: 20 }).toBuffer();
  }));
  for (let column = 0; column < columns; column++) {
    await Deno.mkdir(`${folder}/${ZOOM}/${x + column}`, { recursive: true });
    for (let row = 0; row < rows; row++) {
      const path = `${folder}/${ZOOM}/${x + column}/${y + row}.jpg`;
      const picture = pictures[(column + row) % pictures.length];
      await Deno.writeFile(path, withComment(picture, `${column},${row}`));
    }
  }
}

/** The same picture, but no other tile has the same bytes: those would be taken for placeholders. */
function withComment(jpeg: Uint8Array, text: string): Uint8Array {
  const comment = new TextEncoder().encode(text);
  const head = [0xff, 0xfe, 0, 2 + comment.length];
  return Uint8Array.from([...jpeg.subarray(0, 2), ...head, ...comment, ...jpeg.subarray(2)]);
}

export interface DownloadRig {
  readonly store: FakeTileStore;
  readonly downloader: HttpTileDownloader;
  /** Every request that was made, in its order. */
  readonly asked: { readonly url: string; readonly authorization: string | null }[];
  readonly slept: number[];
  readonly request: (block: Block, change?: Partial<DownloadRequest>) => DownloadRequest;
}

export interface DownloadRigOptions {
  readonly url: string;
  readonly vision: VisionLibrary;
  readonly store?: FakeTileStore;
  readonly collaborators?: TileStoreCollaborators;
  readonly token?: string | null;
  readonly requestTimeoutMs?: number;
  readonly limit?: RateLimit;
  readonly change?: Partial<HttpTileDownloaderParts>;
  /** False (benches): no request is noted. */
  readonly watched?: boolean;
}

export function makeDownloadRig(options: DownloadRigOptions): DownloadRig {
  const { url, vision, token = CLIENT_TOKEN, requestTimeoutMs = 5000 } = options;
  const store = options.store ??
    new FakeTileStore({ clock: new SystemClock(), ...options.collaborators });
  const asked: DownloadRig["asked"][number][] = [], slept: number[] = [];
  const sleep = (ms: number) => {
    slept.push(ms);
    return Promise.resolve();
  };
  const source = new HttpTileSource(url, {
    http: {
      fetch: (input, init) => {
        if (options.watched === false) return fetch(input, init);
        const authorization = new Headers(init?.headers).get("authorization");
        asked.push({ url: String(input), authorization });
        return fetch(input, init);
      },
      sleep,
      nowMs: () => Date.now(),
    },
    limit: options.limit ?? new RateLimit(0, () => Date.now(), sleep),
    token,
    requestTimeoutMs,
  });
  const downloader = new HttpTileDownloader({
    source,
    cache: {
      queryByBbox: (box, zoom) => store.queryByBbox(box, zoom),
      writeTiles: (tiles, how) => store.writeTiles(tiles, how),
      renewTile: (tile, jpeg) => store.renewTile(tile, jpeg),
      deleteTile: (tileId) => store.deleteTile(tileId),
      budgetBytes: null,
      usedBytes: () => store.totalDiskBytes(),
    },
    checkTile: (name, bytes) => tileFromBytes(name, bytes, toolkitOf(vision)),
    logger: createLogger({ component: "tile_manager", sink: () => {}, now: () => new Date() }),
    capturedAt: null,
    attribution: "",
    gsdMaxM: 2,
    refresh: false,
    ...options.change,
  });
  const request: DownloadRig["request"] = (block, change = {}) => ({
    area: { kind: "box", box: boxOf(block) },
    zooms: [ZOOM],
    source: "survey",
    url,
    concurrency: 8,
    ...change,
  });
  return { store, downloader, asked, slept, request };
}

/** These tests bring JPEGs alone, which are only decoded. */
function toolkitOf(vision: VisionLibrary): TileToolkit {
  return {
    lens: vision,
    features: vision,
    warp: () => Promise.reject(new Error("nothing to warp")),
    encodeJpeg: () => Promise.reject(new Error("nothing to encode")),
    async decodeJpeg(jpeg, options) {
      const picture = await decodeJpeg(vision, jpeg, { ...options, channels: 3 });
      return { ...picture, channels: 3 };
    },
  };
}
