/**
 * Converts an untrusted picture of 256 × 256 pixels to a tile. JPEG bytes are kept unchanged (after
 * decoding them once, so that no damaged tile gets into the cache); PNG and WebP are encoded again.
 *
 * @module
 */
import sharp, { type Metadata } from "sharp";
import { DataError, jpegHeaderSize, messageOf, TILE_SIZE_PX } from "../../../../core/mod.ts";
import { coverageMaskOf } from "../../../tile_contract/mod.ts";
import { encodeCanvas, type TileToolkit } from "../canvas.ts";
import type { PaintedTile } from "../contract.ts";

/** A tile of 256 × 256 pixels is never larger. */
export const TILE_BYTES_MAX = 4_000_000;

/**
 * null when every pixel is transparent.
 *
 * @throws DataError, which names `name`, for bytes that are not a complete tile
 */
export async function tileFromBytes(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  toolkit: TileToolkit,
): Promise<PaintedTile | null> {
  if (bytes.length === 0) throw new DataError(name, "it is empty");
  if (bytes.length > TILE_BYTES_MAX) throw new DataError(name, tooLarge(bytes.length));
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  return isJpeg ? await fromJpeg(name, bytes, toolkit) : await fromOther(name, bytes, toolkit);
}

export function tooLarge(bytes: number): string {
  return `${bytes} bytes; a tile has at most ${TILE_BYTES_MAX}`;
}

async function fromJpeg(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  toolkit: TileToolkit,
): Promise<PaintedTile | null> {
  const size = jpegHeaderSize(bytes);
  if (size === null) {
    throw new DataError(name, "no picture can be read from it (a JPEG of no size)");
  }
  checkSize(name, size.widthPx, size.heightPx);
  if (bytes.at(-2) !== 0xff || bytes.at(-1) !== 0xd9) {
    throw new DataError(name, "the tile is damaged (its JPEG was cut, or has bytes after its end)");
  }
  // Decoding at an eighth of the size also reads all coded data, and finds every damage in it.
  await toolkit.decodeJpeg(bytes, { name, denominator: 8 });
  const mask = coverageMaskOf(bytes);
  if (mask === null) return { jpeg: bytes, coverage: 1 };
  const covered = mask.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
  return covered === 0 ? null : { jpeg: bytes, coverage: covered / mask.length };
}

async function fromOther(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  toolkit: TileToolkit,
): Promise<PaintedTile | null> {
  const header = await readHeader(name, bytes);
  if (header.format !== "png" && header.format !== "webp") {
    throw new DataError(name, `a ${header.format} picture; tiles are JPEG, PNG or WebP`);
  }
  checkSize(name, header.width, header.height);
  let rgba: Uint8Array;
  try {
    rgba = await sharp(bytes, { failOn: "error" }).toColourspace("srgb").ensureAlpha()
      .raw({ depth: "uchar" }).toBuffer();
  } catch (error) {
    throw new DataError(name, `the tile is damaged (${shortReason(error)})`, { cause: error });
  }
  const count = TILE_SIZE_PX * TILE_SIZE_PX;
  const pixels = new Uint8Array(3 * count), coverage = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    if (rgba[4 * i + 3] < 128) continue;
    coverage[i] = 255;
    for (let c = 0; c < 3; c++) pixels[3 * i + c] = rgba[4 * i + c];
  }
  return await encodeCanvas(toolkit, { pixels, coverage });
}

function checkSize(name: string, widthPx: number, heightPx: number): void {
  if (widthPx === TILE_SIZE_PX && heightPx === TILE_SIZE_PX) return;
  throw new DataError(
    name,
    `${widthPx}×${heightPx} pixels; tiles have 256×256` +
      (widthPx === 2 * TILE_SIZE_PX && heightPx === widthPx
        ? " (of an archive of such tiles make a GeoTIFF, which can be imported: gdal_translate IN OUT.tif)"
        : ""),
  );
}

async function readHeader(name: string, bytes: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(bytes, { failOn: "error" }).metadata();
  } catch (error) {
    throw new DataError(name, `no picture can be read from it (${shortReason(error)})`, {
      cause: error,
    });
  }
}

function shortReason(error: unknown): string {
  return messageOf(error).split("\n")[0].slice(0, 120);
}
