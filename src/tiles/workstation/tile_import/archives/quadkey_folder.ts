/**
 * Reads a folder of tiles that are named by their quadkeys, `0231302.jpg` (Bing Maps).
 *
 * Source: https://learn.microsoft.com/en-us/bingmaps/articles/bing-maps-tile-system
 *
 * @module
 */
import {
  jpegHeaderSize,
  messageOf,
  readPlainFile,
  type SlippyTile,
  UsageError,
  ZOOM_MAX,
} from "../../../../core/mod.ts";
import type { RefusedTile } from "../contract.ts";
import type { ArchiveTile, TileArchive } from "./contract.ts";
import { capturedAtOf, readSidecar } from "./sidecar.ts";
import { TILE_BYTES_MAX } from "./tile_bytes.ts";

const QUADKEY_FILE = /^([0-3]{1,30})\.(jpe?g|png|webp)$/i;
/** No camera counts its photographs with so many digits that are all below 4. */
const QUADKEY_DIGITS_SURE = 12;
const PICTURE_FILE = /\.(jpe?g|png|webp)$/i;

/** null where not every picture of the folder is named by a quadkey. */
export async function openQuadkeyFolder(
  path: string,
  zoom: number | null,
): Promise<TileArchive | null> {
  const names: string[] = [];
  const zooms = new Set<number>();
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory || !PICTURE_FILE.test(name)) continue;
    const [, key] = QUADKEY_FILE.exec(name) ?? [];
    if (key === undefined || key.length > ZOOM_MAX) return null;
    zooms.add(key.length);
    if (zoom === null || key.length === zoom) names.push(name);
  }
  // Photographs may be called 0001.jpg, but they are larger than tiles.
  if (zooms.size === 0 || !await isTile(`${path}/${names[0] ?? ""}`, zooms)) return null;
  if (names.length === 0) {
    throw new UsageError(`${path} has no zoom ${zoom}; it has ${[...zooms].sort().join(", ")}`);
  }
  const sidecar = await readSidecar(path);
  return {
    kind: "tile_folder",
    total: names.length,
    attribution: sidecar.attribution ?? "",
    registrationErrorM: sidecar.registration_error_m ?? 0,
    capturedAt: capturedAtOf(sidecar),
    async *tiles() {
      for (const name of names.sort()) yield await read(path, name);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function isTile(path: string, zooms: ReadonlySet<number>): Promise<boolean> {
  if (Math.max(...zooms) >= QUADKEY_DIGITS_SURE) return true;
  try {
    const bytes = await readPlainFile(path, { bytesMax: TILE_BYTES_MAX });
    const size = jpegHeaderSize(bytes);
    return size === null || size.widthPx === 256 && size.heightPx === 256;
  } catch {
    return false;
  }
}

async function read(folder: string, name: string): Promise<ArchiveTile | RefusedTile> {
  const path = `${folder}/${name}`;
  const [, key] = QUADKEY_FILE.exec(name) ?? [];
  try {
    const bytes = await readPlainFile(path, { within: folder, bytesMax: TILE_BYTES_MAX });
    return { name: path, tile: tileOf(key), bytes };
  } catch (error) {
    return { name: path, reason: messageOf(error).replace(`${path}: `, "") };
  }
}

/** Each digit is a quarter: 1 for east, 2 for south. */
function tileOf(key: string): SlippyTile {
  let x = 0, y = 0;
  for (const digit of key) {
    x = 2 * x + (Number(digit) & 1);
    y = 2 * y + (Number(digit) >> 1);
  }
  return { zoom: key.length, x, y };
}
