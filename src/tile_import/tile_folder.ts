/**
 * Imagery from a `{z}/{x}/{y}.{jpg,jpeg,png,webp}` folder (slippy numbering, y from the north).
 * JPEG tiles of 256 × 256 pixels are taken over byte by byte, others are encoded anew.
 *
 * @module
 */
import sharp, { type Metadata } from "sharp";
import { DataError, messageOf, type SlippyTile, UsageError } from "../core/mod.ts";
import { encodeCanvas, type TileToolkit } from "./canvas.ts";
import type { Imagery, PaintedTile } from "./contract.ts";
import { tileGsdM } from "./georeference.ts";

const TILE_FILE = /^(\d{1,7})\.(jpe?g|png|webp)$/i;
/** No tile of 256 × 256 pixels is larger. */
const TILE_BYTES_MAX = 4_000_000;

/** Zoom folders of `path`; empty where it is no tile folder. */
export async function tileFolderZooms(path: string): Promise<readonly number[]> {
  const zooms: number[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (/^\d{1,2}$/.test(entry.name) && !entry.isFile && Number(entry.name) <= 22) {
      zooms.push(Number(entry.name));
    }
  }
  return zooms.sort((a, b) => a - b);
}

/** Opens the level `zoom` of the folder (null: its deepest). */
export async function openTileFolder(
  path: string,
  toolkit: TileToolkit,
  zoom: number | null,
): Promise<Imagery> {
  const zooms = await tileFolderZooms(path);
  const level = zoom ?? zooms[zooms.length - 1];
  if (!zooms.includes(level)) {
    throw new UsageError(`${path} has no zoom ${level}; it has ${zooms.join(", ")}`);
  }
  const root = await Deno.realPath(path);
  const files = await listTiles(path, root, level);
  if (files.size === 0) throw new DataError(`${path}/${level}`, "the folder holds no tiles");
  const others = zooms.filter((z) => z !== level);
  const notes = others.length === 0 ? [] : [
    `zoom ${level} was imported; the folder also has ${others.join(", ")} (--zoom Z imports them)`,
  ];
  return new TileFolderImagery(files, level, toolkit, notes);
}

async function listTiles(
  path: string,
  root: string,
  zoom: number,
): Promise<Map<string, { tile: SlippyTile; file: string }>> {
  const files = new Map<string, { tile: SlippyTile; file: string }>();
  for await (const column of Deno.readDir(`${path}/${zoom}`)) {
    if (!/^\d{1,7}$/.test(column.name) || column.isFile) continue;
    for await (const entry of Deno.readDir(`${path}/${zoom}/${column.name}`)) {
      const match = TILE_FILE.exec(entry.name);
      if (!match) continue;
      const file = `${path}/${zoom}/${column.name}/${entry.name}`;
      const tile = { zoom, x: Number(column.name), y: Number(match[1]) };
      if (tile.x >= 2 ** zoom || tile.y >= 2 ** zoom) {
        throw new DataError(file, `there is no such tile at zoom ${zoom}`);
      }
      if (!(await Deno.realPath(file)).startsWith(`${root}/`)) {
        throw new DataError(file, "a link that leads out of the folder; put the tile itself there");
      }
      const key = `${tile.x}/${tile.y}`;
      const twin = files.get(key);
      if (twin) throw new DataError(file, `the tile is there twice, also as ${twin.file}`);
      files.set(key, { tile, file });
    }
  }
  return files;
}

class TileFolderImagery implements Imagery {
  readonly gsdM: number;
  readonly latitudeDeg = 0;
  readonly onlyZoom: number;
  readonly capturedAt = null;
  readonly notes: readonly string[];
  readonly #files: ReadonlyMap<string, { tile: SlippyTile; file: string }>;
  readonly #toolkit: TileToolkit;

  constructor(
    files: ReadonlyMap<string, { tile: SlippyTile; file: string }>,
    zoom: number,
    toolkit: TileToolkit,
    notes: readonly string[],
  ) {
    this.#files = files;
    this.#toolkit = toolkit;
    this.onlyZoom = zoom;
    this.notes = notes;
    const [first] = files.values();
    this.gsdM = tileGsdM(first.tile);
  }

  tiles(): readonly SlippyTile[] {
    return [...this.#files.values()].map(({ tile }) => tile)
      .sort((a, b) => a.x - b.x || a.y - b.y);
  }

  async paint(tile: SlippyTile): Promise<PaintedTile | null> {
    const file = this.#files.get(`${tile.x}/${tile.y}`)?.file;
    if (file === undefined) return null;
    const bytes = await readBounded(file);
    const header = await readHeader(file, bytes);
    if (header.width !== 256 || header.height !== 256) {
      throw new DataError(file, `${header.width}×${header.height} pixels; tiles have 256×256`);
    }
    if (header.format === "jpeg") {
      // Decoded once, so that no damaged tile gets into the cache.
      await this.#toolkit.decodeJpeg(bytes, { name: file, denominator: 1 });
      return { jpeg: bytes, coverage: 1 };
    }
    return await this.#encode(file, bytes);
  }

  async #encode(file: string, bytes: Uint8Array): Promise<PaintedTile | null> {
    let rgba: Uint8Array;
    try {
      rgba = await sharp(bytes, { failOn: "error" }).toColourspace("srgb").ensureAlpha()
        .raw({ depth: "uchar" }).toBuffer();
    } catch (error) {
      throw new DataError(file, `the tile is damaged (${messageOf(error).slice(0, 120)})`, {
        cause: error,
      });
    }
    const count = 256 * 256;
    const pixels = new Uint8Array(3 * count), coverage = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      if (rgba[4 * i + 3] < 128) continue;
      coverage[i] = 255;
      for (let c = 0; c < 3; c++) pixels[3 * i + c] = rgba[4 * i + c];
    }
    return await encodeCanvas(this.#toolkit, { pixels, coverage });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

async function readBounded(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await Deno.stat(file);
  if (size === 0) throw new DataError(file, "the file is empty");
  if (size > TILE_BYTES_MAX) {
    throw new DataError(file, `${size} bytes; a tile has at most ${TILE_BYTES_MAX}`);
  }
  return await Deno.readFile(file);
}

async function readHeader(file: string, bytes: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(bytes, { failOn: "error" }).metadata();
  } catch (error) {
    throw new DataError(
      file,
      `no picture can be read from it (${messageOf(error).slice(0, 120)})`,
      {
        cause: error,
      },
    );
  }
}
