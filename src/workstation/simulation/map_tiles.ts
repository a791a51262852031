/**
 * Renders a ground source as slippy tiles: the map that an operator would have downloaded.
 *
 * @module
 */
import {
  groundSampleDistanceM,
  LocalFrame,
  Output,
  type SlippyTile,
  TILE_SIZE_PX,
  tileFromWgs,
  wgsFromWorldPixel,
} from "../../core/mod.ts";
import { encodeJpeg, type Picture, type VisionLibrary } from "../../native/vision/mod.ts";
import type { GroundSource } from "./ground.ts";
import { resample } from "./resample.ts";
import type { LocalBox } from "./route.ts";

const JPEG_QUALITY = 88;
/** Tile rows drawn together, west to east, so that painted ground is used before it is dropped. */
const STRIP_ROWS = 4;
const MARGIN_PX = 3;

/** Tiles that touch a rectangle of a ground's local frame. */
export function tilesOfBox(ground: GroundSource, box: LocalBox, zoom: number): SlippyTile[] {
  const localFrame = new LocalFrame(ground.origin);
  const corners = [
    [box.westM, box.southM],
    [box.eastM, box.southM],
    [box.westM, box.northM],
    [box.eastM, box.northM],
  ].map(([east, north]) => tileFromWgs(localFrame.wgsFromLocal([east, north, 0]), zoom));
  const xs = corners.map((tile) => tile.x), ys = corners.map((tile) => tile.y);
  const tiles: SlippyTile[] = [];
  for (let y = Math.min(...ys); y <= Math.max(...ys); y++) {
    for (let x = Math.min(...xs); x <= Math.max(...xs); x++) tiles.push({ zoom, x, y });
  }
  return tiles;
}

/** Tiles within `halfWidthM` (measured along east and north) of any of the places. */
export function tilesOfCorridor(
  ground: GroundSource,
  places: Iterable<readonly [eastM: number, northM: number]>,
  options: { halfWidthM: number; zoom: number },
): SlippyTile[] {
  const { halfWidthM, zoom } = options;
  const found = new Map<string, SlippyTile>();
  let last: readonly [number, number] = [Infinity, Infinity];
  for (const place of places) {
    if (Math.hypot(place[0] - last[0], place[1] - last[1]) < halfWidthM / 10) continue;
    last = place;
    const [east, north] = place;
    const box = {
      westM: east - halfWidthM,
      southM: north - halfWidthM,
      eastM: east + halfWidthM,
      northM: north + halfWidthM,
    };
    for (const tile of tilesOfBox(ground, box, zoom)) found.set(`${tile.x}/${tile.y}`, tile);
  }
  return [...found.values()];
}

interface MapTilesHost {
  readonly vision: VisionLibrary;
  progress?(done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** Writes `{z}/{x}/{y}.jpg` under `folder`, which must not exist; all tiles, or nothing. */
export async function writeMapTiles(
  ground: GroundSource,
  tiles: readonly SlippyTile[],
  folder: string,
  host: MapTilesHost,
): Promise<{ tiles: number; bytes: number }> {
  const strip = (tile: SlippyTile) => Math.floor(tile.y / STRIP_ROWS);
  const ordered = [...tiles].sort((a, b) => strip(a) - strip(b) || a.x - b.x || a.y - b.y);
  const localFrame = new LocalFrame(ground.origin);
  await using out = await Output.folder(folder);
  let bytes = 0;
  for (const [index, tile] of ordered.entries()) {
    host.signal?.throwIfAborted();
    const jpeg = await encodeJpeg(
      host.vision,
      await mapTile(ground, localFrame, tile),
      JPEG_QUALITY,
    );
    await out.guard(async () => {
      const column = `${out.temporaryPath}/${tile.zoom}/${tile.x}`;
      await Deno.mkdir(column, { recursive: true });
      await Deno.writeFile(`${column}/${tile.y}.jpg`, jpeg);
    });
    bytes += jpeg.length;
    host.progress?.(index + 1, ordered.length);
  }
  await out.commit();
  return { tiles: ordered.length, bytes };
}

/** Renders one tile: looks up every pixel's Web Mercator position on the ground. */
export async function mapTile(
  ground: GroundSource,
  localFrame: LocalFrame,
  tile: SlippyTile,
): Promise<Picture> {
  const local = (x: number, y: number) => {
    const pixel = { x: tile.x * TILE_SIZE_PX + x, y: tile.y * TILE_SIZE_PX + y };
    const [east, north] = localFrame.localFromWgs({
      ...wgsFromWorldPixel(pixel, tile.zoom),
      heightM: 0,
    });
    return [east, north] as const;
  };
  const size = TILE_SIZE_PX;
  const corners = [local(0, 0), local(size, 0), local(0, size), local(size, size)];
  const easts = corners.map((corner) => corner[0]), norths = corners.map((corner) => corner[1]);
  const tileGsdM = groundSampleDistanceM(ground.origin.latitudeDeg, tile.zoom);
  // The ground's own resolution up to twice as fine as the tile's: then 2 × 2 samples a pixel.
  const gsdM = Math.max(ground.gsdM, tileGsdM >= 1.2 ? 1 : tileGsdM >= 0.3 ? 0.5 : 0.25);
  const margin = MARGIN_PX * gsdM;
  const westM = Math.min(...easts) - margin, southM = Math.min(...norths) - margin;
  const patch = await ground.patch({
    westM,
    southM,
    widthPx: Math.ceil((Math.max(...easts) + margin - westM) / gsdM),
    heightPx: Math.ceil((Math.max(...norths) + margin - southM) / gsdM),
    gsdM,
  });
  const mapping = (x: number, y: number) => {
    const [east, north] = local(x, y);
    return [(east - patch.westM) / patch.gsdM, (patch.northM - north) / patch.gsdM] as const;
  };
  const oversampling = Math.max(1, Math.round(tileGsdM / patch.gsdM));
  return resample(patch.picture, { widthPx: size, heightPx: size }, mapping, oversampling);
}
