/**
 * Renders the map tiles under a flight as one small picture.
 *
 * @module
 */
import sharp from "sharp";
import { forEachBounded, TILE_SIZE_PX } from "../../core/mod.ts";
import type { MapFrame, ReportMap, ReportPosition } from "./contract.ts";
import { mapFrame, mapPixel, tilesOf } from "./map_frame.ts";

interface MosaicOptions {
  readonly zoom: number;
  /** Positions that must be in the picture. */
  readonly positions: readonly ReportPosition[];
  /** JPEG of a tile; null when there is none. */
  readTile(x: number, y: number): Promise<Uint8Array | null>;
  /** Called for a tile that is not a picture; without it that is an error. */
  readonly onBadTile?: (x: number, y: number, error: unknown) => void;
  /** Longer side of the picture. */
  readonly sidePxMax?: number;
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** When there are more tiles than this, only those next to the track are read. */
const TILES_MAX = 6000;
/** Tiles smaller than this in the picture are not drawn. */
const TILE_PX_MIN = 2;
const CORRIDOR_TILES = 2;
const BACKGROUND = 0x30;
const TILES_AT_ONCE = 4;

/** @throws RangeError when there is no position. */
export async function tileMosaic(options: MosaicOptions): Promise<ReportMap> {
  const frame = mapFrame(options.positions, options.zoom, options.sidePxMax);
  const canvas = new Uint8Array(frame.widthPx * frame.heightPx * 3).fill(BACKGROUND);
  const tiles = tilesToRead(frame, options.positions);
  let pasted = 0;
  let done = 0;
  await forEachBounded(tiles, TILES_AT_ONCE, async (tile) => {
    options.signal?.throwIfAborted();
    if (await drawTile(tile, canvas, frame, options)) pasted++;
    options.progress?.(++done, tiles.length);
  });
  if (pasted === 0) return { ...frame, jpeg: null };
  const jpeg = await sharp(canvas, {
    raw: { width: frame.widthPx, height: frame.heightPx, channels: 3 },
  }).jpeg({ quality: 78, mozjpeg: true }).toBuffer();
  return { ...frame, jpeg: new Uint8Array(jpeg) };
}

interface Tile {
  readonly x: number;
  readonly y: number;
}

function tilesToRead(frame: MapFrame, positions: readonly ReportPosition[]): Tile[] {
  if (TILE_SIZE_PX * frame.scale < TILE_PX_MIN) return [];
  const { xMin, xMax, yMin, yMax } = tilesOf(frame);
  const tiles: Tile[] = [];
  if ((xMax - xMin + 1) * (yMax - yMin + 1) <= TILES_MAX) {
    for (let y = yMin; y <= yMax; y++) for (let x = xMin; x <= xMax; x++) tiles.push({ x, y });
    return tiles;
  }
  const taken = new Set<string>();
  const tilePx = TILE_SIZE_PX * frame.scale;
  for (const position of positions) {
    const [px, py] = mapPixel(frame, position);
    const at = {
      x: Math.floor(frame.originX / TILE_SIZE_PX + px / tilePx),
      y: Math.floor(frame.originY / TILE_SIZE_PX + py / tilePx),
    };
    for (let y = at.y - CORRIDOR_TILES; y <= at.y + CORRIDOR_TILES; y++) {
      for (let x = at.x - CORRIDOR_TILES; x <= at.x + CORRIDOR_TILES; x++) {
        if (x < xMin || x > xMax || y < yMin || y > yMax || taken.has(`${x}/${y}`)) continue;
        taken.add(`${x}/${y}`);
        tiles.push({ x, y });
      }
    }
    if (tiles.length > TILES_MAX) break;
  }
  return tiles;
}

/** True when it is in the picture. */
async function drawTile(
  { x, y }: Tile,
  canvas: Uint8Array,
  frame: MapFrame,
  options: MosaicOptions,
): Promise<boolean> {
  const across = 2 ** frame.zoom;
  const jpeg = await options.readTile((x % across + across) % across, y);
  if (jpeg === null) return false;
  const edge = (tile: number, origin: number) =>
    Math.round((tile * TILE_SIZE_PX - origin) * frame.scale);
  try {
    await paste(jpeg, canvas, frame, {
      left: edge(x, frame.originX),
      right: edge(x + 1, frame.originX),
      top: edge(y, frame.originY),
      bottom: edge(y + 1, frame.originY),
    });
    return true;
  } catch (error) {
    if (options.onBadTile === undefined) throw error;
    options.onBadTile(x, y, error);
    return false;
  }
}

async function paste(
  jpeg: Uint8Array,
  canvas: Uint8Array,
  size: { readonly widthPx: number; readonly heightPx: number },
  edges: { left: number; right: number; top: number; bottom: number },
): Promise<void> {
  const width = edges.right - edges.left, height = edges.bottom - edges.top;
  if (width < 1 || height < 1) return;
  const pixels = await sharp(jpeg, { limitInputPixels: 4096 * 4096 })
    .resize(width, height, { fit: "fill" })
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
