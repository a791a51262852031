/**
 * Map windows cut from slippy tiles, with a bounded cache of decoded tiles.
 *
 * @module
 */
import {
  DataError,
  groundSampleDistanceM,
  LocalFrame,
  TILE_SIZE_PX,
  wgsFromWorldPixel,
  type WorldPixel,
  worldPixelFromWgs,
} from "../../core/mod.ts";
import { decodeJpeg, type VisionLibrary } from "../../native/vision/mod.ts";
import type { LocalBounds, MapSource, MapWindow, TileSource } from "./contract.ts";

/** Decoded tiles that are kept: 64 KiB each at full resolution. */
const TILES_KEPT_MAX = 800;
/** JPEG decoders shrink by at most this. */
const DENOMINATOR_MAX = 8;

type Denominator = 1 | 2 | 4 | 8;

/** Cuts that are kept: a frame looks at the map once or twice, at windows of different sizes. */
const CUTS_KEPT_MAX = 4;
/** Larger ones belong to a search of the whole map. */
const CUT_BYTES_MAX = 8 << 20;

/** Tiles by their numbers, both ends included, each shrunk by the denominator. */
interface TileRectangle {
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
  readonly denominator: Denominator;
}

/** Their pixels; never written to. */
interface TileCut {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly valid: Uint8Array<ArrayBuffer>;
  /** Part of the tiles that is there. */
  readonly coverage: number;
}

export class TileMap implements MapSource {
  readonly gsdM: number;
  readonly bounds: LocalBounds;
  readonly #vision: VisionLibrary;
  readonly #tiles: TileSource;
  readonly #localFrame: LocalFrame;
  /** World pixel of the frame's origin. */
  readonly #originX: number;
  readonly #decoded = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  /** By their tiles, least recently used first. */
  readonly #cuts = new Map<string, TileCut>();

  constructor(vision: VisionLibrary, tiles: TileSource, localFrame: LocalFrame) {
    this.#vision = vision;
    this.#tiles = tiles;
    this.#localFrame = localFrame;
    this.gsdM = groundSampleDistanceM(localFrame.origin.latitudeDeg, tiles.zoom);
    this.bounds = localBounds(tiles, localFrame);
    this.#originX = worldPixelFromWgs(localFrame.origin, tiles.zoom).x;
  }

  async window(
    eastM: number,
    northM: number,
    radiusM: number,
    gsdM: number,
  ): Promise<MapWindow | null> {
    const denominator = denominatorFor(gsdM / this.gsdM);
    const corners = [[-1, -1], [1, -1], [-1, 1], [1, 1]].map(([e, n]) =>
      this.#worldPixel(eastM + e * radiusM, northM + n * radiusM)
    );
    const tile = (value: number) => Math.floor(value / TILE_SIZE_PX);
    const { tileBounds } = this.#tiles;
    const xMin = Math.max(tileBounds.xMin, tile(Math.min(...corners.map((c) => c.x))));
    const xMax = Math.min(tileBounds.xMax - 1, tile(Math.max(...corners.map((c) => c.x))));
    const yMin = Math.max(tileBounds.yMin, tile(Math.min(...corners.map((c) => c.y))));
    const yMax = Math.min(tileBounds.yMax - 1, tile(Math.max(...corners.map((c) => c.y))));
    if (xMin > xMax || yMin > yMax) return null;
    const cut = await this.#cut({ xMin, xMax, yMin, yMax, denominator });
    if (cut === null) return null;
    const { coverage, ...pixels } = cut;
    const corner = { x: xMin * TILE_SIZE_PX, y: yMin * TILE_SIZE_PX };
    const pixelFromLocal = this.#affine(eastM, northM, radiusM, corner, denominator);
    return {
      mosaic: { ...pixels, pixelFromLocal },
      originEastM: eastM,
      originNorthM: northM,
      coverage,
    };
  }

  /** From one frame to the next the same tiles are asked for. null where there is none of them. */
  async #cut(tiles: TileRectangle): Promise<TileCut | null> {
    const { xMin, xMax, yMin, yMax, denominator } = tiles;
    const key = `${denominator}/${xMin}-${xMax}/${yMin}-${yMax}`;
    const kept = this.#cuts.get(key);
    this.#cuts.delete(key);
    const cut = kept ?? await this.#paste(tiles);
    if (cut === null || cut.pixels.length > CUT_BYTES_MAX) return cut;
    this.#cuts.set(key, cut);
    for (const oldest of this.#cuts.keys()) {
      if (this.#cuts.size <= CUTS_KEPT_MAX) break;
      this.#cuts.delete(oldest);
    }
    return cut;
  }

  async #paste({ xMin, xMax, yMin, yMax, denominator }: TileRectangle): Promise<TileCut | null> {
    const side = TILE_SIZE_PX / denominator;
    const widthPx = (xMax - xMin + 1) * side, heightPx = (yMax - yMin + 1) * side;
    const pixels = new Uint8Array(widthPx * heightPx);
    const valid = new Uint8Array(widthPx * heightPx);
    let found = 0;
    for (let y = yMin; y <= yMax; y++) {
      for (let x = xMin; x <= xMax; x++) {
        if (!this.#tiles.hasTile(x, y)) continue;
        found++;
        const tilePixels = await this.#tile(x, y, denominator);
        paste(tilePixels, side, pixels, valid, widthPx, (x - xMin) * side, (y - yMin) * side);
      }
    }
    const coverage = found / ((xMax - xMin + 1) * (yMax - yMin + 1));
    return found === 0 ? null : { widthPx, heightPx, pixels, valid, coverage };
  }

