/**
 * Ground from a `{z}/{x}/{y}` folder of slippy tiles.
 *
 * @module
 */
import {
  DataError,
  groundSampleDistanceM,
  LocalFrame,
  TILE_SIZE_PX,
  tileBounds,
  tileFromWorldPixel,
  type WgsPosition,
  worldPixelFromWgs,
} from "../../core/mod.ts";
import type { Picture } from "../../native/vision/mod.ts";
import type { GroundPatch, GroundSource, PatchRequest } from "./ground.ts";
import { resample } from "./resample.ts";
import type { LocalBox } from "./route.ts";

const TILE_FILE = /^(\d+)\.(jpg|jpeg|png|webp)$/i;
const CACHED_TILES = 400;

/** Tiles of one zoom; missing ones are mid-grey. */
export class TileFolderGround implements GroundSource {
  readonly name: string;
  readonly origin: WgsPosition;
  readonly box: LocalBox;
  readonly gsdM: number;
  readonly zoom: number;
  readonly #files: ReadonlyMap<string, string>;
  readonly #decode: (path: string) => Promise<Picture>;
  readonly #cache = new Map<string, Picture>();
  readonly #localFrame: LocalFrame;

  private constructor(
    folder: string,
    tiles: { zoom: number; files: ReadonlyMap<string, string>; centre: WgsPosition },
    decode: (path: string) => Promise<Picture>,
  ) {
    this.name = folder;
    this.origin = tiles.centre;
    this.zoom = tiles.zoom;
    this.gsdM = groundSampleDistanceM(tiles.centre.latitudeDeg, tiles.zoom);
    this.#files = tiles.files;
    this.#decode = decode;
    this.#localFrame = new LocalFrame(tiles.centre);
    this.box = boxOf(tiles, this.#localFrame);
  }

  /**
   * The finest zoom of the folder. `centre` is the local frame's origin (default: the tiles'
   * centre), `decode` reads one picture file.
   *
   * @throws DataError when there are no tiles.
   */
  static async open(
    folder: string,
    options: {
      groundHeightM: number;
      centre?: { latitudeDeg: number; longitudeDeg: number };
      decode: (path: string) => Promise<Picture>;
    },
  ): Promise<TileFolderGround> {
    const zoom = await finestZoom(folder);
    const files = new Map<string, string>();
    for await (const column of Deno.readDir(`${folder}/${zoom}`)) {
      if (!column.isDirectory || !/^\d+$/.test(column.name)) continue;
      for await (const row of Deno.readDir(`${folder}/${zoom}/${column.name}`)) {
        const match = TILE_FILE.exec(row.name);
        if (match) {
          files.set(`${column.name}/${match[1]}`, `${folder}/${zoom}/${column.name}/${row.name}`);
        }
      }
    }
    if (files.size === 0) throw new DataError(folder, `it holds no tiles ${zoom}/x/y.jpg`);
    const middle = options.centre ?? middleOf(files, zoom);
    const centre = { ...middle, heightM: options.groundHeightM };
    return new TileFolderGround(folder, { zoom, files, centre }, options.decode);
  }

  async patch(request: PatchRequest): Promise<GroundPatch> {
    const gsdM = Math.max(request.gsdM, this.gsdM);
    const widthPx = Math.ceil(request.widthPx * request.gsdM / gsdM);
    const heightPx = Math.ceil(request.heightPx * request.gsdM / gsdM);
    const northM = request.southM + heightPx * gsdM;
    const world = (x: number, y: number) => {
      const east = request.westM + x * gsdM, north = northM - y * gsdM;
      return worldPixelFromWgs(this.#localFrame.wgsFromLocal([east, north, 0]), this.zoom);
    };
    const corners = [world(0, 0), world(widthPx, 0), world(0, heightPx), world(widthPx, heightPx)];
    const first = tileFromWorldPixel({
      x: Math.min(...corners.map((c) => c.x)) - 2,
      y: Math.min(...corners.map((c) => c.y)) - 2,
    }, this.zoom);
    const last = tileFromWorldPixel({
      x: Math.max(...corners.map((c) => c.x)) + 2,
      y: Math.max(...corners.map((c) => c.y)) + 2,
    }, this.zoom);
    const mosaic = await this.#mosaic(first, last);
    const picture = resample(mosaic, { widthPx, heightPx }, (x, y) => {
      const place = world(x, y);
      return [place.x - first.x * TILE_SIZE_PX, place.y - first.y * TILE_SIZE_PX];
    });
    return { picture, westM: request.westM, northM, gsdM };
  }

  async #mosaic(
    first: { x: number; y: number },
    last: { x: number; y: number },
  ): Promise<Picture> {
    const widthPx = (last.x - first.x + 1) * TILE_SIZE_PX;
    const heightPx = (last.y - first.y + 1) * TILE_SIZE_PX;
    const pixels = new Uint8Array(3 * widthPx * heightPx).fill(128);
    for (let y = first.y; y <= last.y; y++) {
      for (let x = first.x; x <= last.x; x++) {
        const tile = await this.#tile(`${x}/${y}`);
        if (tile === null) continue;
        for (let row = 0; row < TILE_SIZE_PX; row++) {
          const from = 3 * row * TILE_SIZE_PX;
          const to = 3 * (((y - first.y) * TILE_SIZE_PX + row) * widthPx +
            (x - first.x) * TILE_SIZE_PX);
          pixels.set(tile.pixels.subarray(from, from + 3 * TILE_SIZE_PX), to);
        }
      }
    }
    return { widthPx, heightPx, channels: 3, pixels };
  }

  async #tile(key: string): Promise<Picture | null> {
    const path = this.#files.get(key);
    if (path === undefined) return null;
    let tile = this.#cache.get(key);
    if (tile === undefined) {
      tile = await this.#decode(path);
      if (tile.channels !== 3 || tile.widthPx !== TILE_SIZE_PX || tile.heightPx !== TILE_SIZE_PX) {
        throw new DataError(path, "a tile must be a colour picture of 256×256 pixels");
      }
      this.#cache.set(key, tile);
      if (this.#cache.size > CACHED_TILES) {
        for (const oldest of this.#cache.keys()) {
          this.#cache.delete(oldest);
          break;
        }
      }
    }
    return tile;
  }
}

