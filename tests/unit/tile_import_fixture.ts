/** Helpers of the tile import's tests: synthetic pictures with blobs, and a store in memory. */
import sharp from "sharp";
import {
  decodeJpeg,
  encodeJpeg,
  type VisionLibrary,
  warpGrid,
} from "../../src/native/vision/mod.ts";
import type { TileToolkit } from "../../src/tiles/workstation/tile_import/mod.ts";
import type {
  NewTile,
  TileId,
  TileMetadata,
  WriteSummary,
} from "../../src/tiles/tile_contract/mod.ts";

export function toolkitOf(vision: VisionLibrary): TileToolkit {
  return {
    lens: vision,
    features: vision,
    warp: (source, grid, target) => warpGrid(vision, source, grid, target),
    encodeJpeg: (picture, quality) => encodeJpeg(vision, picture, quality),
    decodeJpeg: async (jpeg, { name, denominator }) => {
      const picture = await decodeJpeg(vision, jpeg, { name, denominator, channels: 3 });
      return { ...picture, channels: 3 };
    },
  };
}

/** A tile store in memory, for what the import does with any store. */
export class MemoryStore {
  readonly tiles = new Map<string, { metadata: TileMetadata; jpeg: Uint8Array<ArrayBuffer> }>();

  tileExists(id: TileId): Promise<boolean> {
    return Promise.resolve(this.tiles.has(MemoryStore.key(id)));
  }

  writeTiles(tiles: readonly NewTile[]): Promise<WriteSummary> {
    for (const { metadata, jpeg } of tiles) {
      this.tiles.set(MemoryStore.key(metadata.tileId), { metadata, jpeg: new Uint8Array(jpeg) });
    }
    return Promise.resolve({ written: tiles.length, kept: 0 });
  }

  static key(id: TileId): string {
    return `${id.source}/${id.zoom}/${id.x}/${id.y}`;
  }
}

export interface Blob {
  readonly xPx: number;
  readonly yPx: number;
}

/** White Gaussian blobs on mid grey; positions have pixel centres at half integers. */
export function blobPicture(
  widthPx: number,
  heightPx: number,
  blobs: readonly Blob[],
  sigmaPx: number,
): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(widthPx * heightPx * 3).fill(60);
  const reach = Math.ceil(4 * sigmaPx);
  for (const { xPx, yPx } of blobs) {
    for (let y = Math.max(0, Math.floor(yPx) - reach); y < Math.min(heightPx, yPx + reach); y++) {
      for (let x = Math.max(0, Math.floor(xPx) - reach); x < Math.min(widthPx, xPx + reach); x++) {
        const d2 = (x + 0.5 - xPx) ** 2 + (y + 0.5 - yPx) ** 2;
        const value = Math.round(60 + 180 * Math.exp(-d2 / (2 * sigmaPx ** 2)));
        const at = 3 * (y * widthPx + x);
        if (value > pixels[at]) pixels.fill(value, at, at + 3);
      }
    }
  }
  return pixels;
}

export async function writePng(
  path: string,
  pixels: Uint8Array,
  widthPx: number,
  heightPx: number,
  channels: 3 | 4 = 3,
): Promise<void> {
  const png = await sharp(pixels, { raw: { width: widthPx, height: heightPx, channels } })
    .png({ compressionLevel: 1 }).toBuffer();
  await Deno.writeFile(path, png);
}

/** Centre of brightness over `background` around a position (pixel centres at half integers). */
export function blobCentre(
  pixel: (x: number, y: number) => number,
  around: Blob,
  reachPx: number,
  background = 62,
): Blob {
  let sum = 0, sumX = 0, sumY = 0;
  const x0 = Math.round(around.xPx - 0.5), y0 = Math.round(around.yPx - 0.5);
  for (let y = y0 - reachPx; y <= y0 + reachPx; y++) {
    for (let x = x0 - reachPx; x <= x0 + reachPx; x++) {
      const weight = Math.max(0, pixel(x, y) - background);
      sum += weight;
      sumX += weight * (x + 0.5);
      sumY += weight * (y + 0.5);
    }
  }
  return { xPx: sumX / sum, yPx: sumY / sum };
}

/** Grey value at a world pixel of the tiles in a store. */
export async function mosaicReader(
  store: MemoryStore,
  toolkit: TileToolkit,
): Promise<(x: number, y: number) => number> {
  const decoded = new Map<string, Uint8Array>();
  for (const { metadata, jpeg } of store.tiles.values()) {
    const { x, y } = metadata.tileId;
    const picture = await toolkit.decodeJpeg(jpeg, { name: `${x}/${y}`, denominator: 1 });
    decoded.set(`${x}/${y}`, picture.pixels);
  }
  return (x, y) => {
    const tile = decoded.get(`${Math.floor(x / 256)}/${Math.floor(y / 256)}`);
    return tile ? tile[3 * ((y % 256) * 256 + (x % 256)) + 1] : 0;
  };
}