  #worldPixel(eastM: number, northM: number): WorldPixel {
    const { zoom } = this.#tiles;
    const pixel = worldPixelFromWgs(this.#localFrame.wgsFromLocal([eastM, northM, 0]), zoom);
    // Beyond the antimeridian the plane goes on: it does not start anew at the other end of the world.
    const worldPx = TILE_SIZE_PX * 2 ** zoom;
    const turns = Math.round((this.#originX - pixel.x) / worldPx);
    return turns === 0 ? pixel : { x: pixel.x + turns * worldPx, y: pixel.y };
  }

  /** The Mercator plane is straight enough for an affine map within a few kilometres. */
  #affine(
    eastM: number,
    northM: number,
    radiusM: number,
    corner: WorldPixel,
    denominator: number,
  ): [number, number, number, number, number, number] {
    const step = Math.max(10, radiusM / 2);
    const at = (e: number, n: number) => {
      const pixel = this.#worldPixel(eastM + e, northM + n);
      // World pixels have their centres at half integers, mosaics at integers.
      return {
        u: (pixel.x - corner.x) / denominator - 0.5,
        v: (pixel.y - corner.y) / denominator - 0.5,
      };
    };
    const east = at(step, 0), west = at(-step, 0), north = at(0, step), south = at(0, -step);
    const centre = at(0, 0);
    return [
      (east.u - west.u) / (2 * step),
      (north.u - south.u) / (2 * step),
      centre.u,
      (east.v - west.v) / (2 * step),
      (north.v - south.v) / (2 * step),
      centre.v,
    ];
  }

  #tile(x: number, y: number, denominator: Denominator): Promise<Uint8Array<ArrayBuffer>> {
    const key = `${denominator}/${x}/${y}`;
    const kept = this.#decoded.get(key);
    if (kept !== undefined) {
      // Least recently used first: Map keeps insertion order.
      this.#decoded.delete(key);
      this.#decoded.set(key, kept);
      return kept;
    }
    const decoding = this.#decode(x, y, denominator);
    this.#decoded.set(key, decoding);
    // A reading that failed may succeed the next time.
    decoding.catch(() => this.#decoded.delete(key));
    if (this.#decoded.size > TILES_KEPT_MAX) {
      for (const oldest of this.#decoded.keys()) {
        this.#decoded.delete(oldest);
        break;
      }
    }
    return decoding;
  }

  async #decode(x: number, y: number, denominator: Denominator): Promise<Uint8Array<ArrayBuffer>> {
    const jpeg = await this.#tiles.readTileJpeg(x, y);
    const name = `tile ${this.#tiles.zoom}/${x}/${y}`;
    const { widthPx, heightPx, pixels } = await decodeJpeg(this.#vision, jpeg, {
      name,
      denominator,
    });
    // What is pasted is taken for rows of a whole tile.
    const sidePx = TILE_SIZE_PX / denominator;
    if (widthPx === sidePx && heightPx === sidePx) return pixels;
    throw new DataError(name, `decodes to ${widthPx}×${heightPx} pixels, not ${sidePx}×${sidePx}`);
  }
}

function denominatorFor(ratio: number): Denominator {
  let denominator = 1;
  while (denominator * 2 <= Math.min(ratio * 1.01, DENOMINATOR_MAX)) denominator *= 2;
  return denominator as Denominator;
}

function paste(
  tile: Uint8Array,
  side: number,
  pixels: Uint8Array,
  valid: Uint8Array,
  widthPx: number,
  x0: number,
  y0: number,
): void {
  for (let row = 0; row < side; row++) {
    const line = tile.subarray(row * side, (row + 1) * side);
    const at = (y0 + row) * widthPx + x0;
    pixels.set(line, at);
    // Imported tiles are black where the imagery ends; a truly black pixel carries nothing either.
    for (let i = 0; i < side; i++) valid[at + i] = line[i] > 2 ? 255 : 0;
  }
}

function localBounds(tiles: TileSource, localFrame: LocalFrame): LocalBounds {
  const { xMin, xMax, yMin, yMax } = tiles.tileBounds;
  const corners = [[xMin, yMin], [xMax, yMin], [xMin, yMax], [xMax, yMax]].map(([x, y]) => {
    const wgs = wgsFromWorldPixel({ x: x * TILE_SIZE_PX, y: y * TILE_SIZE_PX }, tiles.zoom);
    return localFrame.localFromWgs({ ...wgs, heightM: localFrame.origin.heightM });
  });
  return {
    eastMinM: Math.min(...corners.map((c) => c[0])),
    eastMaxM: Math.max(...corners.map((c) => c[0])),
    northMinM: Math.min(...corners.map((c) => c[1])),
    northMaxM: Math.max(...corners.map((c) => c[1])),
  };
}