async function finestZoom(folder: string): Promise<number> {
  let zoom = -1;
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory && /^\d{1,2}$/.test(entry.name)) zoom = Math.max(zoom, +entry.name);
    }
  } catch (error) {
    throw new DataError(folder, "it cannot be read as a folder of tiles {z}/{x}/{y}.jpg", {
      cause: error,
    });
  }
  if (zoom < 0) throw new DataError(folder, "it holds no folder of a zoom level");
  return zoom;
}

function middleOf(files: ReadonlyMap<string, string>, zoom: number) {
  const { low, high } = rangeOf(files);
  const northWest = tileBounds({ zoom, ...low }), southEast = tileBounds({ zoom, ...high });
  return {
    latitudeDeg: (northWest.northDeg + southEast.southDeg) / 2,
    longitudeDeg: (northWest.westDeg + southEast.eastDeg) / 2,
  };
}

function rangeOf(files: ReadonlyMap<string, string>) {
  const low = { x: Infinity, y: Infinity }, high = { x: -Infinity, y: -Infinity };
  for (const key of files.keys()) {
    const [x, y] = key.split("/").map(Number);
    low.x = Math.min(low.x, x);
    low.y = Math.min(low.y, y);
    high.x = Math.max(high.x, x);
    high.y = Math.max(high.y, y);
  }
  return { low, high };
}

function boxOf(
  tiles: { zoom: number; files: ReadonlyMap<string, string> },
  localFrame: LocalFrame,
): LocalBox {
  const { low, high } = rangeOf(tiles.files);
  const a = tileBounds({ zoom: tiles.zoom, ...low }), b = tileBounds({ zoom: tiles.zoom, ...high });
  const place = (latitudeDeg: number, longitudeDeg: number) =>
    localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM: 0 });
  const [southWest, northEast] = [place(b.southDeg, a.westDeg), place(a.northDeg, b.eastDeg)];
  return {
    westM: southWest[0],
    southM: southWest[1],
    eastM: northEast[0],
    northM: northEast[1],
  };
}
