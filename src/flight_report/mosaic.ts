/**
 * The map tiles under a flight as one small picture.
 *
 * @module
 */
import sharp from "sharp";
import {
  groundSampleDistanceM,
  TILE_SIZE_PX,
  type WorldPixel,
  worldPixelFromWgs,
} from "../core/mod.ts";
import type { ReportMap, ReportPosition } from "./contract.ts";

export interface MosaicOptions {
  readonly zoom: number;
  /** What must be in the picture. */
  readonly positions: readonly ReportPosition[];
  /** JPEG of a tile; null where there is none. */
  readTile(x: number, y: number): Promise<Uint8Array | null>;
  /** Longer side of the picture. */
  readonly sidePxMax?: number;
}

const SIDE_PX_MAX = 1400;
/** Room around the track, of its longer side. */
const MARGIN = 0.12;
const MARGIN_MIN_PX = 200;
const BACKGROUND = 0x30;

/** @throws RangeError when there is no position. */
export async function tileMosaic(options: MosaicOptions): Promise<ReportMap> {
  const box = worldBox(options.positions, options.zoom);
  const sidePx = Math.max(box.width, box.height);
  const scale = Math.min(1, (options.sidePxMax ?? SIDE_PX_MAX) / sidePx);
  const widthPx = Math.round(box.width * scale), heightPx = Math.round(box.height * scale);
  const canvas = new Uint8Array(widthPx * heightPx * 3).fill(BACKGROUND);
  const first = { x: Math.floor(box.x / TILE_SIZE_PX), y: Math.floor(box.y / TILE_SIZE_PX) };
  const last = {
    x: Math.floor((box.x + box.width) / TILE_SIZE_PX),
    y: Math.floor((box.y + box.height) / TILE_SIZE_PX),
  };
  for (let y = first.y; y <= last.y; y++) {
    for (let x = first.x; x <= last.x; x++) {
      const jpeg = await options.readTile(x, y);
      if (jpeg === null) continue;
      const edge = (tile: number, origin: number) =>
        Math.round((tile * TILE_SIZE_PX - origin) * scale);
      await paste(jpeg, canvas, { widthPx, heightPx }, {
        left: edge(x, box.x),
        right: edge(x + 1, box.x),
        top: edge(y, box.y),
        bottom: edge(y + 1, box.y),
      });
    }
  }
  const jpeg = await sharp(canvas, { raw: { width: widthPx, height: heightPx, channels: 3 } })
    .jpeg({ quality: 80, mozjpeg: true }).toBuffer();
  const { latitudeDeg } = options.positions[0];
  return {
    jpeg: new Uint8Array(jpeg),
    widthPx,
    heightPx,
    zoom: options.zoom,
    originX: box.x,
    originY: box.y,
    scale,
    metresPerPx: groundSampleDistanceM(latitudeDeg, options.zoom) / scale,
  };
}

function worldBox(positions: readonly ReportPosition[], zoom: number) {
  if (positions.length === 0) throw new RangeError("a map needs at least one position");
  let west = Infinity, east = -Infinity, north = Infinity, south = -Infinity;
  for (const position of positions) {
    const { x, y }: WorldPixel = worldPixelFromWgs(position, zoom);
    west = Math.min(west, x);
    east = Math.max(east, x);
    north = Math.min(north, y);
    south = Math.max(south, y);
  }
  const margin = Math.max(MARGIN_MIN_PX, MARGIN * Math.max(east - west, south - north));
  return {
    x: Math.floor(west - margin),
    y: Math.floor(north - margin),
    width: Math.ceil(east - west + 2 * margin),
    height: Math.ceil(south - north + 2 * margin),
  };
}

async function paste(
  jpeg: Uint8Array,
  canvas: Uint8Array,
  size: { widthPx: number; heightPx: number },
  edges: { left: number; right: number; top: number; bottom: number },
): Promise<void> {
  const width = edges.right - edges.left, height = edges.bottom - edges.top;
  if (width < 1 || height < 1) return;
  const pixels = await sharp(jpeg).resize(width, height, { fit: "fill" })
    .toColourspace("srgb").removeAlpha().raw().toBuffer();
  const channels = pixels.length / (width * height);
  for (let y = Math.max(0, edges.top); y < Math.min(size.heightPx, edges.bottom); y++) {
    for (let x = Math.max(0, edges.left); x < Math.min(size.widthPx, edges.right); x++) {
      const from = ((y - edges.top) * width + (x - edges.left)) * channels;
      const to = (y * size.widthPx + x) * 3;
      for (let c = 0; c < 3; c++) canvas[to + c] = pixels[from + (channels === 3 ? c : 0)];
    }
  }
}
